"""Alerts reach people once, signed, and again after a failure."""

import hashlib
import hmac
import json
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer

import pytest
from django.utils import timezone

from foundation import outbox
from foundation.models import OutboxMessage
from risk import alerts
from risk.models import Alert

pytestmark = pytest.mark.django_db


@pytest.fixture
def receiver(settings) -> Iterator[list]:
    """A real HTTP server that keeps what it is sent; its first answer is a failure."""
    got: list[tuple[bytes, str, str]] = []

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            names = ("X-Mercato-Signature", "Idempotency-Key")
            got.append((body, *(self.headers[name] for name in names)))
            self.send_response(500 if len(got) == 1 else 204)
            self.end_headers()

        def log_message(self, *args: object) -> None:
            pass

    server = HTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    settings.RISK_WEBHOOK_URL = f"http://127.0.0.1:{server.server_port}/"
    settings.OUTBOUND_PRIVATE_HOSTS = ["127.0.0.1"]
    settings.RISK_WEBHOOK_SECRET = "shared"
    settings.RISK_ALERT_EMAILS = ["risk@mercato.example"]
    yield got
    server.shutdown()
    server.server_close()


def new() -> Alert:
    return alerts.raise_alert(kind=Alert.Kind.BLOCKED, subject="customer 7", text="Blocked.")


def test_a_storm_is_one_alert():
    assert [new().times for _ in range(3)] == [1, 2, 3]
    assert Alert.objects.count() == 1


def test_what_was_not_taken_is_sent_again_and_mailed_once(receiver, mailoutbox):
    new()
    assert outbox.deliver_due() == 1, "the webhook's first answer is a failure"
    assert OutboxMessage.objects.get(kind="risk.alert_webhook").error == "NotTaken: status 500"
    OutboxMessage.objects.update(next_at=timezone.now())
    assert outbox.deliver_due() == 1
    assert len(mailoutbox) == 1
    first, second = receiver
    assert first == second, "the receiver knows by its key that it is the same"


def test_the_body_is_signed(receiver):
    new()
    outbox.deliver_due()
    body, signature, _ = receiver[0]
    assert hmac.new(b"shared", body, hashlib.sha256).hexdigest() == signature
    assert json.loads(body)["subject"] == "customer 7"
