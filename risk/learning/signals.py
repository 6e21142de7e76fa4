"""What risk looks at in an order: one definition, run as a stream and as a batch.

Events are orders, declined payments and refunds, sign-ins, reviews, chat messages and page views.
A raw column counts or sums earlier events that share an identity with the order (``WINDOWS``,
``POOLED``), says what the customer had done before (``PROFILE``), how its browser went through
the shop (``BROWSING``), or who is linked with it (``RING``). :func:`features` turns raw columns
into model features; it takes floats and arrays alike. :mod:`risk.learning.stream` fills the raw
columns event by event, as serving does, :mod:`risk.learning.batch` for a whole history at once;
both see events that come before the order by ``(at, id)`` and nothing else.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from itertools import pairwise
from typing import Any

import numpy as np
from scipy.special import gammainc

from risk.learning.distance import kilometres

ORDER, DECLINED, REFUND = "order", "declined", "refund"
LOGIN, REVIEW, MESSAGE, VIEW = "login", "review", "message", "view"
MINUTE, HOUR, DAY = 60.0, 3600.0, 86_400.0
SPANS = {"1h": HOUR, "1d": DAY, "7d": 7 * DAY, "30d": 30 * DAY}
LONGEST = 30 * DAY
IDENTITIES = ("customer", "card", "visitor", "address")
"""What an event can share with an order; an empty key is unknown and shares nothing."""
SHARED = ("card", "visitor", "address")
"""Identities by which different customers are linked."""


@dataclass(frozen=True, slots=True)
class Activity:
    """One event. Times in seconds since the epoch, money in dollars, keys are opaque text.

    ``departments`` and ``categories`` are dollars by each; ``hour`` is the shop's local hour. An
    e-mail ``domain`` and a network address (``ip``) are counted by whole minutes, hours and days
    (``POOLS``), since a large one has too many events to keep apart. A sign-in has the place it
    came from in degrees, zeros when it is unknown; a chat message's ``total`` is how much it
    presses, 0 to 1.
    """

    at: float
    id: int
    kind: str = ORDER
    customer: str = ""
    card: str = ""
    visitor: str = ""
    address: str = ""
    domain: str = ""
    ip: str = ""
    latitude: float = 0.0
    longitude: float = 0.0
    total: float = 0.0
    discount: float = 0.0
    coupons: int = 0
    lines: int = 0
    units: int = 0
    max_quantity: int = 0
    max_unit_price: float = 0.0
    hour: float = 12.0
    departments: Mapping[str, float] = field(default_factory=dict)
    categories: Mapping[str, float] = field(default_factory=dict)


@dataclass(frozen=True)
class Window:
    """One raw column: over events of ``kind`` that share ``identity``, no older than ``span``.

    ``what`` is ``count``, ``total``, ``coupons`` (orders that used one), the name of another
    identity, whose different known keys are counted, or ``others``: different customers that are
    not the order's own. A guest may be one of them, so that for a guest one less counts.
    """

    identity: str
    kind: str
    span: str
    what: str

    @property
    def name(self) -> str:
        return f"{self.identity}_{self.kind}_{self.what}_{self.span}"


WINDOWS: tuple[Window, ...] = (
    *(
        Window(identity, ORDER, span, what)
        for identity in IDENTITIES
        for span in SPANS
        for what in ("count", "total")
    ),
    *(
        Window(identity, DECLINED, span, "count")
        for identity in ("customer", "card", "visitor")
        for span in ("1h", "1d")
    ),
    *(
        Window(identity, REFUND, "30d", what)
        for identity in ("customer", "card", "address")
        for what in ("count", "total")
    ),
    *(Window("customer", REFUND, "7d", what) for what in ("count", "total")),
    *(Window(identity, ORDER, "30d", "coupons") for identity in IDENTITIES),
    *(
        Window(identity, ORDER, "30d", what)
        for identity in ("card", "visitor", "address")
        for what in ("customer", "others")
    ),
    Window("visitor", ORDER, "1d", "card"),
    Window("visitor", DECLINED, "1d", "card"),
    Window("customer", ORDER, "30d", "card"),
    Window("customer", ORDER, "30d", "visitor"),
    Window("customer", ORDER, "30d", "address"),
    Window("visitor", ORDER, "30d", "address"),
    Window("card", ORDER, "30d", "address"),
    *(Window("customer", LOGIN, span, "count") for span in ("1h", "1d", "7d")),
    *(Window("customer", LOGIN, "7d", what) for what in ("visitor", "ip")),
    *(Window("customer", REVIEW, span, "count") for span in ("1d", "7d", "30d")),
    *(
        Window("visitor", MESSAGE, span, what)
        for span in ("1h", "1d")
        for what in ("count", "total")
    ),
)
UNITS = {"minutes": MINUTE, "hours": HOUR, "days": DAY}


@dataclass(frozen=True)
class Pool:
    """Raw columns of an identity with many events: ``what`` of events of ``kind``, in whole units
    (UTC) before the order's own, by span."""

    identity: str
    kind: str
    what: tuple[str, ...]
    spans: Mapping[str, tuple[str, int]]

    def name(self, what: str, span: str) -> str:
        kind = "" if self.identity == "domain" else f"{self.kind}_"
        return f"{self.identity}_{kind}{what}_{span}"

    @property
    def units(self) -> tuple[str, ...]:
        return tuple(dict.fromkeys(unit for unit, _ in self.spans.values()))


