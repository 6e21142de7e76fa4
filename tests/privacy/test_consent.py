"""Nothing but the necessary until somebody says yes; a yes and a no hold in the next request."""

import pytest
from django.test import Client

from shop import events
from shop.models import Campaign, CampaignTarget, ConsentDecision, Coupon, Customer, Event
from shop.privacy import consent, register
from shop.selectors.catalogue import product_among, product_page
from tests.inventory.factories import stocked
from tests.privacy.conftest import BACKEND
from tests.shop.factories import (
    CampaignFactory,
    CouponFactory,
    CustomerFactory,
    ProductFactory,
    VariantFactory,
)

pytestmark = pytest.mark.django_db
BANNER = 'class="ask"'
CHOOSE, API = "/privacy/choose/", "/api/v1/privacy/choices/"


def product():
    return stocked(5, 0, variant=VariantFactory(product=ProductFactory()))[0].product


def look(client: Client, page=None) -> Event:
    """Look at a product and return what was stored of it."""
    before = set(Event.objects.values_list("pk", flat=True))
    shown = page or product()
    assert client.get(shown.get_absolute_url()).status_code == 200
    events.flush()
    return Event.objects.exclude(pk__in=before).get(kind=Event.Kind.VIEW)


def test_the_banner_asks_once_and_no_is_as_easy_as_yes(client):
    page = client.get("/about/data/").content.decode()
    assert BANNER in page
    buttons = page.split('class="ask__answers"')[1].split("</form>")[0]
    assert buttons.count('<button class="button" name="choice"') == 2, "the same weight for both"
    for choice in ("necessary", "all"):
        visitor = Client()
        answer = visitor.post(CHOOSE, {"choice": choice, "source": "banner", "next": "/cart/"})
        assert answer["Location"] == "/cart/"
        assert BANNER not in visitor.get("/about/data/").content.decode()
    assert list(ConsentDecision.objects.order_by("pk").values_list("source", "given")) == [
        ("banner", []),
        ("banner", ["advertising", "chat_training", "personalisation"]),
    ]


def test_until_the_choice_and_after_a_no_behaviour_is_nobodys(client):
    assert (look(client).visitor, look(client).customer_id) == ("", None)
    client.post(CHOOSE, {"choice": "all"})
    assert look(client).visitor == client.session["visitor"]
    client.post(CHOOSE, {"choice": "necessary"})
    assert look(client).visitor == ""


def test_a_no_also_takes_the_person_out_of_what_was_stored(shopper, customer):
    shopper.post(CHOOSE, {"choice": "all"})
    seen = look(shopper)
    assert seen.customer == customer
    # On another device the same customer has another browser key.
    other = Client()
    other.force_login(customer.user, backend=BACKEND)
    elsewhere = look(other)
    shopper.post(CHOOSE, {"choice": "these", "allow": ["advertising", "chat_training"]})
    for event in (seen, elsewhere):
        event.refresh_from_db()
        assert (event.visitor, event.customer) == ("", None)
    assert look(other).customer is None


def test_a_no_takes_waiting_events_along(client):
    client.post(CHOOSE, {"choice": "all"})
    client.get(product().get_absolute_url())
    assert events.waiting()
    client.post(CHOOSE, {"choice": "necessary"})
    events.flush()
    assert not Event.objects.exclude(visitor="").exists()


def test_rails_and_recently_viewed_forget_whoever_says_no(client):
    first, second = product(), product()
    client.post(CHOOSE, {"choice": "all"})
    look(client, first)
    assert client.get("/api/v1/recently-viewed/").json() != {"results": []}
    page = client.get(second.get_absolute_url()).content.decode()
    assert "?from=recent" in page
    client.post(CHOOSE, {"choice": "necessary"})
    assert "?from=recent" not in client.get(second.get_absolute_url()).content.decode()


