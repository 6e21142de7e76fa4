"""Addresses of the catalogue: browsing, searching, comparing, pictures."""

from django.urls import URLPattern, path

from shop.views import pages

urlpatterns: list[URLPattern] = [
    path("", pages.home, name="home"),
]
