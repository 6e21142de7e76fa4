"""What inventory's admin pages share."""

from collections.abc import Callable
from typing import Any

from django.contrib import messages
from django.db.models import Model, QuerySet
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _
from unfold.admin import TabularInline

from shop.models import User
from shop.refusals import Refused

VARIANT_SEARCH = ["variant__sku", "variant__product__title_en", "variant__product__title_zh"]


def staff(request: HttpRequest) -> User | None:
    """Who is at work, for the audit columns."""
    return request.user if isinstance(request.user, User) else None


def may(request: HttpRequest, permission: str) -> bool:
    """Whether the member of staff has ``inventory.<permission>``."""
    return request.user.has_perm(f"inventory.{permission}")


def is_draft(order: Model | None) -> bool:
    """Whether an order or a transfer can still be edited; one that is not written yet, too."""
    return order is None or getattr(order, "state", "") == "draft"


class DraftLines(TabularInline):
    """Lines can be changed as long as what they belong to is a draft."""

    raw_id_fields = ["variant"]
    extra = 0

    def has_add_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return is_draft(obj) and super().has_add_permission(request, obj)

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return is_draft(obj) and super().has_change_permission(request, obj)

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return is_draft(obj) and super().has_delete_permission(request, obj)


def each(request: HttpRequest, rows: QuerySet, work: Callable[..., None], done: str) -> None:
    """Do the work for every row; say how many went through and which did not, and why."""
    worked = 0
    for row in rows.order_by("pk"):
        try:
            work(row)
        except Refused as refusal:
            text = _("%(order)s was not changed. %(reason)s")
            messages.warning(request, text % {"order": row, "reason": refusal.message})
        else:
            worked += 1
    if worked:
        messages.success(request, done % {"count": worked})
