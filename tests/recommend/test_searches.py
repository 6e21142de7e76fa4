"""The report of searches: what found nothing, what was typed next, and whose words are shown."""

from datetime import timedelta
from uuid import uuid4

import pytest
from django.urls import reverse
from django.utils import timezone

from recommend.selectors.searches import searches
from shop.models import Event
from tests.shop.factories import StaffFactory, UserFactory

pytestmark = pytest.mark.django_db


def search(visitor: str, query: str, results: int, minutes: float) -> None:
    Event.objects.create(
        kind=Event.Kind.SEARCH,
        at=timezone.now() - timedelta(days=1) + timedelta(minutes=minutes),
        visitor=visitor,
        query=query,
        data={"results": results},
    )


@pytest.fixture
def searched() -> None:
    one, two, three = (uuid4().hex for _ in range(3))
    search(one, "Oat  drink", 0, 0)
    search(one, "oat drink", 0, 0.1)  # the second page of the same
    search(one, "oat milk", 7, 1)
    search(two, "oat drink", 0, 0)
    search(two, "bread", 12, 30)  # half an hour later: something else, not other words for it
    search(three, "my neighbour's name", 0, 0)


def test_misses_are_counted_once_a_visitor_and_followed_by_what_was_typed_next(searched) -> None:
    found = searches()
    assert (found.searches, found.empty, found.reformulated) == (5, 3, 1)
    (missed,) = found.missed
    assert (missed.query, missed.searches, missed.visitors) == ("oat drink", 2, 2)
    assert missed.then == "oat milk"


def test_what_one_alone_typed_is_on_no_page(searched, client) -> None:
    page = reverse("admin:recommend_searches")
    client.force_login(UserFactory(is_staff=True))
    assert client.get(page).status_code == 403
    client.force_login(StaffFactory())
    text = client.get(page).content.decode()
    assert "oat drink" in text
    assert "neighbour" not in text


def test_a_shop_nobody_searched_in_has_a_report(client) -> None:
    client.force_login(StaffFactory())
    assert client.get(reverse("admin:recommend_searches")).status_code == 200
