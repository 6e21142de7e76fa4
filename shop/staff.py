"""Where staff work."""

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
