"""Changes to many rows at once: planned, shown, and applied only as they were shown.

A deed plans a :class:`Change` for each row. Applying locks the rows and plans again; if anything
has moved since the plan was shown, nothing is changed and :class:`Moved` carries the new plan. So a
form that is sent twice changes the rows once.
"""

import hashlib
import json
from collections.abc import Callable, Iterable, Sequence
from dataclasses import asdict, dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any, Protocol, cast

from django.contrib.admin.models import CHANGE, LogEntry
from django.contrib.contenttypes.models import ContentType
from django.db import transaction
from django.db.models import Model, QuerySet
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from shop.models import Deal, Order, Product, User, Variant
from shop.pricing import round_money
from shop.refusals import RefusalCode, Refused
from shop.services import orders
from shop.services.catalogue import refresh_min_price

MAX_ROWS = 500


@dataclass(frozen=True)
class Change:
    """One row before and after; ``refused`` says why it stays as it is."""

    pk: int
    name: str
    before: str
    after: str
    refused: str = ""


class Deed(Protocol):
    """What is done to rows of ``model``. ``plan`` reads, ``write`` changes one planned row."""

    @property
    def model(self) -> type[Model]: ...

    def plan(self, rows: Sequence[Any]) -> list[Change]: ...

    def write(self, row: Any, by: User | None) -> None: ...


class Moved(Exception):
    """Something was changed by others since the plan was shown."""


def plan(deed: Deed, rows: Iterable[Any]) -> list[Change]:
    """What the deed would change; refuses more than ``MAX_ROWS`` rows."""
    chosen = list(rows)
    if len(chosen) > MAX_ROWS:
        raise Refused(RefusalCode.TOO_MANY_ROWS, maximum=str(MAX_ROWS))
    return deed.plan(chosen)


def digest(changes: Iterable[Change]) -> str:
    """A plan's fingerprint, in hex."""
    text = json.dumps([asdict(change) for change in changes], ensure_ascii=False)
    return hashlib.sha256(text.encode()).hexdigest()


@transaction.atomic
def apply(*, deed: Deed, rows: QuerySet, seen: str, by: User | None) -> int:
    """Do what was shown, all or nothing; return how many rows were changed.

    Raises Moved when the plan is no longer the one whose fingerprint is ``seen``, and Refused when
    a row refuses after all; both leave everything as it was.
    """
    keys = list(rows.order_by().values_list("pk", flat=True).distinct()[: MAX_ROWS + 1])
    locked = deed.model._default_manager.select_for_update().filter(pk__in=keys).order_by("pk")
    found = {row.pk: row for row in locked}
    changes = plan(deed, found.values())
    if digest(changes) != seen:
        raise Moved
    done = [change for change in changes if not change.refused]
    for change in done:
        deed.write(found[change.pk], by)
    if by is not None:
        _log(deed.model, done, by)
    return len(done)


def _log(model: type[Model], changes: Iterable[Change], by: User) -> None:
    """Each row's history in the administration says what was changed."""
    kind = ContentType.objects.get_for_model(model)
    LogEntry.objects.bulk_create(
        LogEntry(
            user_id=by.pk,
            content_type_id=kind.pk,
            object_id=str(change.pk),
            object_repr=change.name[:200],
            action_flag=CHANGE,
            change_message=f"{change.before} → {change.after}",
        )
        for change in changes
    )


def _dollars(amount: Decimal) -> str:
    return f"${amount:,.2f}"


@dataclass(frozen=True)
class ChangePrices:
    """All variants of products by a percentage, rounded to cents; nothing becomes free."""

    percent: Decimal
    model = Product

    def new(self, price: Decimal) -> Decimal:
        return round_money(price * (100 + self.percent) / 100)

    def plan(self, rows: Sequence[Product]) -> list[Change]:
        prices: dict[int, list[Decimal]] = {row.pk: [] for row in rows}
        for product, price in _variants(rows).values_list("product", "price"):
            prices[product].append(price)
        return [self._change(row, prices[row.pk]) for row in rows]

    def _change(self, row: Product, prices: list[Decimal]) -> Change:
        refused = ""
        if not prices:
            refused = _("It has no variants.")
        elif min(map(self.new, prices)) <= 0:
            refused = _("A price would be 0.")
        before = ", ".join(map(_dollars, prices))
        after = ", ".join(_dollars(self.new(price)) for price in prices)
        return Change(row.pk, str(row), before, after, refused)

    def write(self, row: Product, by: User | None) -> None:
        for variant in _variants([row]).select_for_update():
            variant.price = self.new(variant.price)
            variant.save(update_fields=["price"])
        refresh_min_price(product=row)


