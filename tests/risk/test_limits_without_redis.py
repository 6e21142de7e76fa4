"""Sign-ins are limited while Redis is away."""

import pytest
from django.core.cache import caches

from config.caches import away

pytestmark = pytest.mark.django_db


@pytest.fixture
def no_redis(settings):
    """A cache whose Redis does not answer: nothing listens on that port."""
    settings.CACHES = {
        "default": {
            "BACKEND": "config.caches.ForgivingRedisCache",
            "LOCATION": "redis://127.0.0.1:1/0",
        }
    }
    away.clear()
    yield caches["default"]
    away.clear()


def test_guessing_a_password_ends_without_redis(client, customer, no_redis):
    sent = {"login": customer.user.email, "password": "guess"}  # pragma: allowlist secret
    pages = [client.post("/accounts/login/", sent) for _ in range(12)]
    told = [page.status_code == 429 or "Too many" in page.content.decode() for page in pages]
    assert not told[0]
    assert told[-1]


def test_other_keys_are_not_there(no_redis):
    no_redis.set("page", 1, 60)
    no_redis.set("throttle_login_1", [1.0], 60)
    assert no_redis.get("page") is None
    assert no_redis.get("throttle_login_1", []) == [1.0]
