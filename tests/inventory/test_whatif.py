"""What if: the change alone makes the difference, and nothing is written."""

import numpy as np
import pytest
from django.utils import timezone, translation
from hypothesis import given, settings
from hypothesis import strategies as st

from config.roles import MARKETING, STOCK
from foundation import registry
from inventory.learning.features import WeeklyPanel
from inventory.learning.whatif import Situation, changed, outlook
from inventory.models import Forecast, LedgerEntry, ReplenishmentLine
from inventory.selectors.history import History
from inventory.services.elasticity import learn_elasticities
from shop.models import PlannedPromotion
from tests.admin.people import member
from tests.inventory.factories import SupplierFactory, stocked
from tests.inventory.test_planning import sold
from tests.shop.factories import VariantFactory

PAGE = "/admin/inventory/stocklevel/what-if/"
SAME = np.ones((3, 28))


def situation(**given_values) -> Situation:
    values = {
        "means": np.tile([[0.2], [2.0], [9.0]], (1, 28)),
        "deviations": np.array([0.6, 2.0, 5.0]),
        "spreads": np.full((3, 4), np.nan),
        "prices": np.array([1.0, 2.0, 3.0]),
        "lead_times": np.array([3, 5, 7]),
        **given_values,
    }
    return Situation(**values)


def test_no_change_makes_no_difference():
    before, after = outlook(situation()), outlook(changed(situation(), SAME, 1.0))
    assert (before.cost, before.stock, before.sales) == (after.cost, after.stock, after.sales)
    assert before.fill_rate == pytest.approx(0.97, abs=0.03)


def test_the_price_moves_demand_by_its_elasticity():
    dear = changed(situation(), SAME, 1.1)
    assert dear.means.sum() == pytest.approx(situation().means.sum() * 1.1**-2.62)
    assert dear.prices.tolist() == pytest.approx([1.1, 2.2, 3.3])


def test_each_product_can_follow_its_price_in_its_own_way():
    dear = changed(situation(), SAME, 1.1, np.array([0.0, -1.0, -3.0]))
    ratio = dear.means.mean(axis=1) / situation().means.mean(axis=1)
    assert ratio == pytest.approx([1, 1.1**-1, 1.1**-3])


def test_counts_stay_at_least_as_wide_as_chance_makes_them():
    wide = changed(situation(), SAME * 4, 1.0)
    assert (wide.deviations >= np.sqrt(wide.means.mean(axis=1)) * 0.9).all()
    assert (wide.deviations > situation().deviations).all()


@settings(max_examples=15, deadline=None)
@given(days=st.integers(1, 12), more=st.integers(1, 12), level=st.sampled_from([0.8, 0.9, 0.95]))
def test_longer_waits_and_higher_levels_need_more_stock(days: int, more: int, level: float):
    few = outlook(situation(lead_times=np.full(3, days), service_level=level))
    long = outlook(situation(lead_times=np.full(3, days + more), service_level=level))
    sure = outlook(situation(lead_times=np.full(3, days), service_level=0.98))
    for other in (long, sure):
        assert (other.levels.reorder_point >= few.levels.reorder_point).all()
    assert sure.fill_rate >= few.fill_rate
    assert sure.stock >= few.stock


@pytest.fixture
def variant(db):
    """Sells once a day, thrice in weeks with a mailer."""
    SupplierFactory()
    variant, _ = stocked(40, variant=VariantFactory())
    today = timezone.localdate(timezone=timezone.get_default_timezone())
    monday = today - timezone.timedelta(days=today.weekday())
    sold(variant, days=80)
    for week in (2, 4, 6, 8, 10):
        start = monday - timezone.timedelta(weeks=week)
        PlannedPromotion.objects.create(
            variant=variant, week_start=start, mailer_share=1, display_share=0
        )
        sold(variant, units=2, days=7, last=(today - start).days - 6)
    Forecast.objects.create(
        variant=variant, made_on=today, data_to=today, method="mean", daily=[1.0] * 28,
        total=28, total_q90=36, deviation=1.2,
    )  # fmt: skip
    with translation.override("en"):
        yield variant


