"""What is older than the register allows ends; what is younger, and every amount, stays."""

from datetime import date, timedelta
from decimal import Decimal
from io import StringIO

import pytest
from django.apps import apps
from django.contrib.admin.models import LogEntry
from django.core.files.base import ContentFile
from django.core.management import call_command
from django.db import models
from django.db.models import Count, Sum
from django.utils import timezone

from foundation.encryption import ENCRYPTED
from inventory.models import LedgerEntry
from risk import audit
from risk.models import Alert, Assessment, AuditEntry, Case, Chargeback, ListEntry, Signal
from shop.models import (
    Cart,
    CartLine,
    Checkout,
    ConsentDecision,
    CouponRedemption,
    Event,
    Order,
    OrderEvent,
    OrderLine,
    Payment,
    PersonalRead,
    Refund,
    RetentionRun,
    ReturnRequest,
)
from shop.privacy import retention
from shop.privacy.register import CART, Ending, Erasure, Personal, of_model, register
from shop.services import event_export
from support.models import Picture
from tests.privacy.life import live
from tests.shop.factories import CartFactory, CustomerFactory, StaffFactory, VariantFactory

pytestmark = pytest.mark.django_db
CENTURY = timedelta(days=36_500)
"""Older than any period."""


def event(days: float) -> Event:
    at = timezone.now() - timedelta(days=days)
    return Event.objects.create(kind="view", visitor="somebody", at=at)


def age(by: timedelta) -> None:
    """Move every moment of every row back, as if the shop had stood still so long.

    Not of the audit log: its seals would no longer fit.
    """
    for model in set(apps.get_models()) - {AuditEntry}:
        fields = model._meta.concrete_fields
        moments = [field.name for field in fields if isinstance(field, models.DateTimeField)]
        for row in model._base_manager.all() if moments else ():
            values = {name: getattr(row, name) - by for name in moments if getattr(row, name)}
            model._base_manager.filter(pk=row.pk).update(**values)


def test_only_what_is_overdue_goes_and_twice_is_once(monkeypatch):
    monkeypatch.setattr(retention, "BATCH", 2)
    limit = of_model("shop.Event")[0].period.days
    young = event(limit - 1)
    for _ in range(5):
        event(limit + 1)
    said = StringIO()
    call_command("apply_retention", "--dry-run", stdout=said)
    assert "shop.Event: 5" in said.getvalue()
    assert Event.objects.count() == 6, "a dry run removes nothing"
    assert retention.run().removed == {"shop.Event": 5}
    assert list(Event.objects.all()) == [young]
    assert retention.run().removed == {}
    assert RetentionRun.objects.filter(finished_at=None).count() == 0


def covered(entry: Personal) -> bool:
    """Whether the row itself is deleted no later, by another entry about it."""
    return any(
        other.deleted_at_end and (other.period.days or 10**6) <= (entry.period.days or 0)
        for other in of_model(entry.model)
    )


def test_every_period_has_an_end():
    """Only lines of an order need none: they are nobody's as soon as their order is."""
    endless = {
        entry.model
        for entry in register()
        if entry.period.days is not None
        and not entry.deleted_at_end
        and not entry.ends
        and not covered(entry)
    }
    assert endless == {"shop.OrderLine"}


@pytest.mark.parametrize("entry", register(), ids=lambda e: f"{e.model}-{e.fields[0]}")
def test_an_end_names_fields_that_are_there_and_fit(entry):
    if isinstance(entry.ends, Ending | Erasure):
        return
    for name, value in entry.ends.items():
        field = entry.table._meta.get_field(name)
        assert value is not None or field.null, name
        assert not (isinstance(field, ENCRYPTED) and value is None)


def books() -> dict:
    """Everything an auditor adds up."""
    return {
        "orders": Order.objects.aggregate(n=Count("pk"), t=Sum("total"), r=Sum("refunded")),
        "numbers": sorted(Order.objects.values_list("number", flat=True)),
        "lines": OrderLine.objects.aggregate(n=Count("pk"), q=Sum("quantity"), t=Sum("total")),
        "payments": Payment.objects.aggregate(n=Count("pk"), t=Sum("amount")),
        "refunds": Refund.objects.aggregate(n=Count("pk"), t=Sum("amount")),
        "returns": ReturnRequest.objects.count(),
        "coupons": CouponRedemption.objects.aggregate(n=Count("pk"), t=Sum("discount")),
        "chargebacks": Chargeback.objects.aggregate(n=Count("pk"), t=Sum("amount")),
        "stock": LedgerEntry.objects.aggregate(n=Count("pk"), t=Sum("on_hand_change")),
    }


def test_books_lose_the_person_and_keep_every_amount(monkeypatch):
    monkeypatch.setattr(retention, "BATCH", 1)
    staff = StaffFactory()
    life = live(staff=staff)
    before = books()
    assert before["orders"]["t"] > Decimal(0)
    age(CENTURY)
    dry = retention.due()
    removed = retention.run().removed
    # Carts end when nothing is left in them, which a dry run does not see yet.
    assert removed.pop("shop.Cart: customer, token, coupon_codes") == 1
    assert removed == dry
    assert books() == before
    for order in Order.objects.all():
        assert (order.customer, order.email, order.access_token) == (None, "", "")
        assert order.address == {"country": "US"}
    assert set(OrderEvent.objects.values_list("note", "by")) == {("", None)}
    assert set(Refund.objects.values_list("reason", flat=True)) == {""}
    assert [row.comment for row in ReturnRequest.objects.all()] == [""]
    assert set(Payment.objects.values_list("card_fingerprint", "card_last4")) == {("", "")}
    assert [(row.customer, row.details) for row in Checkout.objects.all()] == [(None, {})]
    assert CouponRedemption.objects.get().customer is None
    assert not PersonalRead.objects.exists()
    assert not LogEntry.objects.exists()
    assert retention.run().removed == {}, "what has ended is not ended every day"
    life.customer.refresh_from_db()
    assert life.customer.name, "the account itself has no end"


