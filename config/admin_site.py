"""The administration's site: the theme's, within the content policy and behind one sign-in."""

from typing import Any

from allauth.account.decorators import secure_admin_login
from django.http import HttpRequest, HttpResponse
from django.urls import URLPattern, path
from django.utils.translation import gettext_lazy as _
from unfold.sites import UnfoldAdminSite

from config import dashboard


class AdminSite(UnfoldAdminSite):
    index_title = _("Overview")

    def each_context(self, request: HttpRequest) -> dict[str, Any]:
        """Without the theme's colours: it would write them into the page. They are in admin.css."""
        return {**super().each_context(request), "colors": {}}

    def extra_urls(self) -> list[URLPattern]:
        return [path("live/", self.admin_view(dashboard.live), name="live")]

    def login(self, request: HttpRequest, extra_context: Any = None) -> HttpResponse:
        """Staff sign in where everybody does: the same limits, the same second factor."""
        return secure_admin_login(super().login)(request, extra_context=extra_context)
