"""The administration's site: the theme's, within the content policy and behind one sign-in."""

from time import monotonic
from typing import Any

from allauth.account.decorators import secure_admin_login
from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.urls import URLPattern, path
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_POST
from unfold.sites import UnfoldAdminSite

from config import dashboard, export, filters, find, operations


class AdminSite(UnfoldAdminSite):
    index_title = _("Overview")

    def each_context(self, request: HttpRequest) -> dict[str, Any]:
        """Without the theme's colours: it would write them into the page. They are in admin.css."""
        return {**super().each_context(request), "colors": {}}

    def extra_urls(self) -> list[URLPattern]:
        post = require_POST
        return [
            path("live/", self.admin_view(dashboard.live), name="live"),
            path("operations/", self.admin_view(operations.page), name="operations"),
            path("filters/", self.admin_view(post(filters.save)), name="filter_save"),
            path(
                "filters/<int:pk>/forget/",
                self.admin_view(post(filters.forget)),
                name="filter_forget",
            ),
            path(
                "export/<slug:app>/<slug:model>.<slug:form>",
                self.admin_view(export.export),
                name="export",
            ),
        ]

    def search(self, request: HttpRequest, extra_context: Any = None) -> HttpResponse:
        """A few rows of each kind by what the role may see; the theme's reads every row it has.

        Nothing is kept between searches: a right that was taken away shows at once.
        """
        text = request.GET.get("s", "").replace("\x00", "").strip()[: find.LONGEST]
        if not text:
            return HttpResponse()
        begun = monotonic()
        found = find.rows(request, text) + find.pages(self.get_app_list(request), text)
        paginator = Paginator(found, max(len(found), 1))
        context = {
            "page_obj": paginator,
            "results": paginator.page(1),
            "page_counter": 0,
            "execution_time": monotonic() - begun,
            "command_show_history": False,
        }
        template = "unfold/helpers/command_results.html"
        return TemplateResponse(request, template, context, headers={"HX-Trigger": "search"})

    def login(self, request: HttpRequest, extra_context: Any = None) -> HttpResponse:
        """Staff sign in where everybody does: the same limits, the same second factor."""
        return secure_admin_login(super().login)(request, extra_context=extra_context)
