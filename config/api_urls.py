"""The API's addresses, one include per app."""

from django.urls import include, path, re_path

from shop.api.errors import NoSuchAddress

urlpatterns = [
    path("", include("shop.api.urls")),
    path("", include("recommend.api_urls")),
    path("", include("inventory.api_urls")),
    path("", include("support.api_urls")),
    path("", include("risk.api_urls")),
    re_path("", NoSuchAddress.as_view()),
]
