"""Advertising: within consent, the customer's day and the budget; named as what it is."""

from datetime import timedelta

import pytest
from django.core.exceptions import ValidationError
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import override

from recommend import ads
from recommend.models import AdCampaign, AdCreative, AdExposure
from shop import events
from shop.models import Customer, Event

DAY = timedelta(days=1)


def advertise(world, *names: str, **options) -> AdCampaign:
    today = timezone.localdate()
    campaign = AdCampaign.objects.create(
        **{"name": "Spring", "starts_on": today, "ends_on": today, "budget": 100, **options}
    )
    for name in names:
        product = world.products[name]
        AdCreative.objects.create(
            campaign=campaign, product=product, text_en=f"Try {name}", text_zh="试试看"
        )
    return campaign


def shown(world, slot: str = "home", **options) -> str:
    found = ads.serve(slot, **{"customer": world.shopper, **options})
    return world.name(found.creative.product_id) if found else ""


def without_consent(world) -> Customer:
    Customer.objects.filter(pk=world.shopper.pk).update(advertising=False)
    return Customer.objects.get(pk=world.shopper.pk)


def test_own_purchases_choose_only_with_consent(world):
    advertise(world, "diapers", "milk")
    assert shown(world) == "milk"
    refused = without_consent(world)
    assert shown(world, customer=refused) == ""
    assert shown(world, customer=None) == ""
    # What the page is about may choose: that needs to know nobody.
    page = world.products["skimmed"]
    found = ads.serve("product", customer=refused, product=page)
    assert found is not None
    assert (found.creative.product_id, found.personal) == (world.products["milk"].pk, False)
    assert shown(world, "product", customer=refused, product=world.products["coffee"]) == ""
    assert AdExposure.objects.values_list("customer", "times").get() == (world.shopper.pk, 1)


def test_no_count_is_kept_of_who_did_not_agree(world):
    campaign = advertise(world, "milk", daily_cap=1)
    refused = without_consent(world)
    page = world.products["skimmed"]
    assert [shown(world, "product", customer=refused, product=page) for _ in range(3)] == [
        "milk"
    ] * 3
    assert not AdExposure.objects.exists()
    campaign.refresh_from_db()
    assert campaign.served == 3


def test_a_customers_day_and_the_budget_are_kept(world):
    campaign = advertise(world, "milk", daily_cap=2)
    assert [shown(world) for _ in range(4)] == ["milk", "milk", "", ""]
    AdExposure.objects.update(day=timezone.localdate() - DAY)
    AdCampaign.objects.update(budget=3)
    assert [shown(world) for _ in range(2)] == ["milk", ""]
    campaign.refresh_from_db()
    assert (campaign.served, campaign.budget) == (3, 3)
    # The impression that the budget refused is none of the customer's either.
    assert AdExposure.objects.get(day=timezone.localdate()).times == 1


@pytest.mark.parametrize(
    "over",
    [
        {"is_active": False},
        {"starts_on": timezone.localdate() + DAY, "ends_on": timezone.localdate() + DAY},
        {"starts_on": timezone.localdate() - DAY, "ends_on": timezone.localdate() - DAY},
        {"budget": 0},
        {"daily_cap": 0},
    ],
)
def test_what_does_not_run_is_not_shown(world, over):
    advertise(world, "milk", **over)
    assert shown(world) == ""


def test_neither_beer_for_the_young_nor_what_is_in_the_cart(world):
    advertise(world, "beer", "milk")
    milk = world.products["milk"].pk
    assert shown(world, taken=[milk]) == ""


def test_the_page_names_it_and_counts_look_and_click(signed_in, world):
    campaign = advertise(world, "milk")
    page = signed_in.get("/").content.decode()
    assert "Advertisement" in page
    assert "Chosen by what you bought, as you allowed personal offers." in page
    creative = campaign.creatives.get()
    link = reverse("recommend:ad", args=[creative.pk])
    assert f"{link}?at=home" in page
    answer = signed_in.get(f"{link}?at=home")
    assert answer["Location"] == f"{world.products['milk'].get_absolute_url()}?from=ad-home"
    told = [
        (e.kind, e.product_id, e.data["campaign"])
        for e in events._waiting
        if e.surface == "ad-home"
    ]
    milk = world.products["milk"].pk
    assert told == [("impression", milk, campaign.pk), ("click", milk, campaign.pk)]
    events.flush()
    assert ads.clicks([campaign]) == {campaign.pk: 1}
    assert Event.objects.filter(surface="ad-home", customer=world.shopper).count() == 2
    assert signed_in.get(reverse("recommend:ad", args=[creative.pk + 1])).status_code == 404


def test_the_api_labels_and_explains_it(signed_in, world):
    advertise(world, "milk")
    row = signed_in.get("/api/v1/ads/?explain=1", headers={"accept-language": "zh-hans"}).json()[
        "ad"
    ]
    assert (row["notice"], row["text"], row["personal"]) == ("广告", "试试看", True)
    with override("zh-hans"):
        assert row["explanation"] == str(ads.Ad(AdCreative(), personal=True).why)
    without_consent(world)
    assert signed_in.get("/api/v1/ads/").json() == {"slot": "home", "ad": None}
    assert signed_in.get("/api/v1/ads/?product=999999").status_code == 404


def test_staff_read_what_a_campaign_brought(admin_client, world):
    campaign = advertise(world, "milk")
    shown(world)
    page = admin_client.get(reverse("admin:recommend_adcampaign_changelist")).content.decode()
    assert "1 / 100" in page
    page = admin_client.get(reverse("admin:recommend_adcampaign_change", args=[campaign.pk]))
    assert page.status_code == 200


def test_a_budget_below_what_was_served_is_refused(world):
    campaign = advertise(world, "milk", served=5)
    campaign.budget = 4
    with pytest.raises(ValidationError, match="served already"):
        campaign.full_clean()
