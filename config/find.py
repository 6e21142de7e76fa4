"""Search over everything that staff work with, each kind for those who may see it.

A few results of each kind: who needs more opens the kind's own list, whose search is named last.
"""

from collections.abc import Callable
from dataclasses import dataclass
from itertools import islice
from urllib.parse import urlencode

from django.db.models import Model, Q, QuerySet
from django.http import HttpRequest
from django.urls import reverse
from django.utils.text import capfirst
from django.utils.translation import gettext as _
from unfold.dataclasses import SearchResult

from inventory.models import PurchaseOrder
from risk.models import Case
from shop.models import Category, Coupon, Customer, Order, Product, ReturnRequest, Variant
from support.models import Article, Conversation

EACH = 5
LONGEST = 100


@dataclass(frozen=True)
class Kind:
    """``found`` narrows the rows to those that a text means; ``said`` tells a row's details.

    A row is opened by its change page, or by ``opens``.
    """

    model: type[Model]
    icon: str
    found: Callable[[str], QuerySet]
    said: Callable[..., str]
    opens: Callable[..., str] | None = None

    @property
    def permission(self) -> str:
        return f"{self.model._meta.app_label}.view_{self.model._meta.model_name}"


def _number(text: str) -> int:
    """The row that a text like ``#12`` or ``12`` names; 0 is none."""
    digits = text.lstrip("#")
    return int(digits) if digits.isascii() and digits.isdigit() and len(digits) < 10 else 0


def _people(text: str, path: str = "") -> Q:
    return Q(**{f"{path}user__email__icontains": text}) | Q(**{f"{path}name__icontains": text})


KINDS = (
    Kind(
        Order,
        "receipt_long",
        lambda text: Order.objects.filter(
            Q(number__icontains=text) | Q(email__icontains=text) | Q(customer__name__icontains=text)
        ),
        lambda row: f"{row.get_status_display()}, ${row.total:,.2f}",
    ),
    Kind(
        Customer,
        "person",
        lambda text: Customer.objects.filter(_people(text)).select_related("user").order_by("pk"),
        lambda row: row.user.email if row.user else "",
    ),
    Kind(
        Product,
        "inventory_2",
        lambda text: Product.objects.filter(
            Q(title_en__icontains=text) | Q(title_zh__icontains=text)
        ).order_by("-recent_units", "pk"),
        lambda row: f"${row.min_price:,.2f}",
    ),
    Kind(
        Variant,
        "barcode",
        lambda text: Variant.objects.filter(sku__icontains=text).select_related("product"),
        lambda row: row.sku,
    ),
    Kind(
        Case,
        "gavel",
        lambda text: (
            Case.objects.filter(
                Q(pk=_number(text))
                | Q(assessment__order__number__icontains=text)
                | _people(text, "assessment__customer__")
            )
            .select_related("assessment__order")
            .order_by("-opened_at")
        ),
        lambda row: f"{row.get_state_display()}, {row.assessment.order or '–'}",
    ),
    Kind(
        Conversation,
        "forum",
        lambda text: (
            Conversation.objects.filter(Q(pk=_number(text)) | _people(text, "customer__"))
            .exclude(last_seq=0)
            .select_related("customer__user")
        ),
        lambda row: f"{row.get_state_display()}, {row.customer or '–'}",
        lambda row: reverse("support:thread", args=[row.pk]),
    ),
    Kind(
        ReturnRequest,
        "assignment_return",
        lambda text: ReturnRequest.objects.filter(
            Q(order__number__icontains=text) | Q(order__email__icontains=text)
        ).select_related("order"),
        lambda row: f"{row.get_state_display()}, {row.order}",
    ),
    Kind(
        Coupon,
        "sell",
        lambda text: Coupon.objects.filter(
            Q(code__icontains=text) | Q(name_en__icontains=text) | Q(name_zh__icontains=text)
        ).order_by("code"),
        lambda row: row.code,
    ),
    Kind(
        PurchaseOrder,
        "local_shipping",
        lambda text: PurchaseOrder.objects.filter(pk=_number(text)).select_related("supplier"),
        lambda row: str(row.supplier),
    ),
    Kind(
        Article,
        "article",
        lambda text: Article.objects.filter(
            Q(title_en__icontains=text) | Q(title_zh__icontains=text)
        ),
        lambda row: "",
    ),
    Kind(
        Category,
        "category",
        lambda text: Category.objects.filter(
            Q(name_en__icontains=text) | Q(name_zh__icontains=text)
        ),
        lambda row: "",
    ),
)


def pages(app_list: list[dict], text: str) -> list[SearchResult]:
    """The lists whose name, or whose app's name, has the text in it."""
    wanted = text.casefold()
    return [
        SearchResult(
            title=capfirst(str(model["name"])),
            description=str(app["name"]),
            link=model["admin_url"],
            icon="list",
        )
        for app in app_list
        for model in app["models"]
        if model["admin_url"]
        and (wanted in str(model["name"]).casefold() or wanted in str(app["name"]).casefold())
    ]


def rows(request: HttpRequest, text: str) -> list[SearchResult]:
    """Up to five rows of each kind that this member of staff may see."""
    results = []
    for kind in KINDS:
        if not request.user.has_perm(kind.permission):
            continue
        names = kind.model._meta
        found = list(islice(kind.found(text)[: EACH + 1], EACH + 1))
        for row in found[:EACH]:
            said = kind.said(row)
            name = capfirst(str(names.verbose_name))
            results.append(
                SearchResult(
                    title=str(row),
                    description=f"{name}: {said}" if said else name,
                    link=kind.opens(row) if kind.opens else _change_page(row),
                    icon=kind.icon,
                )
            )
        if len(found) > EACH:
            results.append(
                SearchResult(
                    title=_("More of them"),
                    description=capfirst(str(names.verbose_name_plural)),
                    link=reverse(f"admin:{names.app_label}_{names.model_name}_changelist")
                    + f"?{urlencode({'q': text})}",
                    icon="more_horiz",
                )
            )
    return results


def _change_page(row: Model) -> str:
    return reverse(f"admin:{row._meta.app_label}_{row._meta.model_name}_change", args=[row.pk])
