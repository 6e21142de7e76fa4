"""The watcher of the assistant sees how many chats it resolves by itself."""

from datetime import timedelta

import pytest
from django.utils import timezone

from support import readings
from support.models import Conversation, Message


@pytest.mark.parametrize(("alone", "lost"), [(8, False), (4, True)])
def test_chats_that_needed_a_person_are_decay(
    db: None, monkeypatch: pytest.MonkeyPatch, alone: int, lost: bool
) -> None:
    monkeypatch.setattr(readings, "LEAST_CHATS", 10)
    for days, resolved in ((14, 8), (2, alone)):
        for number in range(10):
            waited = None if number < resolved else timezone.now()
            chat = Conversation.objects.create(visitor=f"{days}-{number}", waiting_since=waited)
            Message.objects.create(conversation=chat, seq=1, author="customer", text="hello")
            at = timezone.now() - timedelta(days=days)
            Conversation.objects.filter(pk=chat.pk).update(created_at=at)
    found = {reading.subject: reading for reading in readings.readings()}
    assert found[readings.RESOLVED].value == alone / 10
    assert found[readings.RESOLVED_LOST].is_bad is lost


def test_an_assistant_that_is_less_sure_is_drift(db: None, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(readings, "LEAST_MESSAGES", 20)
    chat = Conversation.objects.create(visitor="v")
    for number in range(40):
        sure, days = (0.9 + number / 1000, 14) if number < 20 else (0.4 + number / 1000, 2)
        message = Message.objects.create(
            conversation=chat,
            seq=number + 1,
            author="customer",
            text="hello",
            understanding={"intents": [["greet", sure]]},
        )
        at = timezone.now() - timedelta(days=days)
        Message.objects.filter(pk=message.pk).update(at=at)
    found = {reading.subject: reading for reading in readings.readings()}
    assert found[readings.SURE].is_bad
    assert not found[readings.LENGTH].is_bad
