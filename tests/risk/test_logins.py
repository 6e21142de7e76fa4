"""Sign-ins: a notice of a new device, an alert of many accounts tried."""

import pytest
from django.core.cache import cache

from risk import logins, mail
from risk.models import Alert, KnownDevice

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def no_memory_of_other_tests():
    cache.clear()
    yield
    cache.clear()


@pytest.fixture
def told(monkeypatch) -> list:
    """What is handed to the worker."""
    sent: list = []
    monkeypatch.setattr(logins, "queue", lambda task, *args: sent.append((task, *args)))
    return sent


def browser(customer, agent: str, rf) -> bool:
    request = rf.post("/accounts/login/", headers={"user-agent": agent})
    return logins.signed_in(request=request, user=customer.user)


def test_only_a_further_device_is_news(customer, told, rf):
    assert [browser(customer, agent, rf) for agent in ("a", "a", "b", "b", "a")] == [
        False,
        False,
        True,
        False,
        False,
    ]
    assert told == [("risk.tasks.tell_of_new_device", customer.user_id, "b")]
    assert KnownDevice.objects.filter(user=customer.user).count() == 2


def test_the_notice_says_what_to_do(customer, mailoutbox):
    assert mail.tell_of_new_device(user_id=customer.user_id, agent="Other browser")
    assert "Other browser" in mailoutbox[0].body
    assert "/accounts/password/reset/" in mailoutbox[0].body


def test_many_accounts_from_one_address_are_an_alert(client):
    for number in range(logins.MANY_ACCOUNTS):
        assert not Alert.objects.exists()
        client.post("/accounts/login/", {"login": f"p{number}@example.com", "password": "guess"})
    assert Alert.objects.get().kind == Alert.Kind.LOGINS


def test_one_person_who_forgot_a_password_is_none(client):
    for _ in range(4):
        client.post("/accounts/login/", {"login": "ada@example.com", "password": "guess"})
    assert not Alert.objects.exists()
