"""One function makes pseudonyms; a rotated key leaves nothing behind that could be joined."""

from datetime import UTC, datetime
from io import StringIO

import pytest
from django.core.management import call_command
from hypothesis import given
from hypothesis import strategies as st

from foundation.learning import shards
from shop.models import Event
from shop.privacy.pseudonyms import key_name, newest, pseudonym
from shop.services import event_export
from tests.shop.factories import CustomerFactory

OLD, NEW = "the-old-key" * 4, "the-new-key" * 4


def test_the_newest_key_counts_and_kinds_do_not_mix(settings):
    alone = pseudonym("customer", 1)
    settings.PSEUDONYM_KEYS = [OLD]
    old = pseudonym("customer", 1)
    settings.PSEUDONYM_KEYS = [NEW, OLD]
    new = pseudonym("customer", 1)
    assert len({alone, old, new, pseudonym("visitor", 1)}) == 4
    assert old == pseudonym("customer", 1, key=OLD), "an older key is still known"
    assert newest() == NEW
    assert key_name() == key_name(NEW) != key_name(OLD)


@given(one=st.integers(1, 10**9), other=st.integers(1, 10**9))
def test_nobody_shares_a_pseudonym_and_none_shows_its_number(one, other):
    assert (pseudonym("customer", one) == pseudonym("customer", other)) == (one == other)
    assert int(pseudonym("customer", one), 16) != one


@pytest.mark.django_db
def test_a_new_key_writes_the_exports_anew(settings, tmp_path):
    settings.VAR_DIR = tmp_path
    settings.PSEUDONYM_KEYS = [OLD]
    customer = CustomerFactory()
    for day in (1, 2):
        at = datetime(2026, 3, day, tzinfo=UTC)
        Event.objects.create(kind="view", at=at, visitor="v", customer=customer)
    event_export.export_events()
    assert names() == {pseudonym("customer", customer.pk, key=OLD)}
    # What the table no longer has cannot be written under the new key.
    Event.objects.filter(at__day=1).delete()
    settings.PSEUDONYM_KEYS = [NEW, OLD]
    said = StringIO()
    call_command("rotate_pseudonyms", stdout=said)
    assert names() == {pseudonym("customer", customer.pk, key=NEW)}
    assert key_name() in said.getvalue()
    before = shards.files(event_export.folder())
    call_command("rotate_pseudonyms", stdout=StringIO())
    assert shards.files(event_export.folder()) == before, "twice is once"


@pytest.mark.django_db(transaction=True)
def test_who_takes_back_a_consent_leaves_the_exported_days(settings, tmp_path):
    from shop.privacy import consent

    settings.VAR_DIR = tmp_path
    leaves, stays = CustomerFactory(), CustomerFactory()
    for customer in (leaves, stays):
        at = datetime(2026, 3, 1, tzinfo=UTC)
        Event.objects.create(kind="view", at=at, visitor=f"v{customer.pk}", customer=customer)
    event_export.export_events()
    assert len(names()) == 2
    consent.decide(customer=leaves, given=[], source="centre")
    event_export.export_events()
    assert names() == {pseudonym("customer", stays.pk)}


def names() -> set[str]:
    return {
        row["customer"]
        for batch in shards.batches(event_export.folder(), ["customer"])
        for row in batch.to_pylist()
        if row["customer"]
    }
