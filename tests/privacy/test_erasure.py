"""After an erasure nobody can be found, the books are what they were, and twice is once."""

import json
from collections import defaultdict
from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pyarrow.parquet as pq
import pytest
from django.apps import apps
from django.core import mail
from django.core.cache import cache
from django.db import models
from django.db.models import Sum
from django.test import Client
from django.urls import reverse
from django.utils import timezone
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from foundation import outbox, registry, retraining, vector_cache
from foundation.models import ModelVersion, OutboxMessage
from inventory.models import LedgerEntry
from recommend.services import NotEnoughData, read_orders
from risk.memory import address_key
from risk.models import IdentityState, ListEntry, Signal
from shop.models import (
    Customer,
    ErasedPerson,
    ErasureRequest,
    Event,
    Order,
    OrderLine,
    Payment,
    Refund,
    TestCharge,
    User,
)
from shop.privacy import erasure
from shop.privacy.people import person_of
from shop.privacy.pseudonyms import pseudonym
from shop.privacy.register import Erasure, register
from shop.refusals import Refused
from shop.services import event_export
from support.models import Correction
from tests.privacy.life import Life, live
from tests.shop.factories import CustomerFactory, OrderFactory, StaffFactory

pytestmark = pytest.mark.django_db
State = ErasureRequest.State


def erase(life: Life) -> ErasureRequest:
    row = erasure.request(customer=life.customer)
    ErasureRequest.objects.filter(pk=row.pk).update(due_at=timezone.now())
    assert erasure.run_due() == 1
    row.refresh_from_db()
    return row


def everything() -> dict[str, list[str]]:
    """All values of all tables as text, by model."""
    found = defaultdict(list)
    for model in apps.get_models():
        for row in model._base_manager.values():
            found[model._meta.label].append(json.dumps(row, default=str, ensure_ascii=False))
    return found


def references(target: type[models.Model], pk: int) -> list[str]:
    """Tables with a key of that row; also those that name it in a text."""
    found = []
    for model in apps.get_models():
        for field in model._meta.concrete_fields:
            points = field.is_relation and field.related_model is target
            if points and model._base_manager.filter(**{field.attname: pk}).exists():
                found.append(f"{model._meta.label}.{field.name}")
    return found


def books() -> dict[str, object]:
    orders = Order.objects.aggregate(
        *(Sum(name) for name in ("subtotal", "discount", "delivery_fee", "total", "refunded"))
    )
    return {
        **orders,
        "orders": Order.objects.count(),
        "lines": list(OrderLine.objects.order_by("pk").values_list("quantity", "total")),
        "payments": list(Payment.objects.order_by("pk").values_list("amount", "state")),
        "refunds": Refund.objects.aggregate(sum=Sum("amount"))["sum"],
        "charges": list(TestCharge.objects.order_by("pk").values_list("amount", "refunded")),
        "ledger": list(LedgerEntry.objects.order_by("pk").values()),
        "days": list(Order.objects.order_by("pk").values_list("number", "placed_at", "total")),
    }


