"""The streaming execution of :mod:`risk.learning.signals`: a small state for every identity.

A state is plain JSON, so that it can live in a table, a cache or a file. An order reads six
states and writes six; nothing grows beyond thirty days but the customer's known cards, visitors
and addresses.
"""

import heapq
import math
from bisect import bisect_left, insort
from collections.abc import Iterator, Mapping, MutableMapping
from typing import Any

import numpy as np

from risk.learning.behaviour import FLAT, BasketEmbedding, shares, weight
from risk.learning.signals import (
    COLUMNS,
    DAY,
    DECLINED,
    FEATURES,
    HOUR,
    IDENTITIES,
    LOGIN,
    LONGEST,
    MESSAGE,
    NEVER,
    ORDER,
    ORDER_COLUMNS,
    POOLED,
    POOLS,
    REFUND,
    REVIEW,
    RING,
    SHARED,
    SPANS,
    UNITS,
    VIEW,
    WINDOWS,
    Activity,
    browsing,
    features,
    travelled,
)

State = dict[str, Any]
EMPTY: dict[str, float] = dict.fromkeys((name for name, _ in COLUMNS), 0.0)
SLACK = 120.0
"""Seconds that events are kept beyond the longest window, for orders that come late."""
KEPT_UNITS = 72
"""Minutes, hours and days of a pool that are kept; 60 are needed."""
COUNTED = (ORDER, DECLINED, REFUND, LOGIN, REVIEW, MESSAGE)
GROUPS: dict[tuple[str, str], list[tuple[int, float, str, str]]] = {}
for _number, _window in enumerate(WINDOWS):
    GROUPS.setdefault((_window.identity, _window.kind), []).append(
        (_number, SPANS[_window.span], _window.what, _window.name)
    )


def _unit(kind: str, unit: str) -> str:
    return unit if kind == ORDER else f"{kind}-{unit}"


NOTHING_POOLED = dict.fromkeys(POOLED, 0.0)
POOLED_COLUMNS = [
    (
        pool.identity,
        _unit(pool.kind, unit),
        UNITS[unit],
        length,
        pool.name("count", label),
        pool.name("total", label) if "total" in pool.what else "",
    )
    for pool in POOLS
    for label, (unit, length) in pool.spans.items()
]


def state_keys(event: Activity) -> list[str]:
    """Keys of the states an event touches: ``customer:17``, ``card:ab…``, ``domain:qq.com``."""
    names = (*IDENTITIES, "domain", "ip")
    return [f"{name}:{key}" for name in names if (key := getattr(event, name))]


def raw_columns(
    event: Activity, states: Mapping[str, State], behaviour: BasketEmbedding | None = None
) -> dict[str, float]:
    """Raw columns of an order, from the states of everything that came before it."""
    raw = EMPTY.copy()
    moment: list[float] = [event.at, event.id]
    for identity in IDENTITIES:
        key = getattr(event, identity)
        state = states.get(f"{identity}:{key}") if key else None
        if state is None:
            continue
        for kind in COUNTED:
            wanted, rows = GROUPS.get((identity, kind)), state.get(kind)
            if wanted and rows:
                _count(raw, wanted, rows, moment, event.customer)
    raw |= _pools(event, states)
    past = states.get(f"customer:{event.customer}") if event.customer else None
    raw |= _profile(event, past)
    raw |= _behaviour(event, past, behaviour)
    raw |= _browsing(event, states)
    raw |= _ring(event, states)
    for name in ORDER_COLUMNS:
        raw[name] = float(getattr(event, name))
    return raw


