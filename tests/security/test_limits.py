"""Who asks too often waits; who guesses passwords is shut out."""

import pytest
from django.core.cache import cache

from tests.shop.factories import StaffFactory, UserFactory

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def counters():
    cache.clear()
    yield
    cache.clear()


def rates(settings, **given: str) -> None:
    settings.ROUTE_RATES = {**settings.ROUTE_RATES, **given}


def test_forms_of_one_address_are_counted(client, settings):
    rates(settings, POST="3/min")
    codes = [client.post("/adults/", {"answer": "no"}).status_code for _ in range(5)]
    assert codes == [302, 302, 302, 429, 429]


def test_the_answer_says_when_to_come_back(client, settings):
    rates(settings, POST="1/min")
    client.post("/adults/")
    answer = client.post("/adults/")
    assert 1 <= int(answer["Retry-After"]) <= 60
    assert "a little fast" in answer.content.decode()
    assert client.get("/").status_code == 200


def test_others_are_not_counted_with_it(client, settings):
    rates(settings, POST="1/min")
    for address in ("192.0.2.1", "192.0.2.2", "192.0.2.3"):
        assert client.post("/adults/", REMOTE_ADDR=address).status_code == 302


def test_a_header_that_anybody_can_write_is_not_an_address(client, settings):
    rates(settings, POST="1/min")
    codes = [
        client.post("/adults/", HTTP_X_FORWARDED_FOR=f"192.0.2.{n}").status_code for n in range(3)
    ]
    assert codes == [302, 429, 429]


def test_suggestions_have_a_rate_of_their_own(client, settings):
    rates(settings, **{"shop:suggest": "2/min"})
    codes = [client.get("/search/suggest/?q=a").status_code for _ in range(3)]
    assert codes == [200, 200, 429]


def test_five_wrong_passwords_shut_the_account_even_for_the_right_one(client, settings):
    settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
    user = UserFactory(email="ada@example.com")
    user.set_password("correct-horse-battery")
    user.save()
    for guess in range(5):
        sign_in(client, f"guess-{guess}")
    assert sign_in(client, "correct-horse-battery").status_code == 200
    assert "_auth_user_id" not in client.session


def test_the_administration_has_no_door_of_its_own(client):
    """Its own form would know neither the limits nor the second factor."""
    StaffFactory(email="staff@example.com")
    answer = client.post("/admin/login/", {"username": "staff@example.com", "password": "x"})
    assert answer.status_code == 302
    assert answer["Location"].startswith("/accounts/login/")


def sign_in(client, password: str):
    body = {"login": "ada@example.com", "password": password}
    return client.post("/accounts/login/", body)
