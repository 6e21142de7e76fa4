"""The API's addresses, one include per app."""

from django.urls import include, path

urlpatterns = [
    path("", include("shop.api.urls")),
    path("", include("recommend.api_urls")),
    path("", include("inventory.api_urls")),
    path("", include("support.api_urls")),
    path("", include("risk.api_urls")),
]
