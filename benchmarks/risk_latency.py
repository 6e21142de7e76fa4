"""How long screening takes inside a checkout, how fast events stream, whether both ways agree.

Runs on a database of its own in memory, with a small shop, the real checkout and a model trained
on a part of the year. ``share_of_checkout`` is the median of screening over the median of a whole
checkout in the same run.
"""

import os
import tempfile
import time
from collections.abc import Iterator

import numpy as np

from benchmarks.risk_shop import bought_together, history
from risk.learning.batch import events_of, order_features
from risk.learning.scorer import OrderScorer
from risk.learning.signals import DAY
from risk.learning.stream import Stream

Figure = tuple[str, str, float, int]


def run(*, quick: bool) -> Iterator[Figure]:
    events = history(households=300 if quick else None)
    behaviour = bought_together(events, float(events["at"].quantile(0.5)))
    features = order_features(events, behaviour)
    yield from speed(events, behaviour)
    yield from agreement(events, features, behaviour)
    rows = events.loc[features.index]
    scorer = OrderScorer(behaviour=behaviour).fit(
        features.to_numpy()[:60_000], rows["fraud"].to_numpy()[:60_000]
    )
    yield from screening(scorer, checkouts=60 if quick else 300)


def screening_alone() -> Iterator[Figure]:
    """Screening with a model of fewer orders; it has as many trees."""
    events = history(households=300)
    behaviour = bought_together(events, float(events["at"].quantile(0.5)))
    features = order_features(events, behaviour)
    fraud = events.loc[features.index, "fraud"].to_numpy()
    scorer = OrderScorer(behaviour=behaviour).fit(features.to_numpy(), fraud)
    yield from screening(scorer, checkouts=300)


def speed(events, behaviour) -> Iterator[Figure]:
    """A month in the middle of the year, after two months of warming up."""
    start = events["at"].min() + 120 * DAY
    month = events[(events["at"] >= start) & (events["at"] < start + 30 * DAY)]
    warm = events[(events["at"] < start) & (events["at"] >= start - 60 * DAY)]
    stream = Stream(behaviour=behaviour)
    for event in events_of(warm):
        stream.push(event)
    arriving = events_of(month)
    started, worked = time.perf_counter(), time.process_time()
    final = sum(len(stream.push(event)) for event in arriving) + len(stream.finish())
    seconds = time.perf_counter() - started
    worked = time.process_time() - worked
    yield "mercato", "orders_per_second", final / seconds, final
    yield "mercato", "orders_per_cpu_second", final / worked, final


def agreement(events, features, behaviour) -> Iterator[Figure]:
    """Largest difference between stream and batch over the whole replay: in order, with a restart
    half-way, and with events up to a minute late."""
    import json

    expected = dict(zip(events.loc[features.index, "id"], features.to_numpy(), strict=True))
    rows = events_of(events)
    late = np.argsort(events["at"].to_numpy() + np.random.default_rng(0).uniform(0, 60, len(rows)))
    stream, worst, n = Stream(lateness=60, behaviour=behaviour), 0.0, 0
    for number, index in enumerate(late):
        if number == len(rows) // 2:
            kept = json.loads(json.dumps(stream.snapshot()))
            stream = Stream(lateness=60, snapshot=kept, behaviour=behaviour)
        for event, values in stream.push(rows[index]):
            worst, n = max(worst, float(np.abs(values - expected[event.id]).max())), n + 1
    for event, values in stream.finish():
        worst, n = max(worst, float(np.abs(values - expected[event.id]).max())), n + 1
    if n != len(expected):
        raise SystemExit(f"{n} orders streamed, {len(expected)} expected.")
    yield "mercato", "feature_difference", worst, n


def screening(scorer: OrderScorer, *, checkouts: int) -> Iterator[Figure]:
    """Whole checkouts of customers who have bought before, screened by every part of risk."""
    _django()
    from django.core.management import call_command

    call_command("migrate", verbosity=0, interactive=False)
    from foundation import registry
    from risk import fraud, services
    from risk.checkout import ScreenOrder

    version = registry.save_version(
        capability=fraud.CAPABILITY, suffix=".npz", write=scorer.save, parameters={"newest_at": 0.0}
    )
    registry.activate(version)
    _forest(registry, services)
    taken: list[float] = []
    worked: list[float] = []
    plain = ScreenOrder.run

    def timed(step, run):
        started, busy = time.perf_counter(), time.process_time()
        try:
            plain(step, run)
        finally:
            taken.append(time.perf_counter() - started)
            worked.append(time.process_time() - busy)

    ScreenOrder.run = timed  # type: ignore[method-assign]
    variants = _goods()
    whole = [_checkout(number, variants) for number in range(checkouts)]
    skip = len(whole) // 10
    screen, total = 1000 * np.array(taken[skip:]), 1000 * np.array(whole[skip:])
    yield "mercato", "p50_ms", float(np.quantile(screen, 0.5)), len(screen)
    yield "mercato", "p99_ms", float(np.quantile(screen, 0.99)), len(screen)
    # What is left on a machine that others keep busy: the processor's own time.
    cpu = 1000 * np.array(worked[skip:])
    yield "mercato", "cpu_p50_ms", float(np.quantile(cpu, 0.5)), len(cpu)
    yield "mercato", "cpu_p99_ms", float(np.quantile(cpu, 0.99)), len(cpu)
    yield "mercato", "checkout_p50_ms", float(np.nanmedian(total)), len(total)
    yield "mercato", "share_of_checkout", float(np.median(screen) / np.nanmedian(total)), len(total)


