"""The batch execution of :mod:`risk.learning.signals`: a whole history at once, for training.

Nothing here is shared with the stream but the definition, so that comparing the two is a test.
"""

from collections import Counter
from collections.abc import Sequence

import numpy as np
import pandas as pd

from risk.learning.behaviour import FLAT, BasketEmbedding, shares, weight
from risk.learning.signals import (
    DAY,
    FEATURES,
    HOUR,
    IDENTITIES,
    LOGIN,
    LONGEST,
    NEVER,
    ORDER,
    ORDER_COLUMNS,
    POOLS,
    REFUND,
    RING,
    SHARED,
    SPANS,
    UNITS,
    VIEW,
    WINDOWS,
    Activity,
    Window,
    browsing,
    features,
    travelled,
)

BASKETS = ("departments", "categories")
FIELDS = tuple(name for name in Activity.__slots__ if name not in BASKETS)  # type: ignore[attr-defined]


def frame_of(events: Sequence[Activity]) -> pd.DataFrame:
    """Events as a table, one column a field."""
    names = (*FIELDS, *BASKETS)
    return pd.DataFrame({name: [getattr(event, name) for event in events] for name in names})


def events_of(table: pd.DataFrame) -> list[Activity]:
    """The rows of a table as events."""
    names = [*FIELDS, *BASKETS]
    return [
        Activity(**dict(zip(names, row, strict=True)))
        for row in table[names].itertuples(index=False, name=None)
    ]


def order_features(events: pd.DataFrame, behaviour: BasketEmbedding | None = None) -> pd.DataFrame:
    """Features of every order, one row an order in ``(at, id)`` order.

    ``events`` has the columns of :class:`Activity`. The index of the result is the orders' index
    in ``events``; its columns are ``FEATURES``.
    """
    table = events.sort_values(["at", "id"], kind="stable")
    orders = table[table["kind"] == ORDER]
    raw: dict[str, np.ndarray] = {}
    for identity in IDENTITIES:
        for kind in sorted({w.kind for w in WINDOWS if w.identity == identity}):
            wanted = [w for w in WINDOWS if (w.identity, w.kind) == (identity, kind)]
            raw |= _windows(table, orders, identity, kind, wanted)
    raw |= _pools(table, orders)
    raw |= _profiles(table, orders) | _behaviour(orders, behaviour)
    raw |= _browsing(table, orders)
    raw |= _ring(table, orders)
    raw |= _sign_ins(table, orders)
    for name in ORDER_COLUMNS:
        raw[name] = orders[name].to_numpy(np.float64)
    named = features(raw)
    return pd.DataFrame({name: named[name] for name in FEATURES}, index=orders.index)


def with_behaviour(
    features: pd.DataFrame, events: pd.DataFrame, behaviour: BasketEmbedding | None
) -> pd.DataFrame:
    """The same features with other vectors of what is bought together."""
    orders = events.loc[features.index]
    raw = _behaviour(orders, behaviour)
    odd = raw["basket_known"] - raw["basket_likeness"]
    return features.assign(basket_oddity=odd, basket_unknown=1.0 - raw["basket_known"])


def _windows(
    table: pd.DataFrame, orders: pd.DataFrame, identity: str, kind: str, wanted: list[Window]
) -> dict[str, np.ndarray]:
    """Counts, sums and different keys over earlier events of one kind that share one identity."""
    rows = table[(table["kind"] == kind) & (table[identity] != "")]
    keys = pd.Index(rows[identity].unique())
    code = keys.get_indexer(rows[identity])
    sequence = np.argsort(code, kind="stable")
    rows, code = rows.iloc[sequence], code[sequence]
    position = pd.Series(np.arange(len(table)), index=table.index)
    place, at = position[rows.index].to_numpy(), rows["at"].to_numpy(np.float64)
    asked = keys.get_indexer(orders[identity])
    known = asked >= 0
    # The end of an order's own past: rows of its key that come before it in the table.
    here = position[orders.index].to_numpy()
    size = len(table) + 1
    end = np.searchsorted(code * size + place, np.where(known, asked, 0) * size + here, "left")
    start = np.searchsorted(code, np.where(known, asked, 0), "left")
    end = np.where(known, np.maximum(end, start), start)
    total = np.r_[0.0, np.cumsum(rows["total"].to_numpy(np.float64))]
    coupons = np.r_[0, np.cumsum(rows["coupons"].to_numpy() > 0)]
    order_at = orders["at"].to_numpy(np.float64)
    own = orders["customer"].to_numpy()
    raw = {}
    for window in wanted:
        first = _first_after(at, start, end, order_at - SPANS[window.span])
        if window.what == "count":
            raw[window.name] = (end - first).astype(np.float64)
        elif window.what == "total":
            raw[window.name] = np.where(end > first, total[end] - total[first], 0.0)
        elif window.what == "coupons":
            raw[window.name] = (coupons[end] - coupons[first]).astype(np.float64)
        elif window.what == "others":
            raw[window.name] = _others(rows["customer"].to_numpy(), first, end, own)
        else:
            raw[window.name] = _different(rows[window.what].to_numpy(), first, end)
    return raw


