"""One definition of the order features, two executions: they must agree to the last digit."""

import json

import numpy as np
import pytest

from risk.learning.batch import events_of, frame_of, order_features, with_behaviour
from risk.learning.behaviour import BasketEmbedding
from risk.learning.signals import (
    DAY,
    DECLINED,
    FEATURES,
    LOGIN,
    MESSAGE,
    MINUTE,
    ORDER,
    REFUND,
    REVIEW,
    VIEW,
    Activity,
)
from risk.learning.stream import Stream, apply, vector

TOLERANCE = 1e-6


@pytest.fixture(scope="module")
def events() -> list[Activity]:
    """Sixty days of all kinds of events of few people who share much."""
    rng = np.random.default_rng(4)
    rows: list[Activity] = []
    views: list[Activity] = []
    for number, at in enumerate(np.sort(rng.uniform(0, 60 * DAY, 1500)).round(1)):
        person = int(rng.integers(0, 25))
        kind = str(rng.choice([ORDER] * 4 + [DECLINED, REFUND, LOGIN, REVIEW, MESSAGE]))
        bought = [row.total for row in rows if row.customer == f"{person}" and row.kind == ORDER]
        whole = kind == REFUND and bought and rng.random() < 0.5
        rows.append(
            Activity(
                at=float(at),
                id=number,
                kind=kind,
                customer=f"{person}" if rng.random() > 0.1 else "",
                card=f"card{person % 20 if rng.random() > 0.1 else rng.integers(0, 30)}",
                visitor=f"visitor{rng.integers(0, 40)}" if rng.random() > 0.2 else "",
                address=f"street{person % 12}",
                domain=str(rng.choice(["a.example", "b.example", ""])),
                ip=str(rng.choice(["net1", "net2", ""])),
                latitude=float(rng.choice([0.0, 39.1, 48.9])) if kind == LOGIN else 0.0,
                longitude=-84.5 if kind == LOGIN and rng.random() < 0.8 else 0.0,
                total=bought[-1] if whole else round(float(rng.lognormal(3, 1)), 2),
                discount=round(float(rng.uniform(0, 5)), 2),
                coupons=int(rng.random() < 0.2),
                lines=int(rng.integers(1, 9)),
                units=int(rng.integers(1, 20)),
                max_quantity=int(rng.integers(1, 5)),
                max_unit_price=float(rng.uniform(1, 50)),
                hour=float(rng.uniform(0, 24)),
                departments={
                    str(name): float(rng.uniform(1, 30))
                    for name in rng.choice(["food", "drinks", "sport", "toys"], 2, replace=False)
                },
                categories={
                    f"c{name}": float(rng.uniform(0, 30))
                    for name in rng.choice(12, rng.integers(0, 5), replace=False)
                },
            )
        )
    # Page views before some of the orders, by people and by a clock.
    for number, row in enumerate(rows[::7]):
        gaps = rng.exponential(20, 9) if number % 2 else np.full(9, 2.5)
        for step, seconds in enumerate(np.cumsum(gaps), 1):
            at = round(row.at - float(seconds), 1)
            which = len(rows) + 20 * number + step
            views.append(Activity(at=at, id=which, kind=VIEW, visitor=row.visitor))
    return sorted(rows + views, key=lambda row: (row.at, row.id))


@pytest.fixture(scope="module")
def behaviour(events) -> BasketEmbedding:
    """What is bought together in the first half; the second half has goods it has not seen."""
    return BasketEmbedding(dimensions=6).fit(
        {name: value for name, value in event.categories.items() if name != "c11"}
        for event in events
        if event.at < 30 * DAY
    )


@pytest.fixture(scope="module")
def expected(events, behaviour) -> dict[int, np.ndarray]:
    table = frame_of(events)
    result = order_features(table, behaviour)
    known = result["basket_unknown"] == 0
    assert 100 < known.sum() < len(known)
    assert result.loc[known, "basket_oddity"].std() > 0.1
    assert list(result.columns) == list(FEATURES)
    return {int(table["id"][row]): values.to_numpy() for row, values in result.iterrows()}


def same(found: dict[int, np.ndarray], expected: dict[int, np.ndarray]) -> bool:
    assert found.keys() == expected.keys()
    return max(np.abs(found[key] - expected[key]).max() for key in expected) < TOLERANCE


