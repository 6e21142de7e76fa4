"""The learned ranker in the shop: trained on orders, gated, used by the start page."""

from datetime import timedelta

import numpy as np
import pytest
from django.utils import timezone

from foundation import registry
from foundation.models import ModelVersion
from recommend import ranker_training, services
from recommend.learning.ranker import RankerRecipe
from recommend.market import read_market
from recommend.selectors import recommend
from recommend.selectors.rails import explained
from shop.models import Order, OrderLine, PlannedPromotion
from tests.recommend.conftest import World
from tests.shop.factories import ChannelFactory, CustomerFactory

RECIPE = RankerRecipe(windows=1, seeds=1, rounds=10, kept_share=0.5)


def no_progress(done: int, total: int) -> None:
    """Nobody watches."""


def test_a_short_past_leaves_the_blend_serving(trained: World) -> None:
    with pytest.raises(services.NotEnoughData):
        ranker_training.train_ranker(no_progress, RECIPE)
    assert recommend("home", customer=trained.shopper)


def test_the_ranker_is_registered_with_the_figures_of_both(half_a_year: World) -> None:
    version = ranker_training.train_ranker(no_progress, RECIPE)
    better = all(
        version.metrics[name] > version.metrics[f"blend_{name}"]
        for name in ("repeat_ndcg@10", "discovery_ndcg@10")
    )
    status = ModelVersion.Status.ACTIVE if better else ModelVersion.Status.CANDIDATE
    assert version.status == status
    registry.activate(version)
    registry.forget_loaded()
    found = recommend("home", customer=half_a_year.shopper)
    assert {item.reason_code for item in found} >= {"buy_again"}
    assert ranker_training.train_ranker(no_progress, RECIPE).pk == version.pk, "nothing was sold"


def test_a_damaged_ranker_leaves_the_blend_serving(half_a_year: World, settings) -> None:
    version = ranker_training.train_ranker(no_progress, RECIPE)
    registry.activate(version)
    registry.forget_loaded()
    (settings.ARTEFACT_DIR / version.artefact).write_bytes(b"")
    assert recommend("home", customer=half_a_year.shopper)


def test_who_turned_personalisation_off_gets_what_is_popular(half_a_year: World) -> None:
    registry.activate(ranker_training.train_ranker(no_progress, RECIPE))
    registry.forget_loaded()
    half_a_year.shopper.personalisation = False
    half_a_year.shopper.save()
    codes = {item.reason_code for item in recommend("home", customer=half_a_year.shopper)}
    assert codes == {"popular"}


def test_ranker_and_blend_meet_in_one_list(half_a_year: World) -> None:
    registry.activate(ranker_training.train_ranker(no_progress, RECIPE))
    registry.forget_loaded()
    # The households here buy everything; who has bought little has something left to find.
    newcomer = CustomerFactory()
    order = Order.objects.create(
        number="N1",
        customer=newcomer,
        channel=ChannelFactory(),
        placed_at=timezone.now(),
        subtotal=1,
        total=1,
        status=Order.Status.DELIVERED,
    )
    milk = half_a_year.variants["milk"]
    OrderLine.objects.create(order=order, variant=milk, quantity=1, unit_price=1, total=1)
    found, known = explained("home", customer=newcomer, interleave="x")
    shown = [item.product_id for item in found if item.reason_code == "new_for_you"]
    assert {known.teams[pk] for pk in shown if pk in known.teams} == {0, 1}
    assert explained("home", customer=newcomer)[1].teams == {}


def test_a_plan_counts_by_the_days_and_channels_it_covers(half_a_year: World) -> None:
    order = Order.objects.filter(number="H0-0").get()
    variant = half_a_year.variants["milk"]
    before = read_market(1)
    assert before is not None
    end = before.last + timedelta(days=1)
    PlannedPromotion.objects.create(
        variant=variant, week_start=end, mailer_share=1, mailer_channels=[order.channel.code]
    )
    data = read_market(1)
    assert data is not None
    plan = data.market.plan(end.toordinal())
    store = int(np.searchsorted(data.channels, order.channel_id))
    item = int(np.searchsorted(data.products, variant.product_id))
    assert plan.mailed[[store], [item]] == pytest.approx(7 / 28)
    assert plan.mailed.nnz == 1