LONG_SPANS = {"1d": ("hours", 24), "7d": ("days", 7), "30d": ("days", 30)}
SHORT_SPANS = {"1h": ("minutes", 60), "1d": ("hours", 24)}
POOLS: tuple[Pool, ...] = (
    Pool("domain", ORDER, ("count", "total"), {"1h": ("hours", 1), **LONG_SPANS}),
    Pool("ip", ORDER, ("count", "total"), {"1h": ("minutes", 60), **LONG_SPANS}),
    Pool("ip", DECLINED, ("count",), SHORT_SPANS),
    Pool("ip", LOGIN, ("count",), SHORT_SPANS),
)
COLUMNS = tuple((window.name, window.what == "total") for window in WINDOWS)
POOLED = tuple(pool.name(what, span) for pool in POOLS for span in pool.spans for what in pool.what)
BROWSING = ("view_count_1h", "view_gap", "view_rhythm")
MOST_VIEWS = 200
"""No more of the last hour's page views are looked at; so many are odd in any case."""
FEWEST_GAPS = 5
"""Gaps between page views below which there is no rhythm."""
RING = (
    "ring_customers",
    "ring_tight",
    "ring_cards",
    "ring_coupons",
    "ring_refunds",
)
"""Of the other customers with a card, browser or address of the order within thirty days: how many
they are, how many share two or all of the three with it, the cards they paid with, their orders
with a coupon, and their refunds."""
PROFILE = (
    "past_orders",
    "past_log_sum",
    "past_log_squares",
    "past_max_total",
    "past_max_unit_price",
    "days_known",
    "days_since_last",
    "past_refunds",
    "past_refunded",
    "past_spent",
    "basket_likeness",
    "basket_known",
    "new_department_share",
    "card_known",
    "visitor_known",
    "address_known",
    "card_days",
    "visitor_days",
    "address_days",
    "guest",
    "whole_refunds_7d",
    "whole_refunds_30d",
    "login_km_7d",
    "login_kmh_7d",
)
"""``login_km_7d`` and ``login_kmh_7d``: how far apart two successive sign-ins of the last week were
at most, and how fast somebody must have travelled between two at most.
``basket_likeness``: cosine of the basket's vector with the customer's own
(:mod:`risk.learning.behaviour`), 0 where ``basket_known`` is: for guests, for newcomers and
while no vectors have been learned.
``card_days`` and its like: days since the customer first used it, 0 when it is new.
``whole_refunds_30d``: refunds of that span that gave back the whole total of an order of that span.
"""
ORDER_COLUMNS = (
    "total",
    "discount",
    "coupons",
    "lines",
    "units",
    "max_quantity",
    "max_unit_price",
    "hour",
)
RAW = (*(name for name, _ in COLUMNS), *POOLED, *PROFILE, *BROWSING, *RING, *ORDER_COLUMNS)
NEVER = 365.0
"""Days since something that has never happened."""
USUAL_LOG, USUAL_SPREAD, USUAL_WEIGHT = 3.2, 0.9, 3.0
"""Log of an order's total before anything is known of its customer, and how many orders that
belief is worth."""
FRESH_DAYS = 7.0
"""An identity is fresh for as long, if its customer had ordered for as long before it."""
WHOLE_REFUNDS = 0.02
"""Share of orders that are given back whole where nothing is wrong."""


