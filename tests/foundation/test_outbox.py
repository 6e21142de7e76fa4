"""What is sent to the outside is written with the change, sent once, and never lost."""

import json
import smtplib
from collections.abc import Iterator
from datetime import timedelta

import pytest
from cryptography.fernet import Fernet
from django.core import mail
from django.core.mail import EmailMessage, EmailMultiAlternatives, get_connection
from django.core.mail.backends.locmem import EmailBackend as LocalMail
from django.db import connection, transaction
from django.urls import reverse
from django.utils import timezone
from hypothesis import given
from hypothesis import strategies as st

from foundation import outbox, queueing
from foundation.models import OutboxMessage
from shop.privacy import rotation
from tests.inventory.conftest import in_threads
from tests.shop.factories import StaffFactory

__all__ = ["in_threads"]
pytestmark = pytest.mark.django_db
State = OutboxMessage.State


def hello(*, to: str) -> EmailMessage:
    return EmailMessage(subject="Hello", body="text", to=[to])


def nothing(**args: object) -> None:
    return None


class ServerAway(LocalMail):
    """A mail server that refuses and quotes the address, as they do."""

    def send_messages(self, messages: list) -> int:
        raise smtplib.SMTPRecipientsRefused({"ada@example.com": (550, b"no ada@example.com")})


@pytest.fixture(autouse=True)
def kinds(settings) -> Iterator[None]:
    here = "tests.foundation.test_outbox"
    settings.OUTBOX_KINDS = settings.OUTBOX_KINDS | {
        "hello": f"{here}.hello",
        "nothing": f"{here}.nothing",
    }
    return


def row() -> OutboxMessage:
    return OutboxMessage.objects.get()


def due_now() -> None:
    OutboxMessage.objects.update(next_at=timezone.now())


def test_a_change_that_is_undone_tells_nobody():
    with transaction.atomic():
        outbox.put("hello", "1", to="ada@example.com")
        transaction.set_rollback(True)
    assert outbox.deliver_due() == 0
    assert not OutboxMessage.objects.exists()


def test_a_key_is_one_message_however_often_it_is_put_and_delivered():
    for _ in range(2):
        outbox.put("hello", "1", to="ada@example.com")
    assert [outbox.deliver("hello:1") for _ in range(3)] == [True, False, False]
    outbox.put("hello", "1", to="ada@example.com")
    assert outbox.deliver_due() == 0
    assert len(mail.outbox) == 1


def test_nobody_was_told_and_the_round_finds_it(monkeypatch, django_capture_on_commit_callbacks):
    def away(*args: object, **kwargs: object) -> None:
        raise ConnectionError

    monkeypatch.setattr(queueing.current_app, "send_task", away)
    with django_capture_on_commit_callbacks(execute=True):
        outbox.put("hello", "1", to="ada@example.com")
    assert not mail.outbox
    assert outbox.deliver_due() == 1
    assert mail.outbox[0].to == ["ada@example.com"]


def test_a_sender_that_was_killed_is_waited_for_then_another_one_sends():
    outbox.put("hello", "1", to="ada@example.com")
    assert outbox._claim("hello:1") is not None
    assert outbox.deliver_due() == 0, "somebody is at it"
    OutboxMessage.objects.update(next_at=timezone.now() - timedelta(seconds=1))
    assert outbox.deliver_due() == 1


@pytest.mark.parametrize(
    ("attempts", "hours", "goes"), [(0, 2, 1), (1, 2, 1), (9, 2, 0), (9, 9, 1)]
)
def test_a_clock_that_is_put_back_keeps_no_message(attempts, hours, goes):
    """Written or tried by a clock that was ahead; the ninth attempt may wait for two hours."""
    outbox.put("hello", "1", to="ada@example.com")
    ahead = timezone.now() + timedelta(hours=hours)
    OutboxMessage.objects.update(next_at=ahead, attempts=attempts)
    assert outbox.deliver_due() == goes
    assert len(mail.outbox) == goes


def test_one_that_was_sent_and_not_marked_has_the_same_name_the_second_time():
    outbox.put("hello", "1", to="ada@example.com")
    outbox.deliver("hello:1")
    OutboxMessage.objects.update(state=State.WAITING, args={"to": "ada@example.com"})
    due_now()
    outbox.deliver("hello:1")
    first, second = (message.message()["Message-ID"] for message in mail.outbox)
    assert first == second


def test_what_is_no_longer_true_is_not_sent():
    outbox.put("nothing", "1")
    assert not outbox.deliver("nothing:1")
    assert row().state == State.DROPPED


def test_given_up_after_all_attempts_and_sent_again_by_hand(settings, client):
    settings.EMAIL_DELIVERY_BACKEND = "tests.foundation.test_outbox.ServerAway"
    outbox.put("hello", "1", to="ada@example.com")
    for _ in range(outbox.MOST_ATTEMPTS + 3):
        due_now()
        outbox.deliver_due()
    dead = row()
    assert (dead.state, dead.attempts) == (State.DEAD, outbox.MOST_ATTEMPTS)
    assert "ada@" not in dead.error
    client.force_login(StaffFactory(), backend="django.contrib.auth.backends.ModelBackend")
    page = reverse("admin:foundation_outboxmessage_changelist")
    shown = client.get(page).content.decode()
    assert "Given up" in shown
    assert "ada@" not in shown
    settings.EMAIL_DELIVERY_BACKEND = "django.core.mail.backends.locmem.EmailBackend"
    client.post(page, {"action": "send_again", "_selected_action": [dead.pk]})
    assert outbox.deliver_due() == 1
    assert len(mail.outbox) == 1