def test_a_mailer_brings_what_it_brought_before(client, variant):
    client.force_login(member(STOCK))
    rows = (LedgerEntry.objects.count(), ReplenishmentLine.objects.count())
    asked = {"products": variant.sku, "mailer": 100, "weeks": 2}
    shown = client.get(PAGE, asked).context
    (row,) = shown["rows"]
    old, new = (float(units) for units in row["units"])
    assert old == 28
    assert new == pytest.approx(14 * 3 + 14, rel=0.15)
    assert row["points"][1] > row["points"][0]
    assert rows == (LedgerEntry.objects.count(), ReplenishmentLine.objects.count())


@pytest.mark.parametrize("language", ["en", "zh-hans"])
@pytest.mark.parametrize(
    "asked", [{"lead_time": 12}, {"service_level": "0.98"}, {"price": "-10"}, {"display": 50}]
)
def test_every_change_can_be_asked(client, variant, asked, language):
    client.force_login(member(STOCK))
    category = variant.product.category_id
    answer = client.get(PAGE, {"category": category, **asked}, HTTP_ACCEPT_LANGUAGE=language)
    assert len(answer.context["figures"]) == 9


@pytest.mark.parametrize(
    "asked", [{"lead_time": 99}, {"products": ""}, {"products": "nothing like it"}, {"price": "x"}]
)
def test_what_cannot_be_asked_is_said(client, variant, asked):
    client.force_login(member(STOCK))
    answer = client.get(PAGE, {"weeks": 1, **asked})
    assert answer.status_code == 200
    assert "figures" not in answer.context


@pytest.fixture
def learnt(variant, settings, tmp_path):
    """Forty products of the variant's category whose prices moved, and an active version."""
    settings.ARTEFACT_DIR = tmp_path
    dice = np.random.default_rng(1)
    variants = [VariantFactory(product__category=variant.product.category) for _ in range(40)]
    log_price = np.cumsum((dice.random((40, 52)) < 0.15) * dice.normal(0, 0.15, (40, 52)), axis=1)
    units = dice.poisson(8 * np.exp(-1.4 * log_price)).astype(float)
    price = np.where(units > 0, np.exp(log_price), np.nan)
    panel = WeeklyPanel(
        units, np.zeros((40, 57, 2)), 1, np.zeros((40, 3), int), np.ones(57, int),
        np.zeros(0, int), price, price * 0,
    )  # fmt: skip
    day = timezone.localdate()
    keys = np.array([one.pk for one in variants])
    history = History(keys, np.repeat(units, 7, axis=1) / 7, day, day, panel)
    registry.forget_loaded()
    yield learn_elasticities(history)
    registry.forget_loaded()


def test_the_page_says_what_was_learnt_of_prices_and_how_sure_it_is(client, variant, learnt):
    assert learnt.status == "active"
    assert learnt.metrics["surprise"] < learnt.metrics["published_surprise"]
    client.force_login(member(STOCK))
    asked = {"products": variant.sku, "price": "10"}
    answer = client.get(PAGE, asked, HTTP_ACCEPT_LANGUAGE="en")
    said = answer.context["elasticity"]
    mean, low, high = (float(said[name]) for name in ("mean", "low", "high"))
    assert low < -1.4 < high
    assert mean == pytest.approx(-1.4, abs=0.25)
    new = float(answer.context["rows"][0]["units"][1])
    least, most = (float(units) for units in said["demand"])
    assert least < new < most
    assert new == pytest.approx(28 * 1.1**mean, abs=0.1)
    assert f"between {said['low']} and {said['high']}" in answer.content.decode()


def test_without_it_the_page_names_the_published_mean(client, variant):
    client.force_login(member(STOCK))
    answer = client.get(PAGE, {"products": variant.sku, "price": "10"}, HTTP_ACCEPT_LANGUAGE="en")
    assert answer.context["elasticity"]["demand"] == [answer.context["rows"][0]["units"][1]] * 2
    assert "mean of published elasticities" in answer.content.decode()


def test_only_who_may_see_forecasts_asks(client, db):
    client.force_login(member(MARKETING))
    assert client.get(PAGE).status_code == 403