def test_only_who_allows_offers_is_targeted(customer):
    campaign: Campaign = CampaignFactory()
    chosen: Coupon = CouponFactory(campaign=campaign, targeted_only=True)
    open_to_all = CouponFactory()
    CampaignTarget.objects.create(campaign=campaign, customer=customer)
    shown = product()

    def offered() -> set[Coupon]:
        row, _ = product_among(shown.slug, (), customer)
        page = product_page(row, variant_id=None, customer=customer)
        return {price.coupon for price in page.coupons}

    assert offered() == {open_to_all}
    consent.decide(customer=customer, given=["advertising"], source="centre")
    assert offered() == {open_to_all, chosen}


def test_the_api_tells_and_takes_the_choices(client):
    assert client.get(API).json() == {
        "personalisation": False,
        "advertising": False,
        "chat_training": False,
        "answered": False,
    }
    wanted = {"personalisation": True, "advertising": False, "chat_training": True}
    answer = client.put(API, wanted, content_type="application/json")
    assert answer.json() == {**wanted, "answered": True} == client.get(API).json()
    half = client.put(API, {"personalisation": True}, content_type="application/json")
    assert half.status_code == 400
    assert look(client).visitor


def test_what_was_chosen_before_the_sign_in_counts_unless_the_customer_has_chosen(client, customer):
    client.post(CHOOSE, {"choice": "these", "allow": "personalisation"})
    client.force_login(customer.user, backend=BACKEND)
    customer.refresh_from_db()
    assert consent.allowed_by(customer) == {"personalisation"}
    assert ConsentDecision.objects.filter(customer=customer).get().source == "sign_in"
    other = Client()
    other.post(CHOOSE, {"choice": "all"})
    other.force_login(customer.user, backend=BACKEND)
    customer.refresh_from_db()
    assert consent.allowed_by(customer) == {"personalisation"}


def test_the_log_keeps_every_answer_with_its_time_and_version(shopper, customer):
    for choice in ("all", "necessary", "necessary"):
        shopper.post(CHOOSE, {"choice": choice})
    rows = ConsentDecision.objects.filter(customer=customer)
    assert [len(row.given) for row in rows.order_by("pk")] == [3, 0, 0]
    assert {row.policy_version for row in rows} == {register.policy_version()}
    row = rows.first()
    row.given = ["personalisation"]
    with pytest.raises(TypeError, match="never changed"):
        row.save()
    page = shopper.get("/privacy/").content.decode()
    assert page.count("<time") == 3


def test_a_question_that_has_changed_is_put_again_and_the_old_yes_covers_nothing(
    shopper, customer, monkeypatch
):
    shopper.post(CHOOSE, {"choice": "all"})
    assert BANNER not in shopper.get("/about/data/").content.decode()
    monkeypatch.setattr(consent, "consent_version", lambda: "another")
    assert BANNER in shopper.get("/about/data/").content.decode()
    assert look(shopper).customer is None
    assert not Customer.objects.filter(consent.granted("personalisation")).exists()


@pytest.mark.parametrize("sent", [{}, {"choice": "maybe"}, {"choice": "\x00"}])
def test_an_answer_that_is_none_changes_nothing(client, sent):
    client.post(CHOOSE, {"choice": "all"})
    assert client.post(CHOOSE, sent).status_code == 302
    assert ConsentDecision.objects.count() == 1
    assert look(client).visitor
    client.post(CHOOSE, {"choice": "these", "allow": ["everything", "advertising"]})
    assert ConsentDecision.objects.first().given == ["advertising"]


def test_the_button_on_a_rail_turns_only_recommendations_off(shopper, customer):
    shopper.post(CHOOSE, {"choice": "all"})
    shopper.post("/recommend/off/")
    customer.refresh_from_db()
    assert consent.allowed_by(customer) == {"advertising", "chat_training"}


def test_a_sign_in_is_behaviour_too(customer, client):
    client.force_login(customer.user, backend=BACKEND)
    allowing = CustomerFactory()
    Client().force_login(allowing.user, backend=BACKEND)
    events.flush()
    kinds = Event.objects.filter(kind=Event.Kind.LOGIN).order_by("pk")
    assert [event.customer for event in kinds] == [None, allowing]
