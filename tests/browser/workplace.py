"""What staff find when they come to work: something on every page of the administration.

Written by the services that write it in the shop, as rows only where that would take a worker, a
season or two people.
"""

import shutil
from datetime import timedelta
from decimal import Decimal

from django.utils import timezone

import risk.services
from foundation import outbox, registry
from foundation.models import Alert
from inventory.models import StockLevel, Warehouse
from inventory.services import create_transfer
from recommend import digest, graph
from recommend.experiments import HOME, NAMES, SURFACE
from recommend.models import AdCampaign, AdCreative, CampaignPlan, Experiment, PlannedCustomer
from recommend.serving import ORDERS
from risk.models import Assessment, ListEntry, Rule
from shop.models import CampaignTarget, Customer, Event, Order, Variant
from shop.services.returns import request_return
from support.models import Conversation, Message
from tests.shop import factories

PLANNED = "Milk week", "牛奶周"
"""A campaign whose plan is worked out and waits to be sent."""
ADVERTISED = "The creamer of the week"
EXPERIMENT = "order-of-rails"
CHAT = "My milk was sour."


def load(variants: list[Variant], reader: Customer) -> None:
    """``variants`` are the groceries; ``reader`` gets a letter and can return what was bought."""
    models()
    stock(variants)
    marketing(variants)
    cases()
    support()
    bought(variants[0], reader)
    outbox.put(digest.KIND, "browser", customer_id=reader.pk, week=timezone.localdate().isoformat())
    outbox.deliver_due()


def models() -> None:
    """A second version of the purchase model, an alert, and the graph."""
    first = registry.active_version(ORDERS)
    assert first is not None
    path = registry.verify(first)
    second = registry.save_version(
        capability=ORDERS,
        suffix=path.suffix,
        write=lambda target: shutil.copyfile(path, target),
        parameters=first.parameters,
        metrics=first.metrics,
    )
    registry.activate(second)
    Alert.objects.create(
        kind=Alert.Kind.DRIFT, capability=ORDERS, subject="stability", value=0.3, limit=0.2
    )
    graph.build()


def stock(variants: list[Variant]) -> None:
    """Goods between two places, and bread that has fallen under its reorder point."""
    online, store = Warehouse.objects.order_by("-code")[:2]
    create_transfer(source=online, target=store, quantities={variants[1].pk: 2})
    StockLevel.objects.filter(variant=variants[2]).update(reorder_point=900)


def marketing(variants: list[Variant]) -> None:
    """A plan of twelve, an advertisement that fits who buys milk, and a finished experiment."""
    # Without those who sign in: they change their minds about offers.
    people = list(Customer.objects.filter(name__startswith="Shopper").order_by("pk"))
    campaign = factories.CampaignFactory(name_en=PLANNED[0], name_zh=PLANNED[1])
    factories.CouponFactory(campaign=campaign, code="MILKWEEK").variants.add(variants[0])
    plan = CampaignPlan.objects.create(campaign=campaign, state=CampaignPlan.State.READY)
    for place, person in enumerate(people):
        PlannedCustomer.objects.create(
            plan=plan, customer=person, chance=1 / (place + 2), basket=Decimal(20)
        )
    past = factories.CampaignFactory(name_en="Cheese week", name_zh="奶酪周")
    CampaignTarget.objects.create(campaign=past, customer=people[0])
    today = timezone.localdate()
    adverts = AdCampaign.objects.create(
        name="Creamers",
        starts_on=today - timedelta(days=1),
        ends_on=today + timedelta(days=30),
        budget=100_000,
        daily_cap=1000,
    )
    AdCreative.objects.create(
        campaign=adverts,
        product=variants[4].product,
        text_en=ADVERTISED,
        text_zh="本周奶油机",
    )
    Experiment.objects.create(key=EXPERIMENT, is_active=False)
    at = timezone.now() - timedelta(days=2)
    for place, person in enumerate(people):
        data = {"arm": NAMES[place % 2], "p": 0.5, "x": [1.0, 1.0, 0.0, 0.0]}
        surface = f"{SURFACE}{EXPERIMENT}"
        seen = {"customer": person, "visitor": f"v{place}", "at": at}
        Event.objects.create(kind=Event.Kind.IMPRESSION, surface=surface, data=data, **seen)
        if place % 2:
            Event.objects.create(
                kind=Event.Kind.VIEW, surface=f"{HOME}repeat", product=variants[0].product, **seen
            )


def cases() -> None:
    """A case to decide, a rule on trial, and an address that is let through."""
    assessment = Assessment.objects.order_by("pk").first()
    assert assessment is not None
    risk.services.open_review(assessment=assessment)
    Rule.objects.create(name="Costly first order", expression="total > 400")
    ListEntry.objects.create(
        effect=ListEntry.Effect.ALLOW, field=ListEntry.Field.DOMAIN, value="mercato.example"
    )


def support() -> None:
    """A talk that is over."""
    talk = Conversation.objects.create(
        customer=Customer.objects.order_by("pk").last(),
        visitor="past",
        state=Conversation.State.CLOSED,
        last_seq=2,
    )
    said = ((Message.Author.CUSTOMER, CHAT), (Message.Author.BOT, "I am sorry to hear that."))
    for seq, (author, text) in enumerate(said, 1):
        Message.objects.create(conversation=talk, seq=seq, author=author, text=text)


def bought(variant: Variant, reader: Customer) -> None:
    """Delivered and paid for; one of them is on its way back."""
    for units in (5, 1):
        order = factories.OrderFactory(
            customer=reader,
            status=Order.Status.DELIVERED,
            lines=1,
            lines__variant=variant,
            lines__quantity=units,
            lines__unit_price=variant.price,
        )
        factories.PaymentFactory(order=order)
    line = order.lines.get()
    request_return(order=order, quantities={line.pk: 1}, reason="damaged", comment="Sour.")