def test_what_screening_keeps_is_figures_of_nobody_after_its_time():
    life = live()
    Case.objects.create(assessment=Assessment.objects.get(), kind=Case.Kind.REVIEW, note="odd")
    Case.objects.exclude(state=Case.State.OPEN).update(state=Case.State.CLEARED)
    Alert.objects.create(kind="takeover", subject=f"customer {life.customer.pk}", text="many")
    age(timedelta(days=of_model("risk.Assessment")[0].period.days + 1))
    retention.run()
    assert Assessment.objects.get().customer == life.customer, "a case about it is open"
    assert Case.objects.get(state=Case.State.OPEN).note == "odd"
    Case.objects.update(state=Case.State.CLEARED)
    retention.run()
    left = Assessment.objects.get()
    assert (left.customer, left.order, left.checkout_uuid) == (None, None, None)
    assert (left.visitor, left.card_fingerprint, left.features, left.reasons) == ("", "", {}, [])
    assert left.decision == "review"
    assert set(Case.objects.values_list("message", "contact", "note")) == {("", "", "")}
    signal = Signal.objects.get()
    assert (signal.customer, signal.card, signal.order) == ("", "", None)
    assert str(life.order.pk) not in signal.reference.split("-")
    assert signal.total == float(life.order.total)
    assert not ListEntry.objects.exists()
    assert not Alert.objects.exists()
    assert Order.objects.get(pk=life.order.pk).customer == life.customer, "books have ten years"


def test_the_audit_log_is_trimmed_from_the_front_and_stays_whole(monkeypatch):
    limit = of_model("risk.AuditEntry")[0].period.days
    old = timezone.now() - timedelta(days=limit + 1)
    with monkeypatch.context() as then:
        then.setattr(audit.timezone, "now", lambda: old)
        for number in range(2):
            audit.record(by=None, action="freeze", subject=f"customer {number}")
    for number in range(2):
        audit.record(by=None, action="freeze", subject=f"customer {number}")
    assert audit.first_broken() is None
    assert retention.run().removed == {"risk.AuditEntry: actor, subject, data": 2}
    assert list(AuditEntry.objects.order_by("number").values_list("number", flat=True)) == [3, 4, 5]
    assert audit.first_broken() is None
    assert retention.run().removed == {}
    AuditEntry.objects.filter(number=3).delete()
    assert audit.first_broken() == 3, "a front that went otherwise is seen"


def test_a_broken_audit_log_is_not_trimmed():
    for number in range(2):
        audit.record(by=None, action="freeze", subject=f"customer {number}")
    old = timezone.now() - CENTURY
    AuditEntry.objects.update(at=old)
    assert retention.run().removed == {}
    assert AuditEntry.objects.count() == 2


def test_the_newest_choice_of_a_customer_is_proof_as_long_as_it_is_obeyed():
    customer = CustomerFactory()
    for given in (["advertising"], []):
        ConsentDecision.objects.create(customer=customer, given=given, source="centre")
    ConsentDecision.objects.create(customer=None, visitor="browser", given=[], source="banner")
    age(CENTURY)
    retention.run()
    rows = ConsentDecision.objects.order_by("pk").values_list("customer", "visitor", "given")
    assert list(rows) == [(None, "", ["advertising"]), (customer.pk, "", []), (None, "", [])]


def test_a_cart_is_let_go_of_when_its_last_line_is_too_old():
    cart = CartFactory(customer=CustomerFactory(), coupon_codes=["SPRING"])
    long_ago = timezone.now() - timedelta(days=(CART.days or 0) + 1)
    lines = [cart.lines.create(variant=VariantFactory(), quantity=1) for _ in range(2)]
    Cart.objects.update(updated_at=long_ago)
    CartLine.objects.filter(pk=lines[0].pk).update(added_at=long_ago)
    assert retention.run().removed == {"shop.CartLine": 1}
    cart.refresh_from_db()
    assert cart.is_open, "somebody put something in not long ago"
    CartLine.objects.update(added_at=long_ago)
    retention.run()
    cart.refresh_from_db()
    assert (cart.customer, cart.coupon_codes, cart.is_open) == (None, [], False)


def test_files_go_with_their_rows():
    life = live()
    message = life.conversation.messages.first()
    picture = Picture(message=message)
    picture.file.save("seen.jpg", ContentFile(b"picture"))
    storage, name = picture.file.storage, picture.file.name
    assert storage.exists(name)
    age(CENTURY)
    retention.run()
    assert not Picture.objects.exists()
    assert not storage.exists(name)


def test_exported_days_end_with_the_events_they_were_written_from(settings, tmp_path):
    settings.VAR_DIR = tmp_path
    limit = of_model("shop.Event")[0].period.days
    event(limit - 1)
    event(limit + 2)
    old, *_ = event_export.export_events()
    assert old == (timezone.now() - timedelta(days=limit + 2)).date()
    assert retention.run().removed["exports"] >= 1
    days = [date.fromisoformat(place.name[4:]) for place in event_export.folder().glob("day=*")]
    assert days
    assert min(days) >= timezone.localdate() - timedelta(days=limit)
