"""What is older than the register allows goes; what is younger stays."""

from datetime import timedelta
from io import StringIO

import pytest
from django.core.management import call_command
from django.utils import timezone

from shop.models import Event, RetentionRun
from shop.privacy import retention
from shop.privacy.register import of_model

pytestmark = pytest.mark.django_db


def event(days: float) -> Event:
    at = timezone.now() - timedelta(days=days)
    return Event.objects.create(kind="view", visitor="somebody", at=at)


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