def replay(stream: Stream, events: list[Activity]) -> dict[int, np.ndarray]:
    return {event.id: values for row in events for event, values in stream.push(row)}


def test_stream_and_batch_agree(events, expected, behaviour):
    stream = Stream(behaviour=behaviour)
    found = replay(stream, events) | {event.id: row for event, row in stream.finish()}
    assert same(found, expected)


def test_they_agree_when_events_arrive_out_of_order_within_a_minute(events, expected, behaviour):
    rng = np.random.default_rng(1)
    late = sorted(events, key=lambda event: event.at + rng.uniform(0, 60))
    assert [event.id for event in late] != [event.id for event in events]
    stream = Stream(lateness=60, behaviour=behaviour)
    found = replay(stream, late) | {event.id: row for event, row in stream.finish()}
    assert same(found, expected)


def test_they_agree_after_a_restart_half_way(events, expected, behaviour):
    before, after = events[:1700], events[1700:]
    first = Stream(behaviour=behaviour)
    found = replay(first, before)
    kept = json.loads(json.dumps(first.snapshot()))
    second = Stream(snapshot=kept, behaviour=behaviour)
    found |= replay(second, after) | {event.id: row for event, row in second.finish()}
    assert same(found, expected)


def test_serving_reads_what_training_saw(events, expected, behaviour):
    states: dict = {}
    found = {}
    for event in events:
        if event.kind == ORDER:
            found[event.id] = vector(event, states, behaviour)
        apply(event, states)
    assert same(found, expected)


def test_an_order_does_not_see_what_comes_after_it(events, expected, behaviour):
    earlier = [event for event in events if event.at < 30 * DAY]
    table = frame_of(earlier)
    for row, values in order_features(table, behaviour).iterrows():
        assert np.allclose(values.to_numpy(), expected[int(table["id"][row])], atol=TOLERANCE)


def test_old_events_are_forgotten(events):
    states: dict = {}
    for event in events:
        apply(event, states)
    for state in states.values():
        for row in state.get(ORDER, []):
            assert row[0] > events[-1].at - 61 * DAY
    apply(Activity(at=200 * DAY, id=9999, customer="1", card="card1"), states)
    assert len(states["card:card1"][ORDER]) == 1


def test_events_survive_being_a_table(events):
    assert events_of(frame_of(events)) == events


def seen(events: list[Activity]) -> dict[str, float]:
    """Features of the last event by name."""
    return order_features(frame_of(events)).iloc[-1].to_dict()


def test_the_second_order_of_a_stranger_in_an_old_account_is_still_odd():
    known = {"customer": "1", "card": "c", "visitor": "v", "address": "a"}
    strange = known | {"visitor": "thief", "address": "drop"}
    events = [Activity(at=day * DAY, id=day, total=20.0, **known) for day in range(20)]
    assert seen([*events, Activity(at=20 * DAY, id=20, **strange)])["fresh_identities"] == 2
    events += [Activity(at=(20 + day) * DAY, id=20 + day, **strange) for day in range(2)]
    assert seen(events)["fresh_identities"] == 2
    assert seen([*events, Activity(at=40 * DAY, id=40, **strange)])["fresh_identities"] == 0
    assert seen([*events, Activity(at=40 * DAY, id=40, **known)])["fresh_identities"] == 0


def test_only_other_customers_count_as_linked():
    shared = {"card": "c", "visitor": "v", "address": "a", "coupons": 1}
    events = [Activity(at=day * DAY, id=day, customer="1", **shared) for day in range(3)]
    assert seen(events)["linked_customers"] == 0
    guest = Activity(at=3 * DAY, id=3, **shared)
    assert seen([*events, guest])["linked_customers"] == 0
    other = Activity(at=4 * DAY, id=4, customer="2", **shared)
    assert seen([*events, guest, other])["linked_customers"] == 3
    assert seen([*events, guest, other])["linked_coupons"] == 6


