"""How the shop itself lets go of a person; see :mod:`shop.privacy.erasure`.

Each function may run twice and raises when it cannot do all of its work. Reviews are taken away
with their pictures: what somebody wrote can say who they are, and nobody reads it again to make
sure. Orders, payments and coupons stay with their amounts and dates and lose the person.
"""

import os
import tempfile
from collections.abc import Iterator
from importlib import import_module
from pathlib import Path

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
from allauth.account import app_settings as account_settings
from allauth.account.models import EmailAddress
from allauth.core.internal.ratelimit import get_cache_key, parse_rates
from allauth.usersessions.models import UserSession
from django.conf import settings
from django.contrib.admin.models import LogEntry
from django.contrib.contenttypes.models import ContentType
from django.core.cache import cache
from django.db.models import Model, Q, QuerySet
from django.http import HttpRequest

from foundation.models import OutboxMessage
from shop.models import (
    Address,
    ApiToken,
    CampaignTarget,
    Cart,
    CartLine,
    Checkout,
    ConsentDecision,
    CouponRedemption,
    Customer,
    Event,
    Order,
    OrderEvent,
    Payment,
    Refund,
    ReturnRequest,
    Review,
    ReviewPhoto,
    User,
    WishlistItem,
)
from shop.privacy import outgoing
from shop.privacy.declared import without_person
from shop.privacy.erasure import Done
from shop.privacy.people import Person
from shop.privacy.pseudonyms import pseudonym
from shop.privacy.register import Erasure
from shop.privacy.sections import read_rows
from shop.services import event_export
from shop.services.returns import REASONS
from shop.services.reviews import refresh_ratings

REFUND_CODES = ("", "cancelled", *(code for code, _label in REASONS))
"""Reasons that the shop writes itself; whatever else stands there somebody typed."""


def deleted(rows: QuerySet) -> Done:
    """Delete the rows; the count is of the rows themselves."""
    label, count = rows.model._meta.label, rows.count()
    rows.delete()
    return Done(label, Erasure.DELETE, count)


def changed(rows: QuerySet, how: Erasure, **values: object) -> Done:
    """Empty or unlink fields of the rows."""
    return Done(rows.model._meta.label, how, rows.update(**values))


def mine(person: Person) -> Q:
    """The customer's rows, and those of their browser before they signed in."""
    return Q(customer_id=person.customer) | Q(customer=None, visitor__in=person.visitors)


# --- files -------------------------------------------------------------------------------------
def erase_exports(person: Person) -> Iterator[Done]:
    """Rows of exported days, mails that the demo keeps as files, and those on their way."""
    yield Done("exports", Erasure.DELETE, _exported(person))
    yield Done("mails", Erasure.DELETE, _mails(person))
    waiting = [message.pk for message in outgoing.messages(person)]
    yield deleted(OutboxMessage.objects.filter(pk__in=waiting))


def _exported(person: Person) -> int:
    """Rows of the person in every exported file, under every key that may have named them.

    All days are looked through, not only those that the table of events still has: an event may
    have gone from it, or been tied to nobody, after its day was exported.
    """
    keys = event_export.keys_written_with()
    who = pa.array([pseudonym("customer", person.customer, key) for key in keys], pa.string())
    seen = pa.array(
        [pseudonym("visitor", visitor, key) for visitor in person.visitors for key in keys],
        pa.string(),
    )
    gone = 0
    for path in event_export.files():
        named = pq.read_table(path, partitioning=None, columns=["customer", "visitor"])
        theirs = pc.or_(
            pc.is_in(named["customer"], value_set=who), pc.is_in(named["visitor"], value_set=seen)
        )
        if found := pc.sum(theirs).as_py():
            _replace(path, pq.read_table(path, partitioning=None).filter(pc.invert(theirs)))
            gone += found
    return gone


def _replace(path: Path, table: pa.Table) -> None:
    """A reader sees the old file or the new one."""
    handle, name = tempfile.mkstemp(prefix=".part-", dir=path.parent)
    os.close(handle)
    try:
        pq.write_table(table, name, compression="zstd")
        os.replace(name, path)
    finally:
        Path(name).unlink(missing_ok=True)


def _mails(person: Person) -> int:
    folder, gone = Path(settings.EMAIL_FILE_PATH or "."), 0
    names = [email.encode() for email in person.emails]
    for path in folder.glob("*.log") if settings.DEMO and names else ():
        text = path.read_bytes().lower()
        if any(b"to: " + name in text for name in names):
            path.unlink(missing_ok=True)
            gone += 1
    return gone


# --- what was left behind ----------------------------------------------------------------------
def erase_traces(person: Person) -> Iterator[Done]:
    """Behaviour, reviews, addresses, sessions, counters: everything that is not the books."""
    of_customer = {"customer_id": person.customer}
    yield deleted(Event.objects.filter(mine(person)))
    yield from _reviews(person)
    for model in (WishlistItem, CampaignTarget, Address):
        yield deleted(model._default_manager.filter(**of_customer))
    yield changed(
        ConsentDecision.objects.filter(mine(person)), Erasure.UNLINK, customer=None, visitor=""
    )
    yield deleted(CartLine.objects.filter(cart__customer_id=person.customer))
    yield changed(
        Cart.objects.filter(**of_customer),
        Erasure.UNLINK,
        customer=None,
        is_open=False,
        coupon_codes=[],
    )
    yield from _staff_notes(person)
    yield from _sign_in(person)
    yield Done("cache", Erasure.DELETE, _forget_counters(person))


