"""The streaming execution of :mod:`risk.learning.signals`: a small state for every identity.

A state is plain JSON, so that it can live in a table, a cache or a file. An order reads five
states and writes five; nothing grows beyond thirty days but the customer's known cards, visitors
and addresses.
"""

import heapq
import math
from bisect import insort
from collections.abc import Iterator, Mapping, MutableMapping
from typing import Any

import numpy as np

from risk.learning.signals import (
    COLUMNS,
    DAY,
    DECLINED,
    DOMAIN_COLUMNS,
    DOMAIN_SPANS,
    FEATURES,
    IDENTITIES,
    LONGEST,
    NEVER,
    ORDER,
    ORDER_COLUMNS,
    REFUND,
    SPANS,
    UNITS,
    WINDOWS,
    Activity,
    features,
)

State = dict[str, Any]
EMPTY: dict[str, float] = dict.fromkeys((name for name, _ in COLUMNS), 0.0)
SLACK = 120.0
"""Seconds that events are kept beyond the longest window, for orders that come late."""
KEPT_UNITS = 60
"""Hours and days of an e-mail domain that are kept; 30 are needed."""
GROUPS: dict[tuple[str, str], list[tuple[int, float, str, str]]] = {}
for _number, _window in enumerate(WINDOWS):
    GROUPS.setdefault((_window.identity, _window.kind), []).append(
        (_number, SPANS[_window.span], _window.what, _window.name)
    )


def state_keys(event: Activity) -> list[str]:
    """Keys of the states an event touches: ``customer:17``, ``card:ab…``, ``domain:qq.com``."""
    names = (*IDENTITIES, "domain")
    return [f"{name}:{key}" for name in names if (key := getattr(event, name))]


def raw_columns(event: Activity, states: Mapping[str, State]) -> dict[str, float]:
    """Raw columns of an order, from the states of everything that came before it."""
    raw = EMPTY.copy()
    moment = (event.at, event.id)
    for identity in IDENTITIES:
        key = getattr(event, identity)
        state = states.get(f"{identity}:{key}") if key else None
        if state is None:
            continue
        for kind in (ORDER, DECLINED, REFUND):
            wanted, rows = GROUPS.get((identity, kind)), state.get(kind)
            if wanted and rows:
                _count(raw, wanted, rows, moment, event.customer)
    domain = states.get(f"domain:{event.domain}") if event.domain else None
    raw |= _domain(event, domain)
    raw |= _profile(event, states.get(f"customer:{event.customer}") if event.customer else None)
    for name in ORDER_COLUMNS:
        raw[name] = float(getattr(event, name))
    return raw


def _count(
    raw: dict[str, float],
    wanted: list[tuple[int, float, str, str]],
    rows: list[list],
    moment: tuple[float, int],
    customer: str,
) -> None:
    """Add up a state's rows: ``[at, id, total, coupon, customer, card, visitor, address]``."""
    place = {"customer": 4, "card": 5, "visitor": 6, "address": 7}
    earlier = [row for row in rows if (row[0], row[1]) < moment]
    for _, span, what, name in wanted:
        since = moment[0] - span
        inside = [row for row in earlier if row[0] > since]
        if what == "count":
            raw[name] = float(len(inside))
        elif what == "total":
            raw[name] = math.fsum(row[2] for row in inside)
        elif what == "coupons":
            raw[name] = float(sum(row[3] for row in inside))
        elif what == "others":
            different = {row[4] for row in inside} - {"", customer}
            raw[name] = float(max(len(different) - (not customer), 0))
        else:
            raw[name] = float(len({row[place[what]] for row in inside} - {""}))


def _domain(event: Activity, state: State | None) -> dict[str, float]:
    """Counts of the whole hours, or for long spans the whole days, before the order's own."""
    raw = dict.fromkeys(DOMAIN_COLUMNS, 0.0)
    if state is None:
        return raw
    for label, (unit, length) in DOMAIN_SPANS.items():
        now = int(event.at // UNITS[unit])
        rows = [state[unit].get(str(number)) for number in range(now - length, now)]
        raw[f"domain_count_{label}"] = float(sum(row[0] for row in rows if row))
        raw[f"domain_total_{label}"] = math.fsum(row[1] for row in rows if row)
    return raw


def _profile(event: Activity, state: State | None) -> dict[str, float]:
    """What the customer had done before."""
    past = state or NEW_PROFILE
    spent = past["departments"]
    mine = math.sqrt(sum(value * value for value in spent.values()))
    now = math.sqrt(sum(value * value for value in event.departments.values()))
    product = sum(value * spent.get(name, 0.0) for name, value in event.departments.items())
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
        "basket_likeness": product / (mine * now) if mine and now else 0.0,
        "new_department_share": new / total if total else 0.0,
        "card_known": _known(event.card, past["cards"]),
        "visitor_known": _known(event.visitor, past["visitors"]),
        "address_known": _known(event.address, past["addresses"]),
        "card_days": (event.at - past["cards"].get(event.card, event.at)) / DAY,
        "visitor_days": (event.at - past["visitors"].get(event.visitor, event.at)) / DAY,
        "address_days": (event.at - past["addresses"].get(event.address, event.at)) / DAY,
        "guest": 0.0 if event.customer else 1.0,
        **_whole_refunds(event, past),
    }


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
    ]
    for identity in IDENTITIES:
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
        oldest = rows[-1][0] - LONGEST - SLACK
        if rows[0][0] < oldest:
            state[event.kind] = [kept for kept in rows if kept[0] >= oldest]
        if identity == "customer":
            _learn(event, state)
    if event.domain and event.kind == ORDER:
        _count_domain(event, states)


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
    for names, key in (
        ("cards", event.card),
        ("visitors", event.visitor),
        ("addresses", event.address),
    ):
        if key:
            state[names][key] = min(event.at, state[names].get(key, event.at))


def _count_domain(event: Activity, states: MutableMapping[str, State]) -> None:
    state = states.setdefault(f"domain:{event.domain}", {unit: {} for unit in UNITS})
    for unit, length in UNITS.items():
        number = int(event.at // length)
        row = state[unit].setdefault(str(number), [0, 0.0])
        row[0] += 1
        row[1] += event.total
        if len(state[unit]) > KEPT_UNITS:
            oldest = number - KEPT_UNITS + 4
            state[unit] = {name: kept for name, kept in state[unit].items() if int(name) >= oldest}


def vector(event: Activity, states: Mapping[str, State]) -> np.ndarray:
    """Features of one order, float64 ``(len(FEATURES),)``."""
    named = features(raw_columns(event, states))
    return np.array([named[name] for name in FEATURES])


class Stream:
    """Replays events that may arrive up to ``lateness`` seconds out of order.

    An order's features are final once no earlier event can still arrive. :meth:`push` takes an
    event and gives the orders that have become final; :meth:`finish` gives the rest.
    :meth:`snapshot` is all there is to keep for going on after a restart.
    """

    def __init__(self, lateness: float = 60.0, snapshot: dict | None = None) -> None:
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
                yield event, vector(event, self.states)
            apply(event, self.states)

    def snapshot(self) -> dict:
        """JSON-ready state."""
        names = Activity.__slots__  # type: ignore[attr-defined]
        waiting = [{name: getattr(row[2], name) for name in names} for row in self.waiting]
        return {"states": self.states, "waiting": waiting, "newest": self.newest}
