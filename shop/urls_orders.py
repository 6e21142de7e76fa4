"""Addresses of the cart, checkout, orders and the account."""

from django.urls import URLPattern

urlpatterns: list[URLPattern] = []