def test_a_refund_is_whole_when_it_gives_back_an_order():
    events = [Activity(at=day * DAY, id=day, customer="1", total=10.0 + day) for day in range(3)]
    part = Activity(at=3 * DAY, id=3, kind=REFUND, customer="1", total=5.0)
    order = Activity(at=5 * DAY, id=5, customer="1", total=1.0)
    assert seen([*events, part, order])["whole_refund_surprise_7d"] == 0
    whole = Activity(at=4 * DAY, id=4, kind=REFUND, customer="1", total=12.0)
    row = seen([*events, part, whole, order])
    assert row["whole_refunds_7d"] == 1
    assert row["whole_refund_surprise_7d"] > 1


def test_a_program_goes_through_the_shop_like_a_clock():
    order = Activity(at=DAY, id=100, visitor="v")

    def views(gaps: list[float]) -> list[Activity]:
        times = DAY - 10 - np.cumsum(gaps)[::-1]
        return [Activity(at=float(t), id=n, kind=VIEW, visitor="v") for n, t in enumerate(times)]

    person, program = (
        seen([*views([9, 40, 3, 70, 15, 5, 31]), order]),
        seen([*views([2] * 7), order]),
    )
    assert program["view_rhythm"] < 0.01 < 0.5 < person["view_rhythm"]
    assert program["view_gap"] < person["view_gap"] < seen([order])["view_gap"]
    assert seen([*views([2.0] * 400), order])["view_rhythm"] < 0.01
    assert seen([Activity(at=DAY - 7200, id=0, kind=VIEW, visitor="v"), order]) == seen([order])


def test_nobody_is_in_two_towns_at_once():
    home, away = {"latitude": 39.1, "longitude": -84.5}, {"latitude": 48.9, "longitude": 2.3}
    order = Activity(at=2 * DAY, id=9, customer="1")

    def speed(*signs: Activity) -> float:
        return float(np.expm1(seen([*signs, order])["login_kmh_7d"]))

    first = Activity(at=DAY, id=1, kind=LOGIN, customer="1", **home)
    hour_later = Activity(at=DAY + 3600, id=2, kind=LOGIN, customer="1", **away)
    unknown = Activity(at=DAY + 1800, id=3, kind=LOGIN, customer="1")
    assert speed(first) == 0
    assert speed(first, hour_later) == speed(first, unknown, hour_later) > 5000
    day_later = Activity(at=2 * DAY - 1, id=2, kind=LOGIN, customer="1", **away)
    assert speed(first, day_later) < 400


def test_a_network_and_a_ring_are_counted():
    known = {"visitor": "v", "address": "a", "ip": "n"}
    events = [
        Activity(at=DAY + n * MINUTE, id=n, customer=f"{n}", card=f"c{n}", coupons=1, **known)
        for n in range(4)
    ]
    events.append(Activity(at=DAY + 5 * MINUTE, id=8, kind=REFUND, customer="0", address="a"))
    row = seen([*events, Activity(at=DAY + 9 * MINUTE, id=9, customer="new", **known)])
    assert np.expm1(row["ip_order_count_1h"]) == pytest.approx(4)
    names = ("customers", "tight", "cards", "coupons", "refunds")
    assert [row[f"ring_{name}"] for name in names] == [4, 4, 4, 4, 1]
    row = seen([*events, Activity(at=DAY + 9 * MINUTE, id=9, customer="0", **known)])
    assert [row[f"ring_{name}"] for name in names] == [3, 3, 3, 3, 0]


def test_bursts_of_reviews_and_messages_are_seen():
    events = [Activity(at=DAY + n, id=n, kind=REVIEW, customer="1", visitor="v") for n in range(5)]
    events += [
        Activity(at=DAY + 50 + n, id=50 + n, kind=MESSAGE, customer="1", visitor="v", total=0.9)
        for n in range(3)
    ]
    row = seen([*events, Activity(at=DAY + 1800, id=99, customer="1", visitor="v")])
    assert (row["customer_review_count_1d"], row["visitor_message_count_1h"]) == (5, 3)
    assert np.expm1(row["visitor_message_total_1d"]) == pytest.approx(2.7)


def test_other_vectors_change_what_is_odd_and_nothing_else(events, behaviour):
    table = frame_of(events)
    without = order_features(table)
    assert (without["basket_unknown"] == 1).all()
    exchanged = with_behaviour(without, table, behaviour)
    assert exchanged.equals(order_features(table, behaviour))
    changed = [name for name in FEATURES if not exchanged[name].equals(without[name])]
    assert changed == ["basket_oddity", "basket_unknown"]
