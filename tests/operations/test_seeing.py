"""What watches the shop: the page of operations, its gauges, the dashboard, the alert rules."""

import json
import re
from pathlib import Path

import pytest
import yaml
from django.urls import reverse

from config import operations
from foundation.models import OutboxMessage
from tests.foundation.test_registry import save
from tests.shop.factories import StaffFactory, UserFactory

ROOT = Path(__file__).resolve().parent.parent.parent
METRIC = re.compile(r"\b(mercato_[a-z_]+)\b")
BACKEND = "django.contrib.auth.backends.ModelBackend"
pytestmark = pytest.mark.django_db


def exposed(client) -> set[str]:
    """Metrics of a shop that has a model, a run, a figure and an alert of it."""
    page = client.get("/metrics").content.decode()
    return set(re.findall(r"^# TYPE (\S+) ", page, re.M))


def dashboard() -> dict:
    return json.loads((ROOT / "deploy" / "grafana.json").read_text())


def rules() -> list[dict]:
    groups = yaml.safe_load((ROOT / "deploy" / "alerts.yaml").read_text())["groups"]
    return [rule for group in groups for rule in group["rules"]]


def balanced(expression: str) -> bool:
    return all(expression.count(a) == expression.count(b) for a, b in ("()", "{}", "[]"))


def test_every_metric_that_is_named_exists(client):
    shown = [target["expr"] for panel in dashboard()["panels"] for target in panel["targets"]]
    asked = [rule["expr"] for rule in rules()]
    named = set(METRIC.findall(" ".join(shown + asked)))
    found = exposed(client)
    assert named, "the files ask for something"
    assert named <= found
    assert {name for name in found if name.startswith("mercato_")} <= set(
        METRIC.findall(" ".join(shown))
    ), "every gauge has its panel"


def test_the_dashboard_is_one_that_grafana_reads():
    found = dashboard()
    assert found["schemaVersion"] >= 36
    assert len({panel["id"] for panel in found["panels"]}) == len(found["panels"])
    places = set()
    for panel in found["panels"]:
        assert panel["title"]
        assert panel["targets"]
        assert all(balanced(target["expr"]) for target in panel["targets"])
        place = panel["gridPos"]
        assert place["x"] + place["w"] <= 24
        cells = {
            (place["x"] + dx, place["y"] + dy)
            for dx in range(place["w"])
            for dy in range(place["h"])
        }
        assert not places & cells, f"{panel['title']} lies on another panel"
        places |= cells


def test_every_alert_says_what_to_do():
    for rule in rules():
        assert balanced(rule["expr"])
        assert rule["labels"]["severity"] in ("page", "ticket")
        assert rule["annotations"]["summary"]
        assert rule["annotations"]["action"]
        assert re.fullmatch(r"\d+[smh]", rule.get("for", "1m"))


def test_labels_that_rules_choose_by_are_those_that_are_given(client):
    save(1.0)
    page = client.get("/metrics").content.decode()
    for rule in rules():
        for name, labels in re.findall(r"(mercato_\w+)\{([^}]*)\}", rule["expr"]):
            for label, value in re.findall(r'(\w+)="([^"]*)"', labels):
                assert re.search(rf'^{name}\{{.*{label}="{value}"', page, re.M), rule["alert"]


@pytest.mark.parametrize(("language", "word"), [("en", "Operations"), ("zh-hans", "运维")])
def test_the_page_of_operations_says_how_things_are(client, settings, language, word):
    OutboxMessage.objects.create(
        key="a",
        kind="email",
        state="dead",
        next_at="2026-01-01T00:00:00Z",
        args={"to": "ada@x.org"},
    )
    settings.REDIS_URL = "redis://127.0.0.1:1/0"
    client.force_login(StaffFactory(), backend=BACKEND)
    page = client.get(reverse("admin:operations"), headers={"accept-language": language})
    text = page.content.decode()
    assert word in text
    assert [fine for _, fine in page.context["dependencies"]].count(False) == 1
    assert page.context["dead"] == 1
    assert page.context["migrations"] == 0
    assert "ada@" not in text


def test_staff_without_the_right_do_not_see_it(client):
    client.force_login(UserFactory(is_staff=True), backend=BACKEND)
    assert client.get(reverse("admin:operations")).status_code == 403


def test_a_broker_that_is_away_leaves_the_rest(settings, monkeypatch, caplog):
    from celery import Celery

    monkeypatch.delenv("CELERY_BROKER_URL", raising=False)
    settings.CELERY_BROKER_URL = "redis://:secret@127.0.0.1:1/0"  # pragma: allowlist secret
    away = Celery("away", broker=settings.CELERY_BROKER_URL, set_as_current=False)
    monkeypatch.setattr(operations.celery, "current_app", away)
    names = {gauge.name for gauge in operations.gauges()}
    assert names == {"mercato_dependency_up", "mercato_disk_free_bytes"}
    assert "secret" not in caplog.text
