"""Pages of the inventory app."""

from django.urls import URLPattern, URLResolver

app_name = "inventory"
urlpatterns: list[URLPattern | URLResolver] = []
