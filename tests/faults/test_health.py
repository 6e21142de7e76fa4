"""What a load balancer is told."""

import pytest
from django.db import DatabaseError, connection

from config import health


def test_a_living_process_asks_nobody(client):
    """No database mark: a query would fail this test."""
    answer = client.get("/health/live")
    assert (answer.status_code, answer.json()) == (200, {"status": "ok"})
    assert "no-store" in answer.headers["Cache-Control"]


def test_all_is_there(client, db):
    answer = client.get("/health/ready")
    assert answer.status_code == 200
    words = {"database": "ok", "cache": "ok", "broker": "ok", "models": "ok"}
    assert answer.json() == {"status": "ok", **words}


def test_without_the_database_no_visitor_is_sent_here(client, db, monkeypatch):
    def away(*args, **kwargs):
        raise DatabaseError("password of shop@db refused")

    with monkeypatch.context() as patch:
        patch.setattr(connection, "cursor", away)
        answer = client.get("/health/ready")
    assert answer.status_code == 503
    assert (answer.json()["status"], answer.json()["database"]) == ("down", "away")
    assert b"password" not in answer.content


def test_without_the_cache_the_shop_is_degraded(client, db, settings):
    settings.REDIS_URL = "redis://:secret@127.0.0.1:1/0"
    answer = client.get("/health/ready")
    assert answer.status_code == 200
    assert (answer.json()["status"], answer.json()["cache"]) == ("degraded", "away")
    assert b"secret" not in answer.content


def test_without_the_broker_the_shop_is_degraded(client, db, monkeypatch):
    from celery import Celery

    monkeypatch.delenv("CELERY_BROKER_URL", raising=False)
    away = Celery("away", broker="redis://127.0.0.1:1/0", set_as_current=False)
    monkeypatch.setattr(health, "current_app", away)
    answer = client.get("/health/ready")
    assert (answer.status_code, answer.json()["broker"]) == (200, "away")


def test_without_a_folder_for_models_the_shop_is_degraded(client, db, settings, tmp_path):
    (tmp_path / "file").write_text("no folder")
    settings.ARTEFACT_DIR = tmp_path / "file" / "artefacts"
    assert client.get("/health/ready").json()["models"] == "away"


@pytest.mark.parametrize("address", ["/health/live", "/health/ready"])
def test_probes_come_over_plain_http(client, db, settings, address):
    settings.SECURE_SSL_REDIRECT = True
    assert client.get(address).status_code == 200
    assert client.get("/").status_code == 301


def test_a_probe_writes_nothing(client, db):
    assert client.post("/health/ready").status_code == 405
    assert "sessionid" not in client.get("/health/ready").cookies
