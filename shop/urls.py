"""Pages of the shop."""

from django.urls import path

from shop.views import pages

app_name = "shop"
urlpatterns = [
    path("", pages.home, name="home"),
    path("account/", pages.home, name="account"),
]
