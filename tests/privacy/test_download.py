"""A copy of one's data: everything of oneself, nothing of others, no secret, for a while."""

import io
import json
import zipfile
from datetime import timedelta
from typing import Any

import pytest
from django.core.files.storage import default_storage
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from shop.models import DataDownload
from shop.privacy import download
from shop.refusals import Refused
from tests.privacy.life import Life, live
from tests.shop.factories import StaffFactory

pytestmark = pytest.mark.django_db
PASSWORD = "a long pass phrase"  # pragma: allowlist secret


@pytest.fixture
def life() -> Life:
    return live(staff=StaffFactory(email="eve.of.staff@example.com"))


def copy_of(life: Life) -> zipfile.ZipFile:
    made = download.request(customer=life.customer)
    return zipfile.ZipFile(io.BytesIO(download.fetch(customer=life.customer, key=made.key)))


def told(life: Life) -> dict[str, list[dict[str, Any]]]:
    found = json.loads(copy_of(life).read("data.json"))
    return {name: part["rows"] for name, part in found["sections"].items()}


def test_everything_is_in_it(life):
    found = told(life)
    empty = {name for name, rows in found.items() if not rows}
    # A second factor was not set up, nothing was erased before, no picture was sent.
    assert empty == {"second_factor", "erasures", "chat_reads", "chat_pictures"}
    assert {row["number"] for row in found["orders"]} == {
        life.order.number,
        life.guest_order.number,
    }
    assert found["profile"][0]["email"] == life.user.email
    assert found["addresses"][0]["line1"].startswith("77 ")
    assert {row["author"] for row in found["chat_messages"]} == {"Customer", "Agent"}
    assert len(found["events"]) == 2, "also what the browser did before they signed in"
    choices = {(row["allowed"], row["where"]) for row in found["privacy_choices"]}
    assert choices == {("personalisation", "Your privacy"), ("", "Banner")}
    assert [row["about"] for row in found["messages"]] == ["News for zephyrine"]
    assert [row["chat"] for row in found["chat_glances"]] == [life.conversation.pk]


def test_it_names_no_staff_and_no_secret_and_no_rule(life):
    content = b"".join(copy_of(life).read(name) for name in ("data.json", "data.html")).decode()
    token = life.user.api_tokens.get()
    for secret in (
        "eve.of.staff",
        life.secret,
        token.digest,
        life.user.password,
        life.order.access_token,
        "listed_block",
        "see zephyrine",
        "spoke with",
    ):
        assert secret not in content, secret


def test_nothing_of_others_is_in_it(life):
    other = live("marmaduke")
    content = copy_of(life).read("data.json").decode()
    assert "marmaduke" not in content.lower()
    assert other.order.number not in content


def test_the_page_is_html_that_reads_in_the_customers_language(life):
    life.customer.language = "zh-hans"
    life.customer.save()
    page = copy_of(life).read("data.html").decode()
    assert '<html lang="zh-hans">' in page
    assert "您的数据" in page
    assert "<script" not in page


def test_text_that_looks_like_html_stays_text(life):
    life.customer.name = "<script>alert(1)</script>"
    life.customer.save()
    assert "<script>" not in copy_of(life).read("data.html").decode()


def test_pictures_come_along(life):
    names = copy_of(life).namelist()
    assert any(name.startswith("pictures/") for name in names)


def test_the_file_is_unreadable_where_it_lies(life):
    made = download.request(customer=life.customer)
    with default_storage.open(made.place) as file:
        stored = file.read()
    assert b"data.json" not in stored


def test_it_expires(life):
    made = download.request(customer=life.customer)
    DataDownload.objects.filter(pk=made.pk).update(expires_at=timezone.now() - timedelta(minutes=1))
    with pytest.raises(Refused):
        download.fetch(customer=life.customer, key=made.key)


def test_nobody_elses_can_be_fetched(life):
    made = download.request(customer=life.customer)
    with pytest.raises(Refused):
        download.fetch(customer=live("marmaduke").customer, key=made.key)


def test_a_large_one_is_left_to_a_worker_and_made_when_none_came(life, settings):
    settings.DOWNLOAD_ROWS_AT_ONCE = 1
    made = download.request(customer=life.customer)
    assert made.state == DataDownload.State.WAITING
    assert download.request(customer=life.customer) == made, "asked twice is asked once"
    DataDownload.objects.update(requested_at=timezone.now() - timedelta(hours=1))
    assert download.make_waiting() == 1
    made.refresh_from_db()
    assert made.is_open


def test_how_often_it_was_fetched_is_kept(life):
    made = download.request(customer=life.customer)
    for _ in range(2):
        download.fetch(customer=life.customer, key=made.key)
    made.refresh_from_db()
    assert made.fetched == 2
    assert made.fetched_at


def test_only_some_can_be_fetched_at_a_time(life):
    for _ in range(download.MOST_OPEN + 2):
        download.request(customer=life.customer)
    assert life.customer.downloads.count() == download.MOST_OPEN


def test_the_page_asks_for_the_password_again(client: Client, life):
    client.force_login(life.user, backend="django.contrib.auth.backends.ModelBackend")
    page = reverse("shop:data")
    assert "reauthenticate" in client.get(page)["Location"]
    asked = reverse("account_reauthenticate")
    client.post(asked, {"password": PASSWORD})
    assert client.get(page).status_code == 200
    client.post(page)
    made = DataDownload.objects.get()
    answer = client.get(reverse("shop:data_file", args=[made.key]))
    assert answer["Content-Type"] == "application/zip"
    assert zipfile.ZipFile(io.BytesIO(answer.content)).testzip() is None


def test_a_program_needs_the_password_too(client: Client, life):
    client.force_login(life.user, backend="django.contrib.auth.backends.ModelBackend")
    address = "/api/v1/privacy/downloads/"

    def post(where: str, password: str):
        return client.post(where, {"password": password}, content_type="application/json")

    wrong = post(address, "something else")
    assert wrong.json()["error"]["code"] == "password_wrong"
    assert not DataDownload.objects.exists()
    made = post(address, PASSWORD)
    assert made.status_code == 201
    file = f"{address}{made.json()['key']}/file/"
    assert post(file, "something else").status_code != 200
    assert zipfile.ZipFile(io.BytesIO(post(file, PASSWORD).content)).testzip() is None
    assert client.get(address).json()[0]["fetched"] == 1
