"""The weekly letter: who gets it, once a week, in which language, and how it ends."""

from datetime import timedelta

import pytest
from django.core import mail
from django.urls import reverse
from django.utils import timezone

from foundation import outbox
from foundation.models import OutboxMessage
from recommend import digest
from shop.models import ConsentDecision, Customer, Product, User
from shop.privacy import consent


@pytest.fixture
def reader(world) -> Customer:
    """The world's shopper; nobody else allows personal offers."""
    Customer.objects.exclude(pk=world.shopper.pk).update(advertising=False)
    return world.shopper


def week() -> str:
    today = timezone.localdate()
    return (today - timedelta(days=today.weekday())).isoformat()


def written(reader: Customer):
    return digest.letter(customer_id=reader.pk, week=week())


def test_it_is_sent_once_a_week_however_often_it_is_asked_for(reader, monkeypatch):
    assert [digest.put_due(), digest.put_due()] == [1, 0]
    key = OutboxMessage.objects.get(kind=digest.KIND).key
    assert outbox.deliver(key)
    assert digest.put_due() == 0
    assert not outbox.deliver(key)
    assert len(mail.outbox) == 1
    next_week = timezone.localdate() + timedelta(days=7)
    monkeypatch.setattr("recommend.digest.timezone.localdate", lambda: next_week)
    assert digest.put_due() == 1
    assert digest.letter(customer_id=reader.pk, week=week_of(key)) is None, "last week's is over"


def week_of(key: str) -> str:
    return key.split(":")[1]


@pytest.mark.parametrize(
    ("language", "heading"), [("en", "Your week at Mercato"), ("zh-hans", "您在慧店的一周")]
)
def test_it_speaks_the_readers_language_and_says_why(reader, world, language, heading):
    Customer.objects.filter(pk=reader.pk).update(language=language)
    message = written(reader)
    assert message.subject == heading
    title = world.products["milk"].title_zh if language == "zh-hans" else "Whole milk"
    for text in (message.body, message.alternatives[0][0]):
        assert title in text
        assert "?from=rail-digest-buy_again" in text
    if language == "en":
        assert "You bought it 4 times, last on " in message.body


def test_nothing_goes_to_who_said_no_meanwhile(reader):
    assert digest.put_due() == 1
    consent.switch(customer=reader, purpose=consent.ADVERTISING, on=False, source="centre")
    assert written(reader) is None
    OutboxMessage.objects.all().delete()
    assert digest.put_due() == 0


def test_nobody_is_written_to_about_nothing(reader):
    Product.objects.update(is_active=False)
    assert written(reader) is None
    User.objects.update(is_active=False)
    assert digest.put_due() == 0


def test_the_letter_ends_with_one_press_and_without_signing_in(reader, client):
    headers = written(reader).extra_headers
    assert headers["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"
    path = reverse("recommend:letters_off", args=[digest.token(reader)])
    assert headers["List-Unsubscribe"].endswith(f"{path}>")
    assert b"End them" in client.get(path).content
    reader.refresh_from_db()
    assert reader.advertising, "programs that follow links end nothing"
    for _ in range(2):
        answer = client.post(path, {"List-Unsubscribe": "One-Click"})
        assert answer.status_code == 200
    reader.refresh_from_db()
    assert consent.allowed_by(reader) == {"personalisation", "chat_training"}
    newest = ConsentDecision.objects.filter(customer=reader).order_by("pk").values_list("source")
    assert list(newest) == [("mail",)]
    assert client.post(reverse("recommend:letters_off", args=["made-up"])).status_code == 404


def test_the_api_shows_what_the_next_letter_says(signed_in, world):
    results = signed_in.get("/api/v1/recommendations/?surface=digest&explain=1").json()["results"]
    assert results[0]["explanation"].startswith("You bought it 4 times")