def _variants(rows: Sequence[Product]) -> QuerySet[Variant]:
    return Variant.objects.filter(product__in=[row.pk for row in rows]).order_by("pk")


@dataclass(frozen=True)
class PutOnSale:
    """Show products in the shop, or take them out of it."""

    on: bool
    model = Product

    def plan(self, rows: Sequence[Product]) -> list[Change]:
        names = {True: _("on sale"), False: _("not on sale")}
        same = _("It is so already.")
        return [
            Change(
                row.pk,
                str(row),
                names[row.is_active],
                names[self.on],
                same if row.is_active == self.on else "",
            )
            for row in rows
        ]

    def write(self, row: Product, by: User | None) -> None:
        row.is_active = self.on
        row.save(update_fields=["is_active", "updated_at"])


@dataclass(frozen=True)
class Promote:
    """A deal for every variant on sale of products: ``percent`` off between two moments."""

    percent: Decimal
    starts_at: datetime
    ends_at: datetime
    model = Product

    def new(self, price: Decimal) -> Decimal:
        return round_money(price * (100 - self.percent) / 100)

    def plan(self, rows: Sequence[Product]) -> list[Change]:
        prices: dict[int, list[Decimal]] = {row.pk: [] for row in rows}
        on_sale = _variants(rows).filter(is_active=True)
        for product, price in on_sale.values_list("product", "price"):
            prices[product].append(price)
        taken = set(
            Deal.objects.filter(
                variant__product__in=[row.pk for row in rows],
                starts_at__lt=self.ends_at,
                ends_at__gt=self.starts_at,
            ).values_list("variant__product", flat=True)
        )
        return [self._change(row, prices[row.pk], row.pk in taken) for row in rows]

    def _change(self, row: Product, prices: list[Decimal], taken: bool) -> Change:
        refused = ""
        if taken:
            refused = _("It has a deal in that time already.")
        elif not row.is_active or not prices:
            refused = _("It is not on sale.")
        elif min(map(self.new, prices)) <= 0:
            refused = _("A price would be 0.")
        before = ", ".join(map(_dollars, prices))
        after = ", ".join(_dollars(self.new(price)) for price in prices)
        until = date_format(timezone.localtime(self.ends_at), "SHORT_DATETIME_FORMAT")
        after = _("%(prices)s until %(time)s") % {"prices": after, "time": until}
        return Change(row.pk, str(row), before, after, refused)

    def write(self, row: Product, by: User | None) -> None:
        Deal.objects.bulk_create(
            Deal(
                variant=variant,
                price=self.new(variant.price),
                starts_at=self.starts_at,
                ends_at=self.ends_at,
            )
            for variant in _variants([row]).filter(is_active=True)
        )


@dataclass(frozen=True)
class MoveOrders:
    """Orders one step along: packed, shipped, delivered."""

    to: Order.Status
    model = Order

    def plan(self, rows: Sequence[Order]) -> list[Change]:
        return [
            _step(row, self.to, orders.NEXT_STATUS.get(Order.Status(row.status)) == self.to)
            for row in rows
        ]

    def write(self, row: Order, by: User | None) -> None:
        orders.advance(order=row, to=self.to, by=by)


@dataclass(frozen=True)
class CancelOrders:
    """Orders that are not packed yet are cancelled and paid back.

    The provider pays back under a key of the order, so that a repetition after a failure is the
    same refund.
    """

    model = Order

    def plan(self, rows: Sequence[Order]) -> list[Change]:
        changes = []
        for row in rows:
            change = _step(row, Order.Status.CANCELLED, row.status in orders.CANCELLABLE)
            said = {"status": change.after, "amount": _dollars(row.total - row.refunded)}
            after = _("%(status)s, %(amount)s paid back") % said
            changes.append(Change(row.pk, change.name, change.before, after, change.refused))
        return changes

    def write(self, row: Order, by: User | None) -> None:
        orders.cancel(order=row, by=by)


TOO_LATE = gettext_lazy("An order in this state cannot go there.")


def _step(row: Order, to: Order.Status, may: bool) -> Change:
    label = cast(Callable[[], str], row.get_status_display)()
    return Change(row.pk, row.number, label, str(to.label), "" if may else str(TOO_LATE))
