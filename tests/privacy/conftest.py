"""Files of one test alone, and who asks: a guest, and a customer who was never asked."""

from pathlib import Path

import pytest
from django.core.files.storage import default_storage
from django.test import Client

from shop import events
from shop.models import Customer
from tests.shop.factories import CustomerFactory

BACKEND = "django.contrib.auth.backends.ModelBackend"


@pytest.fixture(autouse=True)
def own_files(settings, tmp_path: Path) -> None:
    """Files of one test are nobody else's; nothing waits from a test before."""
    settings.VAR_DIR = tmp_path
    settings.MEDIA_ROOT = tmp_path / "media"
    settings.ENCODER_CACHE_DIR = tmp_path
    settings.EMAIL_FILE_PATH = str(tmp_path / "mail")
    default_storage.__dict__.pop("base_location", None)
    events._waiting.clear()


@pytest.fixture
def customer(db) -> Customer:
    return CustomerFactory(
        consent_version="", personalisation=False, advertising=False, chat_training=False
    )


@pytest.fixture
def shopper(customer) -> Client:
    client = Client()
    client.force_login(customer.user, backend=BACKEND)
    return client
