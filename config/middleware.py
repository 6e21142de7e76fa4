"""What holds for every page: where its scripts may come from, how often it may be asked for."""

from typing import Any

from csp.constants import UNSAFE_EVAL
from csp.middleware import CSPMiddleware, PolicyParts
from django.conf import settings
from django.contrib import messages
from django.http import HttpRequest, HttpResponseBase, JsonResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.translation import gettext_lazy
from rest_framework.throttling import SimpleRateThrottle

from foundation.second_factor import lacks_second_factor
from shop.api.errors import error_body
from shop.models import PersonalRead, User
from shop.staff import is_for_staff
from shop.views.errors import too_many


class ContentPolicyMiddleware(CSPMiddleware):
    """The settings' Content-Security-Policy; the admin's theme may evaluate its expressions.

    Alpine.js compiles the attributes of the theme's own templates. Scripts written into a page stay
    forbidden there too.
    """

    def get_policy_parts(
        self, request: HttpRequest, response: HttpResponseBase, report_only: bool = False
    ) -> PolicyParts:
        parts = super().get_policy_parts(request, response, report_only)
        if request.path_info.startswith(reverse("admin:index")):
            parts.update = {"script-src": [UNSAFE_EVAL]}
        return parts


class RouteThrottle(SimpleRateThrottle):
    """Counts one address's requests to one route."""

    def __init__(self, route: str, rate: str) -> None:
        self.scope, self.rate = f"route-{route}", rate
        super().__init__()

    def get_cache_key(self, request: Any, view: object) -> str:
        return self.cache_format % {"scope": self.scope, "ident": self.get_ident(request)}


class RouteRateMiddleware:
    """Answer 429 to an address that asks more often than ``ROUTE_RATES`` allows."""

    def __init__(self, get_response: Any) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        return self.get_response(request)

    def process_view(
        self, request: HttpRequest, view: object, args: tuple, kwargs: dict
    ) -> HttpResponseBase | None:
        match = request.resolver_match
        if match is None or match.route.startswith("api/"):
            return None
        name, rates = match.view_name, settings.ROUTE_RATES
        if name not in rates:
            name = "POST" if request.method == "POST" else ""
        elif request.method != "POST" and name not in READS:
            return None
        if not name:
            return None
        throttle = RouteThrottle(name, rates[name])
        if throttle.allow_request(request, None):  # type: ignore[arg-type]
            return None
        return too_many(request, throttle.wait())


READS = frozenset({"shop:search", "shop:suggest"})
"""Routes whose reading costs enough to be counted; of all others only forms are."""


PERSONAL_PAGES = {
    **{
        f"admin:{model}_{page}": page == "changelist"
        for model in (
            "shop_customer",
            "shop_user",
            "shop_order",
            "shop_returnrequest",
            "shop_refund",
            "shop_refundapproval",
            "shop_review",
            "shop_couponredemption",
            "shop_erasurerequest",
            "shop_datadownload",
            "shop_apitoken",
            "support_conversation",
            "support_correction",
            "risk_assessment",
            "risk_case",
            "risk_chargeback",
            "risk_freeze",
            "risk_listentry",
            "account_emailaddress",
            "mfa_authenticator",
            "usersessions_usersession",
        )
        for page in ("changelist", "change", "history", "delete")
    },
    "admin:autocomplete": True,
    "admin:search": True,
    "admin:recommend_plan_export": True,
    "support:console": True,
    "support:thread": False,
    "support:thread_messages": False,
    "support:team": True,
    "admin:support_voices": True,
    "support:picture": False,
    "refundapproval-list": True,
    "assessment-list": True,
    "case-list": True,
    "chargeback-list": True,
    "api-conversations": True,
    "api-conversation": False,
}
"""Pages of staff that show personal data of others; whether each is a list of many people."""


class StaffMiddleware:
    """Staff work with a second factor, and what they read of people is written down."""

    def __init__(self, get_response: Any) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        response = self.get_response(request)
        match = request.resolver_match
        if match is None or match.view_name not in PERSONAL_PAGES or response.status_code != 200:
            return response
        user = request.user
        if isinstance(user, User) and user.is_staff:
            whom = "" if PERSONAL_PAGES[match.view_name] else next(iter(match.kwargs.values()), "")
            PersonalRead.objects.create(by=user, page=match.view_name[:80], subject=str(whom)[:60])
        return response

    def process_view(
        self, request: HttpRequest, view: object, args: tuple, kwargs: dict
    ) -> HttpResponseBase | None:
        if not is_for_staff(request) or request.resolver_match.url_name == "logout":  # type: ignore[union-attr]
            return None
        if not lacks_second_factor(request.user):
            return None
        if request.path_info.startswith("/api/"):
            return JsonResponse(error_body("second_factor_required", str(SET_UP)), status=403)
        messages.warning(request, SET_UP)
        return redirect("mfa_activate_totp")


SET_UP = gettext_lazy("Staff work with a second factor. Please set yours up first.")
