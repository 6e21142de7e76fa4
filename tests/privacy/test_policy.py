"""The policy says all that is held, in both languages, and nothing else."""

import html

import pytest
from django.utils.translation import override

from shop.privacy.register import PURPOSES, register
from tests.inventory.factories import stocked

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize("language", ["en", "zh-hans"])
def test_every_entry_of_the_register_is_on_the_page(client, language):
    page = html.unescape(
        client.get("/privacy/policy/", headers={"accept-language": language}).content.decode()
    )
    answer = client.get("/api/v1/privacy/policy/", headers={"accept-language": language}).json()
    told = {held["what"] for section in answer["sections"] for held in section["entries"]}
    with override(language):
        assert {str(entry.what) for entry in register()} == told
        for entry in register():
            assert str(entry.what) in page
            assert str(entry.period.text) in page
            assert f"{entry.model}: {', '.join(entry.fields)}" in page
        for purpose in PURPOSES.values():
            assert str(purpose.title) in page
            assert str(purpose.weighed) in page


def test_recipients_follow_the_settings(client, settings):
    assert "hooks.example.org" not in client.get("/privacy/policy/").content.decode()
    settings.RISK_WEBHOOK_URL = "https://hooks.example.org/secret-path"
    settings.EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
    settings.EMAIL_HOST = "mail.example.org"
    page = client.get("/privacy/policy/").content.decode()
    assert "hooks.example.org" in page
    assert "mail.example.org" in page
    assert "secret-path" not in page


def test_it_is_linked_from_the_banner_the_footer_and_the_checkout(client):
    page = client.get("/about/data/").content.decode()
    assert page.count('href="/privacy/policy/"') == 2
    variant, _ = stocked(5, 0)
    client.post("/cart/add/", {"variant": variant.pk})
    client.post("/privacy/choose/", {"choice": "necessary"})
    assert client.get("/checkout/").content.decode().count('href="/privacy/policy/"') == 2