def _first_after(
    at: np.ndarray, start: np.ndarray, end: np.ndarray, since: np.ndarray
) -> np.ndarray:
    """First row in [start, end) whose time is after ``since``; a bisection for all at once."""
    low, high = start.copy(), end.copy()
    while True:
        open_ = low < high
        if not open_.any():
            return low
        middle = (low + high) // 2
        later = at[np.minimum(middle, len(at) - 1)] > since
        high = np.where(open_ & later, middle, high)
        low = np.where(open_ & ~later, middle + 1, low)


def _different(values: np.ndarray, first: np.ndarray, end: np.ndarray) -> np.ndarray:
    result = np.zeros(len(first))
    for row in np.flatnonzero(end > first):
        result[row] = len(set(values[first[row] : end[row]]) - {""})
    return result


def _others(
    customers: np.ndarray, first: np.ndarray, end: np.ndarray, own: np.ndarray
) -> np.ndarray:
    result = np.zeros(len(first))
    for row in np.flatnonzero(end > first):
        different = set(customers[first[row] : end[row]]) - {"", own[row]}
        result[row] = max(len(different) - (own[row] == ""), 0)
    return result


def _pools(table: pd.DataFrame, orders: pd.DataFrame) -> dict[str, np.ndarray]:
    raw = {}
    for pool in POOLS:
        rows = table[(table["kind"] == pool.kind) & (table[pool.identity] != "")]
        keys = pd.Index(rows[pool.identity].unique())
        code = keys.get_indexer(rows[pool.identity]).astype(np.int64)
        asked = keys.get_indexer(orders[pool.identity]).astype(np.int64)
        at, total = rows["at"].to_numpy(np.float64), rows["total"].to_numpy(np.float64)
        for label, (unit, length) in pool.spans.items():
            # No two keys meet: no time has as many minutes since the epoch.
            place = code * 10**10 + (at // UNITS[unit]).astype(np.int64)
            now = asked * 10**10 + (orders["at"].to_numpy(np.float64) // UNITS[unit]).astype(int)
            order = np.argsort(place, kind="stable")
            ordered, sums = place[order], np.r_[0.0, np.cumsum(total[order])]
            first = np.searchsorted(ordered, now - length, "left")
            last = np.searchsorted(ordered, now, "left")
            some = (asked >= 0) & (last > first)
            raw[pool.name("count", label)] = np.where(some, last - first, 0).astype(np.float64)
            if "total" in pool.what:
                raw[pool.name("total", label)] = np.where(some, sums[last] - sums[first], 0)
    return raw


def _spans(
    table: pd.DataFrame, orders: pd.DataFrame, kind: str, identity: str, span: float
) -> tuple[pd.DataFrame, np.ndarray, np.ndarray]:
    """Rows of one kind by their key and time, and for each order the first and the end of those
    that are its identity's, came before it and are no older than ``span``."""
    place = pd.Series(np.arange(len(table)), index=table.index)
    rows = table[(table["kind"] == kind) & (table[identity] != "")]
    keys = pd.Index(rows[identity].unique())
    code = keys.get_indexer(rows[identity])
    sequence = np.argsort(code, kind="stable")
    rows, code = rows.iloc[sequence], code[sequence]
    asked = keys.get_indexer(orders[identity])
    size = len(table) + 1
    ordered = code * size + place[rows.index].to_numpy()
    end = np.searchsorted(ordered, asked * size + place[orders.index].to_numpy(), "left")
    start = np.searchsorted(code, asked, "left")
    since = orders["at"].to_numpy(np.float64) - span
    first = _first_after(rows["at"].to_numpy(np.float64), start, np.maximum(end, start), since)
    return rows, np.where(asked >= 0, first, 0), np.where(asked >= 0, end, 0)


def _browsing(table: pd.DataFrame, orders: pd.DataFrame) -> dict[str, np.ndarray]:
    rows, first, end = _spans(table, orders, VIEW, "visitor", HOUR)
    at, nothing = rows["at"].to_numpy(np.float64), browsing(np.empty(0))
    raw = {name: np.full(len(orders), value) for name, value in nothing.items()}
    for number in np.flatnonzero(end > first):
        for name, value in browsing(at[first[number] : end[number]]).items():
            raw[name][number] = value
    return raw


def _sign_ins(table: pd.DataFrame, orders: pd.DataFrame) -> dict[str, np.ndarray]:
    placed = (table["kind"] != LOGIN) | (table["latitude"] != 0) | (table["longitude"] != 0)
    rows, first, end = _spans(table[placed], orders, LOGIN, "customer", SPANS["7d"])
    places = rows[["at", "latitude", "longitude"]].to_numpy(np.float64)
    found = np.zeros((len(orders), 2))
    for number in np.flatnonzero(end > first + 1):
        found[number] = travelled([tuple(row) for row in places[first[number] : end[number]]])
    return {"login_km_7d": found[:, 0], "login_kmh_7d": found[:, 1]}


def _ring(table: pd.DataFrame, orders: pd.DataFrame) -> dict[str, np.ndarray]:
    """The customers who share something with each order, from the whole table."""
    found = np.zeros((len(orders), len(RING)))
    own = orders["customer"].to_numpy()
    ways: dict[int, Counter[str]] = {}
    cards: dict[int, set] = {}
    events: dict[tuple[int, int], set] = {}
    for identity in SHARED:
        for kind in (ORDER, REFUND):
            rows, first, end = _spans(table, orders, kind, identity, LONGEST)
            who, card = rows["customer"].to_numpy(), rows["card"].to_numpy()
            coupons, index = rows["coupons"].to_numpy() > 0, rows.index.to_numpy()
            for number in np.flatnonzero(end > first).tolist():
                here = slice(first[number], end[number])
                others = (who[here] != "") & (who[here] != own[number])
                if not others.any():
                    continue
                if kind == REFUND:
                    events.setdefault((number, 4), set()).update(index[here][others])
                    continue
                ways.setdefault(number, Counter()).update(set(who[here][others]))
                cards.setdefault(number, set()).update(card[here][others])
                events.setdefault((number, 3), set()).update(index[here][others & coupons[here]])
    for number, counts in ways.items():
        found[number, 0] = len(counts)
        found[number, 1] = sum(count > 1 for count in counts.values())
        found[number, 2] = len(cards[number] - {""})
    for (number, column), seen in events.items():
        found[number, column] = len(seen)
    return dict(zip(RING, found.T, strict=True))


def _profiles(table: pd.DataFrame, orders: pd.DataFrame) -> dict[str, np.ndarray]:
    """What each order's customer had done before it; guests have done nothing."""
    known = (orders["customer"] != "").to_numpy()
    by = orders.groupby("customer", sort=False)
    log_total = np.log1p(orders["total"])
    number = by.cumcount()

    def before(values: pd.Series) -> np.ndarray:
        grouped = values.groupby(orders["customer"], sort=False)
        return (grouped.cumsum() - values).to_numpy(np.float64)

    def largest_before(name: str) -> np.ndarray:
        highest = by[name].cummax()
        return highest.groupby(orders["customer"], sort=False).shift(fill_value=0.0).to_numpy()

    at = orders["at"].to_numpy(np.float64)
    first, last = by["at"].transform("first").to_numpy(), by["at"].shift().to_numpy()
    refunds, refunded = _refunds_before(table, orders)
    raw = {
        "past_orders": number.to_numpy(np.float64),
        "past_log_sum": before(log_total),
        "past_log_squares": before(log_total**2),
        "past_max_total": largest_before("total"),
        "past_max_unit_price": largest_before("max_unit_price"),
        "days_known": (at - first) / DAY,
        "past_refunds": refunds,
        "past_refunded": refunded,
        "past_spent": before(orders["total"].astype(np.float64)),
    }
    raw = {name: np.where(known, value, 0.0) for name, value in raw.items()}
    for identity in ("card", "visitor", "address"):
        seen = orders.duplicated(["customer", identity]).to_numpy()
        named = orders[identity] != ""
        nothing = before(named.astype(np.float64)) == 0
        raw[f"{identity}_known"] = 1.0 * (seen | nothing | ~named.to_numpy() | ~known)
        begun = orders.groupby(["customer", identity], sort=False)["at"].transform("first")
        raw[f"{identity}_days"] = np.where(known & named, (at - begun) / DAY, 0.0)
    raw["guest"] = 1.0 * ~known
    raw |= _whole_refunds(table, orders)
    since = np.where(np.isnan(last), NEVER, (at - np.nan_to_num(last)) / DAY)
    raw["days_since_last"] = np.where(known, since, NEVER)
    raw["new_department_share"] = _new_departments(orders)
    return raw


def _behaviour(orders: pd.DataFrame, behaviour: BasketEmbedding | None) -> dict[str, np.ndarray]:
    """Cosine of each basket's vector with the weighted sum of its customer's earlier ones."""
    likeness, known = np.zeros(len(orders)), np.zeros(len(orders))
    if behaviour is not None:
        rows = [shares(basket) for basket in orders["categories"]]
        table = behaviour.table(rows)
        vectors = table @ behaviour.vectors_
        counts = np.array([weight(at) for at in orders["at"].to_numpy(np.float64)])
        said = counts * np.array([1.0 * bool(row) for row in rows])
        length = np.linalg.norm(vectors, axis=1)
        customer = orders["customer"].to_numpy()
        places = pd.Series(np.arange(len(orders))).groupby(customer, sort=False)
        for rows_of_one in (place.to_numpy() for name, place in places if name):
            summed = np.cumsum(counts[rows_of_one, None] * vectors[rows_of_one], axis=0)[:-1]
            now, past = rows_of_one[1:], np.cumsum(said[rows_of_one])[:-1]
            usual = np.linalg.norm(summed, axis=1)
            some = (usual > FLAT * past) & (length[now] > FLAT)
            product = (summed * vectors[now]).sum(axis=1)
            known[now] = some
            likeness[now] = np.where(some, product / np.where(some, usual * length[now], 1.0), 0.0)
    return {"basket_likeness": likeness, "basket_known": known}


def _new_departments(orders: pd.DataFrame) -> np.ndarray:
    """Share of each basket in departments that its customer had never bought in."""
    names = sorted({name for row in orders["departments"] for name in row})
    column = {name: number for number, name in enumerate(names)}
    basket = np.zeros((len(orders), max(len(names), 1)))
    present = np.zeros_like(basket, dtype=bool)
    for row, departments in enumerate(orders["departments"]):
        for name, value in departments.items():
            basket[row, column[name]] = value
            present[row, column[name]] = True
    customer = orders["customer"].to_numpy()
    code = np.where(customer == "", -1, pd.factorize(customer)[0])
    sequence = np.argsort(code, kind="stable")
    had = np.zeros_like(present)
    starts = np.flatnonzero(np.r_[True, np.diff(code[sequence]) != 0])
    for rows in np.split(sequence, starts[1:]):
        if code[rows[0]] >= 0:
            had[rows[1:]] = np.logical_or.accumulate(present[rows], axis=0)[:-1]
    totals = basket.sum(axis=1)
    new = np.where(had, 0.0, basket).sum(axis=1)
    return np.where(totals > 0, new / np.where(totals > 0, totals, 1), 0.0)


def _refunds_before(table: pd.DataFrame, orders: pd.DataFrame) -> tuple[np.ndarray, np.ndarray]:
    is_refund = table["kind"] == REFUND
    counted = is_refund.groupby(table["customer"], sort=False).cumsum()
    amount = table["total"].astype(np.float64).where(is_refund, 0.0)
    summed = amount.groupby(table["customer"], sort=False).cumsum()
    return counted[orders.index].to_numpy(np.float64), summed[orders.index].to_numpy(np.float64)


def _whole_refunds(table: pd.DataFrame, orders: pd.DataFrame) -> dict[str, np.ndarray]:
    """Per span the refunds that gave back the whole total of one of the customer's orders."""
    raw = {f"whole_refunds_{span}": np.zeros(len(orders)) for span in ("7d", "30d")}
    customers = table["customer"]
    wanted = table[customers.isin(customers[table["kind"] == REFUND]) & (customers != "")]
    bought: dict[tuple[str, float], float] = {}
    whole: dict[str, list[float]] = {}
    place = dict(zip(orders.index, range(len(orders)), strict=True))
    columns = (wanted[name] for name in ("kind", "customer", "at", "total"))
    for row, kind, customer, at, total in zip(wanted.index, *columns, strict=True):
        if kind == REFUND and (customer, total) in bought:
            whole.setdefault(customer, []).append(bought[customer, total])
        elif kind == ORDER:
            for span in ("7d", "30d"):
                since = at - SPANS[span]
                count = sum(then > since for then in whole.get(customer, ()))
                raw[f"whole_refunds_{span}"][place[row]] = count
            bought[customer, total] = at
    return raw
