"""One definition of the order features, two executions: they must agree to the last digit."""

import json

import numpy as np
import pytest

from risk.learning.batch import events_of, frame_of, order_features
from risk.learning.signals import DAY, DECLINED, FEATURES, ORDER, REFUND, Activity
from risk.learning.stream import Stream, apply, vector

TOLERANCE = 1e-6


@pytest.fixture(scope="module")
def events() -> list[Activity]:
    """Sixty days of orders, declines and refunds of few people who share much."""
    rng = np.random.default_rng(4)
    rows = []
    for number, at in enumerate(np.sort(rng.uniform(0, 60 * DAY, 1500)).round(1)):
        person = int(rng.integers(0, 25))
        kind = str(rng.choice([ORDER, ORDER, ORDER, ORDER, DECLINED, REFUND]))
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
            )
        )
    return rows


@pytest.fixture(scope="module")
def expected(events) -> dict[int, np.ndarray]:
    table = frame_of(events)
    result = order_features(table)
    assert list(result.columns) == list(FEATURES)
    return {int(table["id"][row]): values.to_numpy() for row, values in result.iterrows()}


def same(found: dict[int, np.ndarray], expected: dict[int, np.ndarray]) -> bool:
    assert found.keys() == expected.keys()
    return max(np.abs(found[key] - expected[key]).max() for key in expected) < TOLERANCE


def replay(stream: Stream, events: list[Activity]) -> dict[int, np.ndarray]:
    return {event.id: values for row in events for event, values in stream.push(row)}


def test_stream_and_batch_agree(events, expected):
    stream = Stream()
    found = replay(stream, events) | {event.id: row for event, row in stream.finish()}
    assert same(found, expected)


def test_they_agree_when_events_arrive_out_of_order_within_a_minute(events, expected):
    rng = np.random.default_rng(1)
    late = sorted(events, key=lambda event: event.at + rng.uniform(0, 60))
    assert [event.id for event in late] != [event.id for event in events]
    stream = Stream(lateness=60)
    found = replay(stream, late) | {event.id: row for event, row in stream.finish()}
    assert same(found, expected)


def test_they_agree_after_a_restart_half_way(events, expected):
    before, after = events[:700], events[700:]
    first = Stream()
    found = replay(first, before)
    second = Stream(snapshot=json.loads(json.dumps(first.snapshot())))
    found |= replay(second, after) | {event.id: row for event, row in second.finish()}
    assert same(found, expected)


def test_serving_reads_what_training_saw(events, expected):
    states: dict = {}
    found = {}
    for event in events:
        if event.kind == ORDER:
            found[event.id] = vector(event, states)
        apply(event, states)
    assert same(found, expected)


def test_an_order_does_not_see_what_comes_after_it(events, expected):
    earlier = [event for event in events if event.at < 30 * DAY]
    table = frame_of(earlier)
    for row, values in order_features(table).iterrows():
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