def test_a_kind_that_nobody_knows_waits_for_the_release_that_does():
    outbox.put("tomorrow", "1")
    assert not outbox.deliver("tomorrow:1")
    assert (row().state, row().error) == (State.WAITING, "KeyError")


@given(st.integers(1, 40))
def test_distances_grow_up_to_a_limit(attempts):
    now = timezone.now()
    first, second = (outbox.retry_at(n, now) - now for n in (attempts, attempts + 1))
    assert outbox.FIRST_RETRY <= first <= second <= outbox.LONGEST_RETRY


def test_all_attempts_together_take_most_of_a_day():
    now = timezone.now()
    total = sum(
        (outbox.retry_at(n, now) - now for n in range(1, outbox.MOST_ATTEMPTS)), timedelta()
    )
    assert timedelta(hours=12) < total < timedelta(hours=36)


def test_mail_of_django_and_its_apps_goes_the_same_way():
    """Whatever calls ``send()``; afterwards nothing of it is kept."""
    message = EmailMultiAlternatives(
        "Your code", "AB12", to=["ada@example.com"], headers={"X-Kind": "code"}
    )
    message.attach_alternative("<b>AB12</b>", "text/html")
    message.connection = get_connection("foundation.outbox.EmailBackend")
    assert message.send() == 1
    assert not mail.outbox
    assert outbox.deliver_due() == 1
    got = mail.outbox[0]
    assert (got.subject, got.body, got.to) == (message.subject, message.body, message.to)
    assert [tuple(one) for one in got.alternatives] == [("<b>AB12</b>", "text/html")]
    assert got.extra_headers["X-Kind"] == "code"
    assert row().args == {}


def test_old_messages_are_forgotten():
    for key in ("sent", "dead", "waiting"):
        outbox.put("hello", key, to="ada@example.com")
    long_ago = timezone.now() - timedelta(days=60)
    messages = OutboxMessage.objects
    messages.filter(key="hello:sent").update(state=State.SENT, sent_at=long_ago)
    messages.filter(key="hello:dead").update(state=State.DEAD, next_at=long_ago)
    messages.filter(key="hello:waiting").update(next_at=long_ago)
    assert outbox.forget_old() == 2
    assert row().key == "hello:waiting"


@pytest.mark.django_db(transaction=True)
def test_of_many_senders_one_sends(in_threads):
    outbox.put("hello", "1", to="ada@example.com")
    due_now()
    sent = in_threads([lambda: outbox.deliver("hello:1")] * 6)
    assert sorted(sent) == [False] * 5 + [True]


def stored() -> str:
    with connection.cursor() as cursor:
        cursor.execute("SELECT args FROM foundation_outboxmessage")
        return str(cursor.fetchone()[0])


class TestSealed:
    """What a message is composed of lies encrypted, and not longer than it has to."""

    @pytest.fixture
    def keys(self, settings) -> list[str]:
        made = [Fernet.generate_key().decode() for _ in range(2)]
        settings.ENCRYPTION_KEYS = made[:1]
        return made

    def test_until_it_is_out(self, keys):
        outbox.put("hello", "1", to="ada@example.com")
        assert "ada@" not in stored()
        assert outbox.deliver("hello:1")
        assert mail.outbox[0].to == ["ada@example.com"]
        assert json.loads(stored()) == {}

    def test_one_written_before_is_sent_and_can_be_sealed(self, keys):
        outbox.put("hello", "1", to="ada@example.com")
        with connection.cursor() as cursor:
            plain = json.dumps({"to": "ada@example.com"})
            cursor.execute("UPDATE foundation_outboxmessage SET args = %s", [plain])
        assert "ada@" in stored()
        assert rotation.rotate() == 1
        assert "ada@" not in stored()
        assert outbox.deliver("hello:1")

    def test_keys_are_rotated_while_it_waits(self, keys, settings):
        outbox.put("hello", "1", to="ada@example.com")
        settings.ENCRYPTION_KEYS = keys[::-1]
        assert rotation.rotate() == 1
        settings.ENCRYPTION_KEYS = keys[1:]
        assert outbox.deliver("hello:1")

    def test_a_missing_key_makes_it_wait_and_holds_up_no_other(self, keys, settings, client):
        outbox.put("hello", "1", to="ada@example.com")
        settings.ENCRYPTION_KEYS = keys[1:]
        outbox.put("hello", "2", to="bob@example.com")
        assert outbox.deliver_due() == 1
        assert mail.outbox[0].to == ["bob@example.com"]
        waiting = OutboxMessage.objects.defer("args").get(key="hello:1")
        assert (waiting.state, waiting.error) == (State.WAITING, "KeyMissing")
        client.force_login(StaffFactory(), backend="django.contrib.auth.backends.ModelBackend")
        page = client.get(reverse("admin:foundation_outboxmessage_changelist"))
        assert "KeyMissing" in page.content.decode()
        settings.ENCRYPTION_KEYS = keys
        due_now()
        assert outbox.deliver("hello:1")
