"""Training: what it reads, when it has nothing to do, and what becomes active."""

import pytest

from foundation import registry
from foundation.models import ModelVersion, TrainingRun
from recommend import demo, services, tasks
from recommend.experiments import CAPABILITY as LAYOUTS
from recommend.models import AdCampaign, AdCreative
from recommend.serving import COUPONS, ORDERS, RANKER, SEARCH, SEQUENCE
from shop.models import Order, Product
from shop.privacy import consent
from shop.privacy.pseudonyms import pseudonym
from tests.shop.factories import OrderFactory, OrderLineFactory


def quiet(done: int, total: int) -> None:
    """Nobody watches."""


def test_one_training_after_the_other(world, settings):
    """Made once, kept while nothing changes, made anew when orders or texts change."""
    first = services.train_recommender(quiet)
    assert first.status == ModelVersion.Status.ACTIVE
    assert 0 < first.metrics["repeat_ndcg@10"] <= 1
    assert services.train_recommender(quiet) == first
    OrderLineFactory(order=OrderFactory(customer=world.shopper), variant=world.variants["milk"])
    second = services.train_recommender(quiet)
    assert (second.version, second.status) == (first.version + 1, ModelVersion.Status.ACTIVE)
    first.refresh_from_db()
    assert first.status == ModelVersion.Status.RETIRED
    # A file that is gone is made again, although no order changed.
    registry.verify(second).unlink()
    assert services.train_recommender(quiet).version == second.version + 1


def test_the_index_follows_the_texts(world):
    first = services.build_search_index(quiet)
    assert first.metrics["documents"] == len(world.products)
    assert services.build_search_index(quiet) == first
    Product.objects.filter(pk=world.products["milk"].pk).update(title_en="Farm milk")
    assert services.build_search_index(quiet).version == first.version + 1


def test_orders_are_read_by_product_day_and_customer(world):
    data = services.read_orders()
    lines = Order.objects.filter(customer__isnull=False).values("lines").count()
    assert len(data.lines.users) == lines
    people = set(Order.objects.values_list("customer", flat=True))
    assert set(data.customers) == {pseudonym("customer", pk) for pk in people}
    assert data.last >= data.first
    OrderLineFactory(order=OrderFactory(customer=None), variant=world.variants["milk"])
    cancelled = OrderFactory(customer=world.shopper, status="cancelled")
    OrderLineFactory(order=cancelled, variant=world.variants["milk"])
    assert len(services.read_orders().lines.users) == lines


def test_who_refuses_is_left_out_of_the_next_training(world):
    before, signature = services.read_orders(), services.orders_signature()
    consent.decide(customer=world.shopper, given=["advertising"], source="centre")
    after = services.read_orders()
    assert set(before.customers) - set(after.customers) == {pseudonym("customer", world.shopper.pk)}
    assert services.orders_signature() != signature, "the next training is not skipped"


def test_without_orders_there_is_nothing_to_learn(db):
    with pytest.raises(services.NotEnoughData, match="load_demo"):
        services.read_orders()


def test_the_task_trains_what_it_can_and_records_its_runs(world):
    tasks.train()
    runs = dict(TrainingRun.objects.values_list("capability", "state"))
    assert runs == dict.fromkeys([SEARCH, ORDERS, SEQUENCE, RANKER, COUPONS, LAYOUTS], "done")
    # A past of a few weeks is no failure of the ranker's; its run says what it waits for.
    assert "twenty weeks" in TrainingRun.objects.get(capability=RANKER).message
    assert "sixteen weeks" in TrainingRun.objects.get(capability=SEQUENCE).message
    assert "redeemed" in TrainingRun.objects.get(capability=COUPONS).message
    assert set(
        ModelVersion.objects.filter(status="active").values_list("capability", flat=True)
    ) == {
        SEARCH,
        ORDERS,
    }


def test_the_task_of_a_shop_that_has_sold_nothing_says_so(db):
    tasks.train()
    run = TrainingRun.objects.get(capability=ORDERS)
    assert run.state == TrainingRun.State.FAILED
    assert "load_demo" in run.message


def test_the_demo_step_says_what_it_made(world, django_capture_on_commit_callbacks):
    said = []
    with django_capture_on_commit_callbacks() as queued:
        line = demo.load(None, lambda done, total: said.append((done, total)))
    tasks = [one for one in queued if one.__name__ == "send"]
    assert len(tasks) == 2, "the graph and the first look at the models wait for the worker"
    assert "searchable" in line
    assert said[-1] == (demo.TOTAL, demo.TOTAL)
    assert [done for done, _total in said] == sorted(done for done, _total in said)


def test_the_demo_advertises_one_product_a_category_and_only_once(world):
    Product.objects.update(recent_units=3)
    for _ in range(2):
        demo._advertise()
    assert set(AdCampaign.objects.values_list("name", flat=True)) == set(demo.CAMPAIGNS)
    shown = AdCreative.objects.filter(campaign__name="Everyday favourites")
    kinds = list(shown.values_list("product__category", flat=True))
    assert kinds
    assert len(kinds) == len(set(kinds))
    assert not shown.filter(product__category__age_gated=True).exists()
