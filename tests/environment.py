"""The settings' environment for tests, loaded by pytest before Django is.

Addresses of services (``DATABASE_URL``, ``REDIS_URL``, ``CELERY_BROKER_URL``) are taken from the
environment when they are there, so that the same suite runs on both.
"""

import os
import sys
import tempfile

import pytest
from hypothesis import HealthCheck, settings

os.environ["MERCATO_ENV_FILE"] = os.devnull
os.environ.setdefault("SECRET_KEY", "for-tests-only-" + "x" * 50)
os.environ.setdefault("HTTPS", "off")
os.environ.setdefault("MERCATO_VAR", tempfile.mkdtemp(prefix="mercato-tests-"))
os.environ.setdefault("EMAIL_URL", "memorymail://")
os.environ.setdefault("EVENTS_FLUSH_SECONDS", "0")
# Rows of one test, rolled back since, are not to be seen in the next.
os.environ.setdefault("KEEP_SECONDS", "0")
for _rate in ("ANON", "USER", "CHECKOUT", "COUPONS", "MESSAGES", "OUTCOMES"):
    os.environ.setdefault(f"API_RATE_{_rate}", "100000/min")
for _rate in ("POST", "CHECKOUT", "COUPONS", "SEARCH", "SUGGEST", "MESSAGES", "APPEALS", "CONFIRM"):
    os.environ.setdefault(f"RATE_{_rate}", "100000/min")
os.environ.setdefault("STAFF_SECOND_FACTOR", "off")
os.environ.setdefault("LOG_LEVEL", "WARNING")
# Playwright's synchronous API runs an event loop in the test's thread.
os.environ.setdefault("DJANGO_ALLOW_ASYNC_UNSAFE", "true")
# A machine that is busy draws and runs examples slowly; that is no fault of what is tested.
settings.register_profile("busy", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("busy")


@pytest.fixture(autouse=True)
def no_chat_threads_left():
    """Their open connections would keep a test database from being emptied or dropped."""
    yield
    if "support.threads" in sys.modules:
        sys.modules["support.threads"].stop()


@pytest.fixture(autouse=True)
def language_ends_with_the_test():
    """A page asked for in Chinese leaves its thread speaking it."""
    yield
    if "django.utils.translation" in sys.modules:
        sys.modules["django.utils.translation"].deactivate()
