"""Every address of the site. Each app keeps its own; this file only says where they hang."""

from django.contrib import admin
from django.urls import include, path, re_path
from drf_spectacular.views import SpectacularAPIView, SpectacularSwaggerSplitView

from config import health
from config.metrics import metrics
from shop.api.errors import NoSuchAddress

urlpatterns = [
    path("health/live", health.live, name="live"),
    path("health/ready", health.ready, name="ready"),
    path("metrics", metrics, name="metrics"),
    path("admin/", admin.site.urls),
    path("i18n/", include("django.conf.urls.i18n")),
    path("accounts/", include("allauth.urls")),
    path("api/v1/", include("config.api_urls")),
    # The shop knows no sign-in by phone; allauth's addresses for it would fail.
    re_path(r"^api/auth/(?:app|browser)/v1/(?:account|auth)/phone", NoSuchAddress.as_view()),
    path("api/auth/", include("allauth.headless.urls")),
    path("api/schema/", SpectacularAPIView.as_view(), name="schema"),
    path(
        "api/docs/",
        SpectacularSwaggerSplitView.as_view(url_name="schema", template_name="api_docs.html"),
        name="api-docs",
    ),
    path("support/", include("support.urls")),
    path("risk/", include("risk.urls")),
    path("inventory/", include("inventory.urls")),
    path("recommend/", include("recommend.urls")),
    path("", include("shop.urls")),
]

handler400 = "shop.views.errors.bad_request"
handler403 = "shop.views.errors.permission_denied"
handler404 = "shop.views.errors.not_found"
handler500 = "shop.views.errors.server_error"
