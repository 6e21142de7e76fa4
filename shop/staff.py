"""Where staff work, and whether somebody may be there: with a second factor."""

from allauth.mfa.utils import is_mfa_enabled
from django.conf import settings
from django.http import HttpRequest

STAFF_ROUTES = (
    "admin/",
    "support/console/",
    "api/v1/support/conversations/",
    "api/v1/refund-approvals/",
    "api/v1/risk/assessments/",
    "api/v1/risk/cases/",
    "api/v1/risk/chargebacks/",
    "api/v1/inventory/warehouses/",
    "api/v1/inventory/forecasts/",
    "api/v1/inventory/reorder/",
)
"""Beginnings of the routes that are for staff alone, as Django names a match's route."""


def is_for_staff(request: HttpRequest) -> bool:
    match = request.resolver_match
    return match is not None and match.route.startswith(STAFF_ROUTES)


def lacks_second_factor(user: object) -> bool:
    """A member of staff who has to set up a second factor before doing anything as staff.

    Who has one was asked for it at the sign-in.
    """
    if not settings.STAFF_SECOND_FACTOR or not getattr(user, "is_staff", False):
        return False
    return not is_mfa_enabled(user)  # type: ignore[arg-type]