@settings(
    max_examples=6,
    deadline=None,
    phases=[Phase.explicit, Phase.generate],  # making each smaller case takes a second
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(
    tag=st.text("abcdefghijklmnopqrstuvwxyz", min_size=9, max_size=12),
    total=st.decimals("1.00", "900.00", places=2),
    quantity=st.integers(1, 9),
    chats=st.integers(1, 3),
)
def test_no_table_names_the_person_and_the_books_are_the_same(tag, total, quantity, chats):
    from django.db import transaction

    with transaction.atomic():
        other = live("unconcerned", staff=StaffFactory())
        life = live(tag, total=total, quantity=quantity, chats=chats, staff=StaffFactory())
        kept = books()
        others = person_of(other.customer)
        user, customer = life.user.pk, life.customer.pk
        erase(life)
        for label, rows in everything().items():
            for row in rows:
                for word in (*life.words, life.visitor):
                    assert word.lower() not in row.lower(), (label, row)
        assert references(User, user) == []
        assert references(Customer, customer) == []
        assert not Signal.objects.filter(customer=str(customer)).exists()
        assert not IdentityState.objects.filter(key=f"customer:{customer}").exists()
        assert books() == kept
        assert person_of(Customer.objects.get(pk=other.customer.pk)) == others
        transaction.set_rollback(True)


class TestTheRegisterIsKept:
    """What the policy says of each field is what happens."""

    def test_for_every_entry(self):
        life = live()
        rows = {}
        for entry in register():
            if entry.person:
                wanted = entry.table._base_manager.filter(**{entry.person: life.customer.pk})
                rows[entry] = list(wanted.values_list("pk", flat=True))
        erase(life)
        wrong = []
        for entry, pks in rows.items():
            left = entry.table._base_manager.filter(pk__in=pks)
            gone = entry.model in ("shop.Customer", "shop.Event")
            if entry.erased == Erasure.DELETE or gone:
                wrong += [entry.model] if left.exists() else []
            elif entry.erased == Erasure.CLEAR:
                for row in left:
                    for name in entry.fields:
                        value = getattr(row, name)
                        person = [one for one in life.words if one.lower() in str(value).lower()]
                        wrong += [f"{entry.model}.{name}: {value}"] if person else []
            elif entry.erased == Erasure.UNLINK:
                still = entry.table._base_manager.filter(**{entry.person: life.customer.pk})
                wrong += [entry.model] if still.exists() else []
        assert wrong == []
        assert [
            entry for entry, pks in rows.items() if not pks and entry.model.startswith("shop")
        ] in (
            [],
            [entry for entry in rows if entry.model in NOT_IN_A_LIFE],
        )


NOT_IN_A_LIFE = {"shop.DataDownload", "shop.ErasureRequest"}


def test_a_second_run_changes_nothing():
    life = live()
    row = erase(life)
    before = everything()
    assert erasure.perform(row.pk) is False
    assert erasure.run_due() == 0
    assert everything() == before


@pytest.mark.parametrize("step", range(6))
def test_killed_half_way_it_goes_on_where_it_was(step, settings, monkeypatch):
    life = live()
    path = settings.ERASERS[step]
    real = erasure.import_string

    def killed(wanted):
        if wanted == path:
            raise KeyboardInterrupt
        return real(wanted)

    row = erasure.request(customer=life.customer)
    ErasureRequest.objects.filter(pk=row.pk).update(due_at=timezone.now())
    monkeypatch.setattr(erasure, "import_string", killed)
    with pytest.raises(KeyboardInterrupt):
        erasure.run_due()
    row.refresh_from_db()
    assert row.state == State.RUNNING
    assert len(row.report["steps"]) == step
    monkeypatch.undo()
    assert erasure.run_due() == 1
    row.refresh_from_db()
    assert row.state == State.DONE
    assert set(row.report["steps"]) == {*settings.ERASERS, "account"}
    assert not any("zephyrine" in text.lower() for rows in everything().values() for text in rows)


def test_the_report_counts_and_names_nobody(client: Client):
    life = live()
    row = erase(life)
    told = {line["what"]: line["count"] for lines in row.report["steps"].values() for line in lines}
    assert told["support.Message"] == 2
    assert told["shop.Event"] == 2
    assert told["shop.Order"] == 2
    assert told["pictures"] == 1
    assert row.subject == {}
    page = client.get(reverse("shop:erasure_report", args=[row.key]))
    assert page.status_code == 200
    assert "zephyrine" not in page.content.decode().lower()
    file = client.get(reverse("shop:erasure_report_file", args=[row.key]))
    assert json.loads(file.content)["steps"] == row.report["steps"]


class TestAsking:
    def test_it_waits_and_can_be_taken_back(self):
        life = live()
        row = erasure.request(customer=life.customer)
        assert erasure.run_due() == 0
        assert erasure.request(customer=life.customer) == row
        erasure.cancel(request=row)
        ErasureRequest.objects.update(due_at=timezone.now())
        assert erasure.run_due() == 0
        assert Customer.objects.filter(pk=life.customer.pk).exists()
        assert erasure.request(customer=life.customer) != row, "and asked for once more"

    def test_too_late_to_take_back(self):
        row = erase(live())
        with pytest.raises(Refused):
            erasure.cancel(request=row)

    def test_an_order_on_its_way_makes_it_wait(self):
        life = live(status=Order.Status.SHIPPED)
        row = erasure.request(customer=life.customer)
        ErasureRequest.objects.update(due_at=timezone.now())
        assert erasure.run_due() == 0
        row.refresh_from_db()
        assert row.state == State.APPROVAL
        Order.objects.update(status=Order.Status.DELIVERED)
        assert erasure.run_due() == 1

    def test_staff_need_a_second_person_while_something_is_under_way(self):
        life = live(status=Order.Status.PLACED)
        first, second = StaffFactory(), StaffFactory()
        row = erasure.request(customer=life.customer, by=first)
        assert row.state == State.APPROVAL
        with pytest.raises(Refused):
            erasure.approve(request=row, by=first)
        assert erasure.run_due() == 0
        erasure.approve(request=row, by=second)
        assert erasure.run_due() == 1
        row.refresh_from_db()
        assert (row.requested_by, row.approved_by) == (first, second)
        assert Order.objects.filter(pk=life.order.pk, status=Order.Status.PLACED).exists()

    def test_staff_do_not_wait_when_nothing_is_under_way(self):
        erasure.request(customer=live().customer, by=StaffFactory())
        assert erasure.run_due() == 1

    def test_staff_accounts_are_not_erased_like_this(self):
        with pytest.raises(Refused):
            erasure.request(customer=CustomerFactory(user=StaffFactory()))

    def test_on_the_page(self, client: Client):
        life = live()
        client.force_login(life.user, backend="django.contrib.auth.backends.ModelBackend")
        page = reverse("shop:erase")
        client.get(page)
        known = {"password": "a long pass phrase"}  # pragma: allowlist secret
        client.post(reverse("account_reauthenticate"), known)
        client.post(page)
        assert not ErasureRequest.objects.exists(), "one has to say that one is sure"
        client.post(page, {"sure": "1"})
        assert ErasureRequest.objects.get().state == State.WAITING
        assert client.get(page).status_code == 200
        client.post(page, {"cancel": "1"})
        assert ErasureRequest.objects.get().state == State.CANCELLED

    def test_in_the_administration(self, admin_client: Client):
        life = live(status=Order.Status.PLACED)
        page = reverse("admin:shop_customer_erase_customer", args=[life.customer.pk])
        assert "second person" in admin_client.get(page).content.decode()
        admin_client.post(page)
        row = ErasureRequest.objects.get()
        assert row.state == State.APPROVAL
        actions = reverse("admin:shop_erasurerequest_changelist")
        ask = {"action": "approve", "_selected_action": [row.pk]}
        admin_client.post(actions, ask)
        row.refresh_from_db()
        assert row.state == State.APPROVAL, "the same person twice is one person"


class TestTheNextModels:
    def test_learn_nothing_from_them(self):
        life = live()
        erase(life)
        with pytest.raises(NotEnoughData):
            read_orders()
        assert not Correction.objects.exists()

    def test_and_those_before_are_trained_anew(self):
        def version(capability: str) -> ModelVersion:
            return registry.save_version(
                capability=capability,
                suffix=".json",
                write=lambda path: path.write_text("{}"),
                parameters={"signature": "same"},
            )

        before = version("recommend.orders"), version("inventory.demand")
        registry.activate(before[0])
        erase(live())
        for row in before:
            row.refresh_from_db()
        assert before[0].outdated_at
        assert before[1].outdated_at is None, "units of a product are nobody's"
        made = retraining.Trained(".json", lambda path: path.write_text("{}"), metrics={})
        after = retraining.refresh("recommend.orders", "same", lambda active: made)
        assert after != before[0]
        assert after.status == ModelVersion.Status.ACTIVE
        assert after.outdated_at is None
        assert retraining.refresh("recommend.orders", "same", lambda active: made) == after

    def test_stored_meanings_of_their_messages_go(self):
        import numpy as np

        life = live()
        text = life.conversation.messages.get(seq=1).text
        vector_cache.write("a-model", {text: np.ones(3, np.float32), "other": np.ones(3)})
        erase(life)
        left = vector_cache.read("a-model", [text, "other"], 3)
        assert list(left) == ["other"]


def test_their_rows_leave_the_exported_files():
    life, other = live(), live("marmaduke")
    event_export.export_events()
    gone = event_export.pseudonym("customer", life.customer.pk)
    row = erase(life)
    files = list(event_export.folder().rglob("*.parquet"))
    assert files
    rows = [one for path in files for one in pq.read_table(path, partitioning=None).to_pylist()]
    assert len(rows) == 2
    assert gone not in {one["customer"] for one in rows}
    assert event_export.pseudonym("customer", other.customer.pk) in {
        one["customer"] for one in rows
    }
    told = row.report["steps"]["shop.privacy.erasers.erase_exports"]
    assert told == [
        {"what": "exports", "how": "delete", "count": 2},
        {"what": "foundation.OutboxMessage", "how": "delete", "count": 1},
    ]


@pytest.mark.parametrize("known", [True, False], ids=["old key kept", "old key taken out"])
def test_their_rows_leave_files_that_were_written_under_another_key(settings, known):
    """Nobody has to run ``rotate_pseudonyms`` first."""
    settings.PSEUDONYM_KEYS = ["the key of last year"]
    life, other = live(), live("unconcerned")
    event_export.export_events()
    settings.PSEUDONYM_KEYS = ["a newer key", "the key of last year"] if known else ["a newer key"]
    names = {
        pseudonym(kind, value, "the key of last year")
        for kind, value in (("customer", life.customer.pk), ("visitor", life.visitor))
    }
    kept = pseudonym("customer", other.customer.pk, "the key of last year")

    def named() -> set[str]:
        tables = [pq.read_table(path, partitioning=None) for path in event_export.files()]
        return {one for table in tables for name in WHO for one in table[name].to_pylist()}

    assert names | {kept} <= named()
    erase(life)
    assert names.isdisjoint(named())
    assert (kept in named()) is known, "what nobody can be found in is not kept"


def test_rows_leave_the_files_of_days_that_the_table_has_no_more():
    life = live()
    event_export.export_events()
    name = pseudonym("customer", life.customer.pk)
    Event.objects.all().delete()
    assert event_export.files()
    erase(life)
    for path in event_export.files():
        assert name not in pq.read_table(path, partitioning=None)["customer"].to_pylist()


def test_mails_on_their_way_are_not_sent():
    life, other = live(), live("unconcerned")
    for row in (life, other):
        outbox.put("shop.order", f"{row.order.pk}", order_id=row.order.pk)
    erase(life)
    left = OutboxMessage.objects.filter(state=OutboxMessage.State.WAITING)
    about = {row.args.get("subject") or row.args.get("order_id") for row in left}
    assert {"News for unconcerned", other.order.pk} <= about
    assert about.isdisjoint({"News for zephyrine", life.order.pk})


WHO = ("customer", "visitor")


def test_what_others_share_stays_theirs():
    """A family shares an address: what risk remembers of it is made anew from the others."""
    life, other = live(), live("marmaduke")
    shared = address_key(person_of(life.customer).places[0])
    theirs = Signal.objects.get(customer=str(other.customer.pk))
    Signal.objects.filter(pk=theirs.pk).update(address=shared)
    erase(life)
    state = IdentityState.objects.get(key=f"address:{shared}").state
    assert [entry[4] for entry in state["order"]] == [str(other.customer.pk)]
    assert ListEntry.objects.filter(field="address", value=shared, reason="").exists()


def test_nobody_can_go_on_as_them(client: Client):
    life = live()
    client.force_login(life.user, backend="django.contrib.auth.backends.ModelBackend")
    assert client.get(reverse("shop:account")).status_code == 200
    erase(life)
    assert client.get(reverse("shop:account")).status_code == 302
    known = {"password": "a long pass phrase"}  # pragma: allowlist secret
    answer = client.post("/accounts/login/", {"login": "zephyrine@private.example", **known})
    assert answer.status_code == 200, "the form again"


def test_counters_of_theirs_go():
    life = live()
    cache.set(f"throttle_user_{life.user.pk}", [1.0], 60)
    erase(life)
    assert cache.get(f"throttle_user_{life.user.pk}") is None


def test_the_last_mail_tells_where_the_report_is(django_capture_on_commit_callbacks):
    life = live()
    with django_capture_on_commit_callbacks(execute=True):
        row = erase(life)
    last = mail.outbox[-1]
    assert last.to == ["zephyrine@private.example"]
    assert str(row.key) in last.body


class TestABackupThatComesBack:
    def test_erases_them_anew(self, django_capture_on_commit_callbacks):
        life = live()
        pk, email = life.customer.pk, life.user.email
        with django_capture_on_commit_callbacks(execute=True):
            erase(life)
        # An old database: the person is there again, the list of the erased is not.
        ErasedPerson.objects.all().delete()
        user = User.objects.create_user(email)
        Customer.objects.create(pk=pk, user=user, name="Dame zephyrine Quill")
        OrderFactory(customer_id=pk, status=Order.Status.SHIPPED)
        assert erasure.again() == 1
        assert not Customer.objects.filter(pk=pk).exists()
        assert erasure.again() == 0

    def test_takes_nobody_else_for_them(self):
        life = live()
        pk = life.customer.pk
        erase(life)
        Customer.objects.create(pk=pk, user=User.objects.create_user("new@example.com"))
        assert erasure.again() == 0


def test_one_that_fails_keeps_nobody_waiting(monkeypatch):
    first, second = live(), live("marmaduke")
    for life in (first, second):
        erasure.request(customer=life.customer)
    ErasureRequest.objects.update(due_at=timezone.now() - timedelta(hours=1))
    real = erasure.perform
    broken = ErasureRequest.objects.get(customer=first.customer).pk

    def perform(pk):
        if pk == broken:
            raise OSError
        return real(pk)

    monkeypatch.setattr(erasure, "perform", perform)
    assert erasure.run_due() == 1
    assert Customer.objects.filter(pk=first.customer.pk).exists()
    assert not Customer.objects.filter(pk=second.customer.pk).exists()


def test_events_that_waited_in_memory_do_not_come_back():
    from shop import events

    life = live()
    events.record("view", visitor=life.visitor, customer_id=life.customer.pk)
    erase(life)
    events.flush()
    assert not Event.objects.filter(visitor=life.visitor).exists()


def test_money_of_an_erased_order_can_still_be_paid_back():
    from shop.services import orders

    life = live()
    erase(life)
    order = Order.objects.get(pk=life.order.pk)
    orders.refund(order=order, amount=Decimal("2.00"), key="later", reason="other", by=None)
    order.refresh_from_db()
    assert order.refunded == Decimal("3.00")
    assert datetime.now(UTC) > order.placed_at
