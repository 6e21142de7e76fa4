"""The audit log cannot be changed unseen."""

import pytest

from risk import audit
from risk.models import AuditEntry
from tests.shop.factories import StaffFactory

pytestmark = pytest.mark.django_db


@pytest.fixture
def entries() -> list[AuditEntry]:
    staff = StaffFactory()
    return [audit.record(by=staff, action="decide_case", subject=f"case {n}") for n in range(4)]


def test_entries_form_a_chain(entries):
    assert [entry.number for entry in entries] == [1, 2, 3, 4]
    assert entries[2].previous == entries[1].digest
    assert audit.first_broken() is None


def test_a_change_is_found(entries):
    AuditEntry.objects.filter(number=2).update(actor="somebody@else.example")
    assert audit.first_broken() == 2


def test_a_missing_entry_is_found(entries):
    AuditEntry.objects.filter(number=3).delete()
    assert audit.first_broken() == 3