def _forest(registry, services) -> None:
    from risk.learning.features import FEATURES
    from risk.learning.isolation import OrderIsolationForest

    # Wide enough for the benchmark's orders to be ordinary, as nearly all orders are.
    rows = np.random.default_rng(0).uniform(-1, 8, size=(3000, len(FEATURES)))
    forest = OrderIsolationForest().fit(rows)
    registry.activate(
        registry.save_version(capability=services.CAPABILITY, suffix=".npz", write=forest.save)
    )


def _django() -> None:
    folder = tempfile.mkdtemp(prefix="mercato-latency-")
    os.environ |= {
        "MERCATO_ENV_FILE": os.devnull,
        "SECRET_KEY": "benchmark" * 8,
        "MERCATO_VAR": folder,
        "DJANGO_SETTINGS_MODULE": "config.settings",
        "EMAIL_URL": "memorymail://",
        "LOG_LEVEL": "ERROR",
        "CELERY_BROKER_URL": "memory://",
    }
    import django

    django.setup()


def _goods() -> list:
    """Eight variants on sale with plenty of stock, in the online channel."""
    from inventory.models import Warehouse
    from inventory.services import receive
    from shop.models import Category, Channel, Department, Product, Variant

    names = {"name_en": "Goods", "name_zh": "商品"}
    channel = Channel.objects.create(code="online", kind="online", **names)
    warehouse = Warehouse.objects.create(code="main", channel=channel, **names)
    department = Department.objects.create(slug="food", icon="1F34E", **names)
    category = Category.objects.create(slug="fruit", icon="1F34E", department=department, **names)
    variants = []
    for number in range(8):
        product = Product.objects.create(
            slug=f"p{number}", category=category, title_en=f"P{number}", title_zh=f"品{number}"
        )
        variant = Variant.objects.create(sku=f"s{number}", product=product, price=4.5 + number)
        receive(variant=variant, warehouse=warehouse, quantity=1_000_000, reference="benchmark")
        variants.append(variant)
    return variants


def _card(who: int) -> str:
    """A card of one's own that the test provider accepts: its last digits, a sound check sum."""
    for middle in range(10):
        number = f"4242424{who:04d}{middle}4242"
        digits = [int(digit) for digit in reversed(number)]
        doubled = [sum(divmod(2 * digit, 10)) for digit in digits[1::2]]
        if (sum(digits[::2]) + sum(doubled)) % 10 == 0:
            return number
    raise AssertionError("one of ten digits always fits")


def _checkout(number: int, variants: list) -> float:
    """Seconds of one checkout of one of a hundred customers."""
    from shop.checkout.protocol import CardInput, Visitor
    from shop.models import Cart, CartLine, Customer
    from shop.refusals import Refused
    from shop.services import checkout

    who = number % 100
    customer, _ = Customer.objects.get_or_create(household_key=who + 1)
    cart, _ = Cart.objects.get_or_create(customer=customer, is_open=True)
    cart.lines.all().delete()
    CartLine.objects.bulk_create(
        CartLine(cart=cart, variant=variant, quantity=1 + number % 3) for variant in variants
    )
    given = checkout.CheckoutInput(
        idempotency_key=f"latency-{number}",
        email=f"c{who}@mail.example",
        address={
            "recipient": "A",
            "line1": f"{who} Road",
            "city": "C",
            "country": "US",
            "postal_code": "45202",
        },
        delivery="standard",
        card=CardInput(_card(who), "12/40", "123", "A"),
        expected_total=None,
        visitor=Visitor(f"visitor-{who}", "192.0.2.1", "benchmark", "en"),
    )
    started = time.perf_counter()
    try:
        checkout.run(cart=cart, customer=customer, given=given)
    except Refused:
        return float("nan")
    return time.perf_counter() - started