def _reviews(person: Person) -> Iterator[Done]:
    reviews = Review.objects.filter(customer_id=person.customer)
    products = list(reviews.values_list("product_id", flat=True))
    files = 0
    for photo in ReviewPhoto.objects.filter(review__in=reviews):
        photo.file.delete(save=False)
        files += 1
    yield Done("pictures", Erasure.DELETE, files)
    yield deleted(reviews)
    refresh_ratings(products)


def _staff_notes(person: Person) -> Iterator[Done]:
    """What the administration wrote down of pages about this person."""
    pages = {
        "admin:shop_customer_": [person.customer],
        "admin:shop_user_": [person.user] if person.user else [],
        "admin:shop_order_": person.orders,
    }
    yield changed(read_rows(pages), Erasure.UNLINK, subject="")  # type: ignore[arg-type]
    about = Q(pk=None)
    for model, keys in _rows_of(person):
        kind = ContentType.objects.get_for_model(model)
        about |= Q(content_type=kind, object_id__in=[str(key) for key in keys])
    logged = LogEntry.objects.filter(about)
    yield changed(logged, Erasure.CLEAR, object_repr="", change_message="", object_id=None)


def _rows_of(person: Person) -> list[tuple[type[Model], list[int]]]:
    returns = ReturnRequest.objects.filter(order__in=person.orders)
    emails = EmailAddress.objects.filter(user=person.user)
    return [
        (Customer, [person.customer]),
        (User, [person.user] if person.user else []),
        (Order, person.orders),
        (ReturnRequest, list(returns.values_list("pk", flat=True))),
        (EmailAddress, list(emails.values_list("pk", flat=True))),
    ]


def _sign_in(person: Person) -> Iterator[Done]:
    if person.user is None:
        return
    store = import_module(settings.SESSION_ENGINE).SessionStore
    for key in person.sessions:
        store(key).delete(key)
    yield Done("sessions", Erasure.DELETE, len(person.sessions))
    yield deleted(UserSession.objects.filter(user=person.user))
    yield deleted(ApiToken.objects.filter(user=person.user))
    yield deleted(EmailAddress.objects.filter(user=person.user))


def _forget_counters(person: Person) -> int:
    """Rate limits that count for this person: of the API, and of signing in."""
    rates: dict[str, str] = settings.REST_FRAMEWORK["DEFAULT_THROTTLE_RATES"]  # type: ignore[assignment]
    scopes = rates if person.user else {}
    keys = [f"throttle_{scope}_{person.user}" for scope in scopes]
    whoever = User(pk=person.user)
    for action in account_settings.RATE_LIMITS:
        for rate in parse_rates(account_settings.RATE_LIMITS.get(action)):
            names = {"user": [""], "key": person.emails}.get(rate.per, [])
            for name in names:
                known = {"app": "allauth.account", "action": action, "rate": rate}
                keys.append(get_cache_key(HttpRequest(), **known, key=name, user=whoever))
    held = cache.get_many(keys)
    cache.delete_many(keys)
    return len(held)


# --- the books ---------------------------------------------------------------------------------
def erase_books(person: Person) -> Iterator[Done]:
    """Orders, payments and coupons stay, without anybody. Of an address the country is left."""
    orders = Order.objects.filter(pk__in=person.orders)
    yield Done(Order._meta.label, Erasure.UNLINK, _orders(orders))
    checkouts = Checkout.objects.filter(
        Q(customer_id=person.customer) | Q(uuid__in=person.checkouts)
    )
    yield Done(Checkout._meta.label, Erasure.CLEAR, _checkouts(checkouts))
    payments = Payment.objects.filter(Q(order__in=orders) | Q(checkout__uuid__in=person.checkouts))
    yield changed(payments, Erasure.CLEAR, card_fingerprint="", card_last4="")
    returns = ReturnRequest.objects.filter(order__in=orders)
    yield changed(returns, Erasure.CLEAR, comment="")
    steps = OrderEvent.objects.filter(order__in=orders).exclude(note="")
    yield changed(steps, Erasure.CLEAR, note="")
    refunds = Refund.objects.filter(payment__in=payments).exclude(reason__in=REFUND_CODES)
    yield changed(refunds, Erasure.CLEAR, reason="")
    used = CouponRedemption.objects.filter(customer_id=person.customer)
    yield changed(used, Erasure.UNLINK, customer=None)


def _orders(orders: QuerySet[Order]) -> int:
    rows = list(orders)
    for row in rows:
        row.customer, row.email, row.access_token = None, "", ""
        row.address = without_person(row.address)
    Order.objects.bulk_update(
        rows, ["customer", "email", "access_token", "address"], batch_size=500
    )
    return len(rows)


def _checkouts(checkouts: QuerySet[Checkout]) -> int:
    rows = list(checkouts)
    for row in rows:
        details = dict(row.details)
        details.pop("email", None)
        if "address" in details:
            details["address"] = without_person(details["address"] or {})
        row.customer, row.details, row.refusal_data = None, details, {}
    fields = ["customer", "details", "refusal_data"]
    Checkout.objects.bulk_update(rows, fields, batch_size=500)
    return len(rows)