def _count(
    raw: dict[str, float],
    wanted: list[tuple[int, float, str, str]],
    rows: list[list],
    moment: list[float],
    customer: str,
) -> None:
    """Add up a state's rows: ``[at, id, total, coupon, customer, card, visitor, address, ip]``."""
    place = {"customer": 4, "card": 5, "visitor": 6, "address": 7, "ip": 8}
    end = bisect_left(rows, moment)
    for _, span, what, name in wanted:
        first = bisect_left(rows, [moment[0] - span, math.inf], 0, end)
        if what == "count":
            raw[name] = float(end - first)
            continue
        inside = rows[first:end]
        if what == "total":
            raw[name] = math.fsum(row[2] for row in inside)
        elif what == "coupons":
            raw[name] = float(sum(row[3] for row in inside))
        elif what == "others":
            different = {row[4] for row in inside} - {"", customer}
            raw[name] = float(max(len(different) - (not customer), 0))
        else:
            raw[name] = float(len({row[place[what]] for row in inside} - {""}))


def _pools(event: Activity, states: Mapping[str, State]) -> dict[str, float]:
    """Counts and sums of the whole minutes, hours or days before the order's own."""
    raw = NOTHING_POOLED.copy()
    for identity, kind_unit, unit, length, count, total in POOLED_COLUMNS:
        key = getattr(event, identity)
        state = states.get(f"{identity}:{key}") if key else None
        kept = state.get(kind_unit) if state else None
        if not kept:
            continue
        now = int(event.at // unit)
        rows = [row for name, row in kept.items() if now - length <= int(name) < now]
        raw[count] = float(sum(row[0] for row in rows))
        if total:
            raw[total] = math.fsum(row[1] for row in rows)
    return raw


def _browsing(event: Activity, states: Mapping[str, State]) -> dict[str, float]:
    state = states.get(f"visitor:{event.visitor}", {}) if event.visitor else {}
    rows = _within(state.get(VIEW, []), event, HOUR)
    return browsing(np.array([row[0] for row in rows]))


def _within(rows: list[list], event: Activity, span: float) -> list[list]:
    """Rows, which are in order, that came before an event and are no older than ``span``."""
    end = bisect_left(rows, [event.at, event.id])
    return rows[bisect_left(rows, [event.at - span, math.inf], 0, end) : end]


def _ring(event: Activity, states: Mapping[str, State]) -> dict[str, float]:
    """The other customers who share something with the order, all of them together."""
    own = ("", event.customer)
    ways: dict[str, int] = {}
    cards, coupons, refunds = set(), set(), set()
    for identity in SHARED:
        key = getattr(event, identity)
        state = states.get(f"{identity}:{key}") if key else None
        if state is None:
            continue
        others = set()
        for row in _within(state.get(ORDER, []), event, LONGEST):
            if row[4] in own:
                continue
            others.add(row[4])
            cards.add(row[5])
            if row[3]:
                coupons.add((row[0], row[1]))
        for name in others:
            ways[name] = ways.get(name, 0) + 1
        for row in _within(state.get(REFUND, []), event, LONGEST):
            if row[4] not in own:
                refunds.add((row[0], row[1]))
    tight = sum(count > 1 for count in ways.values())
    found = (len(ways), tight, len(cards - {""}), len(coupons), len(refunds))
    return dict(zip(RING, map(float, found), strict=True))


def _profile(event: Activity, state: State | None) -> dict[str, float]:
    """What the customer had done before."""
    past = state or NEW_PROFILE
    spent = past["departments"]
    total = sum(event.departments.values())
    new = sum(value for name, value in event.departments.items() if name not in spent)
    return {
        "past_orders": float(past["orders"]),
        "past_log_sum": past["log_sum"],
        "past_log_squares": past["log_squares"],
        "past_max_total": past["max_total"],
        "past_max_unit_price": past["max_unit_price"],
        "days_known": (event.at - past["first"]) / DAY if past["first"] is not None else 0.0,
        "days_since_last": (event.at - past["last"]) / DAY if past["last"] is not None else NEVER,
        "past_refunds": float(past["refunds"]),
        "past_refunded": past["refunded"],
        "past_spent": past["spent"],
        "new_department_share": new / total if total else 0.0,
        "card_known": _known(event.card, past["cards"]),
        "visitor_known": _known(event.visitor, past["visitors"]),
        "address_known": _known(event.address, past["addresses"]),
        "card_days": (event.at - past["cards"].get(event.card, event.at)) / DAY,
        "visitor_days": (event.at - past["visitors"].get(event.visitor, event.at)) / DAY,
        "address_days": (event.at - past["addresses"].get(event.address, event.at)) / DAY,
        "guest": 0.0 if event.customer else 1.0,
        **_whole_refunds(event, past),
        **_sign_ins(event, past),
    }


def _behaviour(
    event: Activity, past: State | None, behaviour: BasketEmbedding | None
) -> dict[str, float]:
    """How like the customer's earlier baskets this one is."""
    bought = past.get("categories") if past else None
    if behaviour is not None and bought:
        usual, now = behaviour.vector(bought), behaviour.vector(shares(event.categories))
        mine, its = float(np.linalg.norm(usual)), float(np.linalg.norm(now))
        if mine > FLAT * sum(bought.values()) and its > FLAT:
            likeness = float(usual @ now) / (mine * its)
            return {"basket_likeness": likeness, "basket_known": 1.0}
    return {"basket_likeness": 0.0, "basket_known": 0.0}


def _known(key: str, first: Mapping[str, float]) -> float:
    """Whether an identity is one of the customer's, or there is nothing to compare it with."""
    return 0.0 if key and first and key not in first else 1.0


def _whole_refunds(event: Activity, past: State) -> dict[str, float]:
    """Refunds that gave back the whole of one of the customer's orders."""
    result = {"whole_refunds_7d": 0.0, "whole_refunds_30d": 0.0}
    refunds = past.get(REFUND)
    if not refunds:
        return result
    moment = [event.at, event.id]
    for refund in refunds:
        if refund[:2] >= moment:
            continue
        bought = max(
            (row[0] for row in past.get(ORDER, ()) if row[2] == refund[2] and row[:2] < refund[:2]),
            default=-math.inf,
        )
        for span in ("7d", "30d"):
            result[f"whole_refunds_{span}"] += bought > event.at - SPANS[span]
    return result


def _sign_ins(event: Activity, past: State) -> dict[str, float]:
    rows = _within(past.get(LOGIN, []), event, SPANS["7d"])
    far, fast = travelled([(row[0], row[9], row[10]) for row in rows if row[9] or row[10]])
    return {"login_km_7d": far, "login_kmh_7d": fast}


def new_profile() -> State:
    return {
        "orders": 0,
        "log_sum": 0.0,
        "log_squares": 0.0,
        "max_total": 0.0,
        "max_unit_price": 0.0,
        "first": None,
        "last": None,
        "refunds": 0,
        "refunded": 0.0,
        "spent": 0.0,
        "departments": {},
        "categories": {},
        "cards": {},
        "visitors": {},
        "addresses": {},
    }


NEW_PROFILE = new_profile()


def apply(event: Activity, states: MutableMapping[str, State]) -> None:
    """Let the states know of an event. Each event is applied once."""
    row = [
        event.at,
        event.id,
        event.total,
        int(event.coupons > 0),
        event.customer,
        event.card,
        event.visitor,
        event.address,
        event.ip,
    ]
    if event.kind == LOGIN:
        row += [event.latitude, event.longitude]
    for identity in IDENTITIES if event.kind != VIEW else ("visitor",):
        key = getattr(event, identity)
        if not key:
            continue
        name = f"{identity}:{key}"
        state = states.get(name)
        if state is None:
            state = states[name] = new_profile() if identity == "customer" else {}
        rows = state.setdefault(event.kind, [])
        if rows and rows[-1][:2] > row[:2]:
            insort(rows, row, key=lambda kept: (kept[0], kept[1]))
        else:
            rows.append(row)
        oldest = rows[-1][0] - (HOUR if event.kind == VIEW else LONGEST) - SLACK
        if rows[0][0] < oldest:
            state[event.kind] = [kept for kept in rows if kept[0] >= oldest]
        if identity == "customer":
            _learn(event, state)
    for pool in POOLS:
        if event.kind == pool.kind and (key := getattr(event, pool.identity)):
            _pour(event, states.setdefault(f"{pool.identity}:{key}", {}), pool.units)


def _learn(event: Activity, state: State) -> None:
    if event.kind == REFUND:
        state["refunds"] += 1
        state["refunded"] += event.total
    if event.kind != ORDER:
        return
    log_total = math.log1p(event.total)
    state["orders"] += 1
    state["log_sum"] += log_total
    state["log_squares"] += log_total**2
    state["max_total"] = max(state["max_total"], event.total)
    state["max_unit_price"] = max(state["max_unit_price"], event.max_unit_price)
    state["first"] = event.at if state["first"] is None else min(state["first"], event.at)
    state["last"] = event.at if state["last"] is None else max(state["last"], event.at)
    state["spent"] += event.total
    for name, value in event.departments.items():
        state["departments"][name] = state["departments"].get(name, 0.0) + value
    # States from before categories were kept have none.
    bought, counts = state.setdefault("categories", {}), weight(event.at)
    for name, value in shares(event.categories).items():
        bought[name] = bought.get(name, 0.0) + counts * value
    for names, key in (
        ("cards", event.card),
        ("visitors", event.visitor),
        ("addresses", event.address),
    ):
        if key:
            state[names][key] = min(event.at, state[names].get(key, event.at))


def _pour(event: Activity, state: State, units: tuple[str, ...]) -> None:
    for unit in units:
        number = int(event.at // UNITS[unit])
        rows = state.setdefault(_unit(event.kind, unit), {})
        row = rows.setdefault(str(number), [0, 0.0])
        row[0] += 1
        row[1] += event.total
        if len(rows) > KEPT_UNITS:
            oldest = number - KEPT_UNITS + 4
            kept = {name: row for name, row in rows.items() if int(name) >= oldest}
            state[_unit(event.kind, unit)] = kept


def vector(
    event: Activity, states: Mapping[str, State], behaviour: BasketEmbedding | None = None
) -> np.ndarray:
    """Features of one order, float64 ``(len(FEATURES),)``."""
    named = features(raw_columns(event, states, behaviour))
    return np.array([named[name] for name in FEATURES])


class Stream:
    """Replays events that may arrive up to ``lateness`` seconds out of order.

    An order's features are final once no earlier event can still arrive. :meth:`push` takes an
    event and gives the orders that have become final; :meth:`finish` gives the rest.
    :meth:`snapshot` is all there is to keep for going on after a restart.
    """

    def __init__(
        self,
        lateness: float = 60.0,
        snapshot: dict | None = None,
        behaviour: BasketEmbedding | None = None,
    ) -> None:
        self.behaviour = behaviour
        kept = snapshot or {"states": {}, "waiting": [], "newest": -math.inf}
        self.lateness = lateness
        self.states: dict[str, State] = kept["states"]
        self.newest: float = kept["newest"]
        self.waiting: list[tuple[float, int, Activity]] = [
            (row["at"], row["id"], Activity(**row)) for row in kept["waiting"]
        ]
        heapq.heapify(self.waiting)

    def push(self, event: Activity) -> list[tuple[Activity, np.ndarray]]:
        """Take an event; return ``(order, features)`` of every order that is final now."""
        heapq.heappush(self.waiting, (event.at, event.id, event))
        self.newest = max(self.newest, event.at)
        return list(self._release(self.newest - self.lateness))

    def finish(self) -> list[tuple[Activity, np.ndarray]]:
        return list(self._release(math.inf))

    def _release(self, until: float) -> Iterator[tuple[Activity, np.ndarray]]:
        while self.waiting and self.waiting[0][0] < until:
            event = heapq.heappop(self.waiting)[2]
            if event.kind == ORDER:
                yield event, vector(event, self.states, self.behaviour)
            apply(event, self.states)

    def snapshot(self) -> dict:
        """JSON-ready state."""
        names = Activity.__slots__  # type: ignore[attr-defined]
        waiting = [{name: getattr(row[2], name) for name in names} for row in self.waiting]
        return {"states": self.states, "waiting": waiting, "newest": self.newest}
