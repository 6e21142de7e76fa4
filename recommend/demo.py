"""What recommendations add to the demo: a trained model, a search index, advertisements."""

from collections.abc import Iterable
from datetime import timedelta

from django.db import transaction
from django.utils import timezone

from foundation.models import Measurement, Node
from foundation.queueing import queue
from foundation.runs import training_run
from recommend import services
from recommend.graph import CAPABILITY
from recommend.models import AdCampaign, AdCreative
from recommend.serving import ORDERS, SEARCH
from shop.demo.steps import DemoPlan, Progress
from shop.models import Product

TOTAL = 100
SHARE = 40
"""Of a hundred, how much of the bar the search index takes."""
ADVERTISED = 16
"""So many categories have their best seller advertised: enough that each household buys of some."""
FOR_A_YEAR = timedelta(days=365)
IMPRESSIONS = 100_000
TIMES_A_DAY = 10
"""More than in a real shop: who looks around should not find the slot empty soon."""
CAMPAIGNS = {
    "Everyday favourites": ("What many households put into their carts", "许多家庭常买的好物"),
    "Just arrived": ("New in the shop", "新品上架"),
}
"""Each demo campaign's text in English and Chinese."""


def load(plan: DemoPlan, progress: Progress) -> str:
    """Build the search index and train on the imported orders. Does nothing the second time."""
    with training_run(SEARCH) as run:

        def encoded(done: int, total: int) -> None:
            run.report(done, total)
            progress(SHARE * done // max(total, 1), TOTAL)

        index = services.build_search_index(encoded)
        run.finish_with(index)
    with training_run(ORDERS) as run:

        def trained(done: int, total: int) -> None:
            run.report(done, total)
            progress(SHARE + (TOTAL - SHARE) * done // max(total, 1), TOTAL)

        model = services.train_recommender(trained)
        run.finish_with(model)
    _advertise()
    _leave_to_the_worker()
    return (
        f"recommend: {index.metrics['documents']:,} products searchable, "
        f"{model.metrics['products']:,} in the purchase model "
        f"(NDCG@10 on the last four weeks: repeat {model.metrics['repeat_ndcg@10']:.3f}, "
        f"discovery {model.metrics['discovery_ndcg@10']:.3f})"
    )


@transaction.atomic
def _advertise() -> None:
    """Two campaigns: best sellers, and what nobody has bought yet. Those that are there stay."""
    today = timezone.localdate()
    shown = Product.objects.filter(is_active=True, category__age_gated=False)
    advertised = (
        shown.filter(recent_units__gt=0).order_by("-recent_units", "pk"),
        shown.filter(source=Product.Source.HAND_WRITTEN).order_by("pk"),
    )
    for (name, (english, chinese)), products in zip(CAMPAIGNS.items(), advertised, strict=True):
        campaign, made = AdCampaign.objects.get_or_create(
            name=name,
            defaults={
                "starts_on": today,
                "ends_on": today + FOR_A_YEAR,
                "budget": IMPRESSIONS,
                "daily_cap": TIMES_A_DAY,
            },
        )
        if made:
            AdCreative.objects.bulk_create(
                AdCreative(campaign=campaign, product=one, text_en=english, text_zh=chinese)
                for one in _first_of_each_category(products)
            )


def _first_of_each_category(products: Iterable[Product]) -> list[Product]:
    first: dict[int, Product] = {}
    for product in products:
        first.setdefault(product.category_id, product)
    return list(first.values())[:ADVERTISED]


def _leave_to_the_worker() -> None:
    """Nobody waits for these, but nobody should wait for their hour of the schedule either."""
    if not Node.objects.exists():
        queue("foundation.tasks.train", CAPABILITY)
    if not Measurement.objects.exists():
        queue("foundation.tasks.watch")