def features(raw: Mapping[str, Any]) -> dict[str, Any]:
    """Model features by name, from raw columns that are floats or arrays of one shape."""
    known = raw["past_orders"]
    weight = known + USUAL_WEIGHT
    mean = (raw["past_log_sum"] + USUAL_WEIGHT * USUAL_LOG) / weight
    squares = raw["past_log_squares"] + USUAL_WEIGHT * (USUAL_LOG**2 + USUAL_SPREAD**2)
    spread = np.sqrt(np.maximum(squares / weight - mean**2, 0.04))
    log_total = np.log1p(raw["total"])
    card, visitor, address = (_fresh(raw, name) for name in ("card", "visitor", "address"))
    linked = raw["card_order_others_30d"] + raw["visitor_order_others_30d"]
    linked = linked + raw["address_order_others_30d"]
    result = {name: np.log1p(raw[name]) if is_sum else raw[name] for name, is_sum in COLUMNS}
    for name in (*POOLED, "login_km_7d", "login_kmh_7d", "view_count_1h", "view_gap"):
        result[name] = np.log1p(raw[name])
    for name in ("view_rhythm", *RING):
        result[name] = raw[name]
    result |= {
        "log_total": log_total,
        "total_surprise": (log_total - mean) / spread,
        "total_to_largest": log_total - np.log1p(raw["past_max_total"]),
        "price_to_largest": np.log1p(raw["max_unit_price"]) - np.log1p(raw["past_max_unit_price"]),
        "log_lines": np.log1p(raw["lines"]),
        "log_units": np.log1p(raw["units"]),
        "log_max_quantity": np.log1p(raw["max_quantity"]),
        "log_max_unit_price": np.log1p(raw["max_unit_price"]),
        "discount_share": raw["discount"] / (raw["total"] + raw["discount"] + 1.0),
        "coupons": raw["coupons"],
        "hour": raw["hour"],
        "night": 1.0 * ((raw["hour"] < 6) | (raw["hour"] >= 23)),
        "log_past_orders": np.log1p(known),
        "log_days_known": np.log1p(raw["days_known"]),
        "log_days_since_last": np.log1p(raw["days_since_last"]),
        "refund_rate": raw["past_refunds"] / (known + 5.0),
        "refunded_share": raw["past_refunded"] / (raw["past_spent"] + 50.0),
        "paid_back_7d": raw["customer_refund_total_7d"] / (raw["customer_order_total_7d"] + 20.0),
        "paid_back_30d": raw["customer_refund_total_30d"]
        / (raw["customer_order_total_30d"] + 20.0),
        "basket_oddity": raw["basket_known"] - raw["basket_likeness"],
        "basket_unknown": 1.0 - raw["basket_known"],
        "new_department_share": raw["new_department_share"],
        "card_is_new": 1.0 - raw["card_known"],
        "visitor_is_new": 1.0 - raw["visitor_known"],
        "address_is_new": 1.0 - raw["address_known"],
        "guest": raw["guest"],
        "newcomer": 1.0 * (known == 0),
        "new_identities": 3.0 - raw["card_known"] - raw["visitor_known"] - raw["address_known"],
        "card_is_fresh": card,
        "visitor_is_fresh": visitor,
        "address_is_fresh": address,
        "fresh_identities": card + visitor + address,
        "linked_customers": linked,
        "linked_coupons": linked * (1.0 + raw["coupons"]),
        "whole_refunds_7d": raw["whole_refunds_7d"],
        "whole_refunds_30d": raw["whole_refunds_30d"],
        "whole_refund_surprise_7d": _refund_surprise(raw, "7d"),
        "whole_refund_surprise_30d": _refund_surprise(raw, "30d"),
    }
    return result


def browsing(times: np.ndarray) -> dict[str, float]:
    """How a browser went through the shop, from the moments of its page views within the hour.

    A person reads one page longer than the next; a program asks at even steps, quickly, or never
    looks at a page at all. ``view_gap`` is the median of the seconds between two views,
    ``view_rhythm`` their standard deviation over their mean: 0 for a clock, about 1 for people.
    """
    gaps = np.diff(np.sort(times)[-MOST_VIEWS:])
    mean = float(gaps.mean()) if len(gaps) else 0.0
    even = len(gaps) >= FEWEST_GAPS
    return {
        "view_count_1h": float(min(len(times), MOST_VIEWS)),
        "view_gap": float(np.median(gaps)) if len(gaps) else HOUR,
        "view_rhythm": float(gaps.std()) / mean if even and mean > 0 else float(not even),
    }


def travelled(sign_ins: Sequence[tuple[float, float, float]]) -> tuple[float, float]:
    """Kilometres and kilometres an hour at most between successive sign-ins ``(at, north, east)``.

    What lies within a quarter of an hour counts as so long apart.
    """
    far = fast = 0.0
    for (before, *there), (at, *here) in pairwise(sign_ins):
        distance = kilometres(*there, *here)
        far = max(far, distance)
        fast = max(fast, distance * HOUR / max(at - before, HOUR / 4))
    return far, fast


def _fresh(raw: Mapping[str, Any], name: str) -> Any:
    """1 where the customer's identity is new, or was new lately to an old customer."""
    days = raw[f"{name}_days"]
    lately = (days < FRESH_DAYS) & (raw["days_known"] > days + FRESH_DAYS)
    return 1.0 * ((raw[f"{name}_known"] == 0) | lately)


def _refund_surprise(raw: Mapping[str, Any], span: str) -> Any:
    """Decimal digits of how unlikely that many whole refunds are by chance (Poisson's tail)."""
    refunds = raw[f"whole_refunds_{span}"]
    orders = np.maximum(raw[f"customer_order_count_{span}"], refunds)
    chance = gammainc(refunds, np.maximum(WHOLE_REFUNDS * orders, 1e-9))
    return -np.log10(np.maximum(chance, 1e-12))


FEATURES: tuple[str, ...] = tuple(features(dict.fromkeys(RAW, 0.0)))
