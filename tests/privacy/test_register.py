"""Every field about a person is in the register, and it names nothing that is not there."""

import re
from collections import Counter

import pytest
from django.apps import apps
from django.core.exceptions import FieldDoesNotExist
from django.db import models

from shop.models import Customer, User
from shop.privacy.register import (
    CONSENTS,
    Basis,
    Erasure,
    NotPersonal,
    Personal,
    Reader,
    consent_version,
    exceptions,
    policy_version,
    register,
)

SUSPICIOUS = re.compile(
    r"(^|_)(e?mail|phone|recipient|address|street|line[12]|city|postal|postcode|birth|first_name|"
    r"last_name|name|contact|ip|user_agent|visitor|session|customer|household|demographics|device|"
    r"fingerprint|token|latitude|longitude|query|actor|card|password)(_|$)|_by$|^by$"
)
NOT_OURS = {"auth", "contenttypes", "django_celery_beat", "foundation"}
"""Rights, schedules and models; of foundation only the outbox knows people, and it is declared."""
CATALOGUE = {
    *("shop.Channel", "shop.Department", "shop.Category", "shop.Campaign", "shop.Coupon"),
    "inventory.Warehouse",
}
"""``name`` is that of a place, a shelf or an offer."""


def looks_personal(field: models.Field) -> bool:
    if field.is_relation:
        return field.related_model in (User, Customer)
    if isinstance(field, models.EmailField | models.GenericIPAddressField | models.FileField):
        return True
    if isinstance(field, models.TextField | models.JSONField):
        return True
    if isinstance(field, models.BooleanField) or field.choices:
        return False
    label = field.model._meta.label
    bilingual = label in CATALOGUE and field.name.startswith(("name", "title"))
    return bool(SUSPICIOUS.search(field.name)) and not bilingual


def suspects() -> set[tuple[str, str]]:
    return {
        (model._meta.label, field.name)
        for model in apps.get_models()
        if model._meta.app_label not in NOT_OURS
        for field in (*model._meta.fields, *model._meta.many_to_many)
        if looks_personal(field)
    }


def named(entries: tuple[Personal, ...] | tuple[NotPersonal, ...]) -> Counter[tuple[str, str]]:
    return Counter((entry.model, field) for entry in entries for field in entry.fields)


def test_every_field_that_looks_personal_is_declared_or_excused():
    known = named(register()).keys() | named(exceptions()).keys()
    assert suspects() - known == set(), "declare them in the app's personal.py, or say why not"


def test_no_field_is_told_twice():
    told = named(register()) + named(exceptions())
    assert [field for field, times in told.items() if times > 1] == []


@pytest.mark.parametrize(
    "entry", [*register(), *exceptions()], ids=lambda e: f"{e.model}-{e.fields[0]}"
)
def test_what_is_declared_exists(entry):
    table = apps.get_model(entry.model)
    for name in entry.fields:
        table._meta.get_field(name)
    if isinstance(entry, NotPersonal):
        assert entry.reason
        return
    assert entry.seen_by
    for path in filter(None, (entry.person, entry.since)):
        # Django itself says whether it can follow the path.
        str(table._base_manager.filter(**{f"{path}__isnull": True}).query)
    if entry.person:
        assert path_ends_at(table, entry.person) is Customer
    assert bool(entry.since) == (entry.period.days is not None), "a period counts from a moment"


def path_ends_at(table: type[models.Model], path: str) -> type[models.Model]:
    for part in path.split("__"):
        try:
            field = table._meta.get_field(part)
        except FieldDoesNotExist:
            assert part == "pk"
            return table
        table = field.related_model
    return table


def test_a_legitimate_interest_says_what_was_weighed_and_only_consent_can_be_refused():
    for entry in register():
        purpose = entry.purpose
        assert bool(purpose.weighed) == (purpose.basis == Basis.INTEREST)
        assert (purpose.code in CONSENTS) == (purpose.basis == Basis.CONSENT)
        if Reader.NOBODY in entry.seen_by:
            assert entry.seen_by == (Reader.NOBODY,)


def test_what_is_kept_after_an_erasure_has_a_reason_other_than_consent():
    kept = [entry for entry in register() if entry.erased == Erasure.KEEP]
    assert kept
    assert not [entry for entry in kept if entry.purpose.basis == Basis.CONSENT]
    assert all(entry.period.days for entry in kept), "what is kept has an end"


def test_the_versions_change_with_the_register(monkeypatch):
    from shop.privacy import register as module

    before = policy_version(), consent_version()
    less = tuple(entry for entry in register() if entry.model != "shop.Address")
    monkeypatch.setattr(module, "register", lambda: less)
    assert module.policy_version.__wrapped__() != before[0]
    assert module.consent_version.__wrapped__() == before[1], "nothing new is asked for"
