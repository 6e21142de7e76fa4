"""Fraud to find: labelled campaigns, injected into a genuine history of orders.

The public data has baskets, households and times, but no cards, browsers or addresses, and no
fraud. :func:`with_identities` gives every household the identities that real ones have, with all
that makes honest people look odd (new devices, replaced cards, gifts, moves, second accounts,
mistyped card numbers, returns, networks that many share, journeys, talk with support).
:func:`inject` adds campaigns of seven kinds, each told in the
docstring of its function. Everything follows from a seed.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np
import pandas as pd

from risk.learning.batch import frame_of
from risk.learning.signals import (
    DAY,
    DECLINED,
    HOUR,
    LOGIN,
    MESSAGE,
    ORDER,
    REFUND,
    REVIEW,
    Activity,
)

DOMAINS = ("gmail.example", "outlook.example", "yahoo.example", "icloud.example", "qq.example")
MOBILE_NETWORKS = 150
"""Networks of telephone companies: each has many customers behind one address."""
MOBILE_SHARE, FAR_SHARE, PRESSING_SHARE = 0.3, 0.4, 0.5
"""Of fraudulent orders: through a telephone's network; of takeovers: signed in from afar, the rest
through a proxy nearby; of refund abusers: who press in the chat."""
FIRST_ID = 1_000_000_000
"""Injected events count from here, far above the orders' own numbers."""


@dataclass(frozen=True)
class Honest:
    """How often honest people look odd; shares of households or of orders."""

    joins_late: float = 0.30
    second_account: float = 0.05
    second_card: float = 0.40
    card_replaced: float = 0.20
    second_device: float = 0.50
    shared_address: float = 0.08
    moves: float = 0.08
    new_browser: float = 0.04
    gift: float = 0.03
    guest: float = 0.03
    mistyped: float = 0.02
    returns: float = 0.03
    returns_often: float = 0.02
    mobile: float = 0.15
    signs_in: float = 0.5
    place_known: float = 0.7
    travels: float = 0.02
    asks_support: float = 0.02
    complains: float = 0.3
    reviews: float = 0.02


@dataclass(frozen=True)
class Plan:
    """``share`` of all orders in the result that are fraudulent, by ``weights`` of the kinds.

    Campaigns lie between ``start`` and ``end`` (seconds). ``boldness`` scales how far amounts and
    pace are from the ordinary: below 1 the campaigns are more careful.
    """

    start: float
    end: float
    share: float = 0.005
    seed: int = 0
    boldness: float = 1.0
    weights: dict[str, float] = field(
        default_factory=lambda: {
            "stolen_card": 0.25,
            "account_takeover": 0.20,
            "card_testing": 0.15,
            "coupon_ring": 0.12,
            "refund_abuse": 0.10,
            "triangulation": 0.10,
            "friendly_fraud": 0.08,
        }
    )


def with_identities(
    orders: pd.DataFrame, *, seed: int = 0, honest: Honest | None = None
) -> pd.DataFrame:
    """Events of honest people: the orders with identities, their mistyped cards, their refunds.

    ``orders`` has ``id``, ``at``, ``household``, the amounts, ``departments`` and ``categories``
    of :class:`Activity`. The result has its columns, sorted by time.
    """
    rng, honest = np.random.default_rng(seed), honest or Honest()
    table = orders.sort_values(["at", "id"], kind="stable").reset_index(drop=True)
    houses, code = np.unique(table["household"].to_numpy(), return_inverse=True)
    count, n = len(houses), len(table)
    at = table["at"].to_numpy()
    low, high = at.min(), at.max()

    def someone(share: float) -> np.ndarray:
        return (rng.random(count) < share)[code]

    def sometime() -> np.ndarray:
        return rng.uniform(low, high, count)[code]

    def now_and_then(share: float) -> np.ndarray:
        return rng.random(n) < share

    late = someone(honest.joins_late) & (at > sometime())
    account = np.where(late, "n", "").astype(object) + houses[code].astype(str).astype(object)
    second = someone(honest.second_account) & (at > sometime()) & now_and_then(0.5)
    person = account + np.where(second, "b", "")
    card = np.where(someone(honest.second_card) & now_and_then(0.15), "2", "1").astype(object)
    card += np.where(someone(honest.card_replaced) & (at > sometime()), "r", "")
    device = np.where(someone(honest.second_device) & now_and_then(0.25), "2", "1").astype(object)
    number = np.arange(n).astype(str).astype(object)
    device = np.where(now_and_then(honest.new_browser), "x" + number, device)
    neighbours = np.arange(count)
    shares = rng.random(count) < honest.shared_address
    neighbours[shares] = rng.integers(0, count, shares.sum())
    street = np.where(late, "n", "").astype(object) + neighbours[code].astype(str)
    street += np.where(someone(honest.moves) & (at > sometime()), "m", "")
    street = np.where(now_and_then(honest.gift), "g" + number, street)
    table["customer"] = np.where(now_and_then(honest.guest), "", person)
    table["card"] = "c" + person + "-" + card
    table["visitor"] = "v" + person + "-" + device
    table["address"] = "a" + street
    table["domain"] = np.array(DOMAINS, object)[(code * 7 + second) % len(DOMAINS)]
    table["kind"] = ORDER
    table["latitude"] = table["longitude"] = 0.0
    # Draws of their own: whoever adds to them leaves the rest of the world as it was.
    more = np.random.default_rng([seed, 1])
    month = (at // (30 * DAY)).astype(int).astype(str).astype(object)
    home = "n" + houses[code].astype(str).astype(object) + "-" + month
    carrier = "m" + more.integers(0, MOBILE_NETWORKS, n).astype(str).astype(object)
    table["ip"] = np.where(more.random(n) < honest.mobile, carrier, home)
    mistyped, back = _mistyped(table, honest, rng), _returns(table, honest, code, rng)
    places = more.uniform((30.0, -120.0), (48.0, -75.0), (count, 2)).round(1)[code]
    extra = pd.concat([mistyped, back, *_doings(table, back, honest, places, more)])
    extra["id"] = FIRST_ID // 2 + np.arange(len(extra))
    events = pd.concat([table.drop(columns="household"), extra.drop(columns="household")])
    return events.sort_values(["at", "id"], kind="stable").reset_index(drop=True)


def _mistyped(table: pd.DataFrame, honest: Honest, rng: np.random.Generator) -> pd.DataFrame:
    rows = table[rng.random(len(table)) < honest.mistyped]
    rows = rows.loc[rows.index.repeat(rng.integers(1, 3, len(rows)))].copy()
    rows["at"] = rows["at"] - rng.uniform(30, 180, len(rows)).round(1)
    rows["kind"] = DECLINED
    return rows


def _returns(
    table: pd.DataFrame, honest: Honest, code: np.ndarray, rng: np.random.Generator
) -> pd.DataFrame:
    often = (rng.random(code.max() + 1) < honest.returns_often)[code]
    rows = table[rng.random(len(table)) < np.where(often, 0.2, honest.returns)].copy()
    rows["at"] = rows["at"] + rng.uniform(2 * DAY, 20 * DAY, len(rows)).round(1)
    rows["total"] = (rows["total"] * rng.choice([0.2, 0.5, 1.0], len(rows))).round(2)
    rows["kind"] = REFUND
    return rows


def _doings(
    table: pd.DataFrame,
    returned: pd.DataFrame,
    honest: Honest,
    places: np.ndarray,
    rng: np.random.Generator,
) -> Iterator[pd.DataFrame]:
    """Sign-ins before orders, chat messages before some orders and returns, reviews after some."""
    named = (table["customer"] != "").to_numpy()
    signs = named & (rng.random(len(table)) < honest.signs_in)
    rows = table[signs].copy()
    rows["at"] = rows["at"] - rng.uniform(60, 900, len(rows)).round(1)
    at = places[signs]
    away = rng.random(len(rows)) < honest.travels
    at[away] = rng.uniform((25.0, -125.0), (55.0, 15.0), (away.sum(), 2)).round(1)
    at[rng.random(len(rows)) >= honest.place_known] = 0.0
    rows["latitude"], rows["longitude"] = at[:, 0], at[:, 1]
    yield rows.assign(kind=LOGIN, total=0.0)
    asking = table[rng.random(len(table)) < honest.asks_support]
    complaints = returned[rng.random(len(returned)) < honest.complains]
    talk = pd.concat([asking, complaints])
    talk = talk.loc[talk.index.repeat(rng.integers(1, 6, len(talk)))].copy()
    talk["at"] = talk["at"] - rng.uniform(60, 3000, len(talk)).round(1)
    yield talk.assign(kind=MESSAGE, total=rng.beta(1, 4, len(talk)).round(2))
    told = table[named & (rng.random(len(table)) < honest.reviews)].copy()
    told["at"] = told["at"] + rng.uniform(3 * DAY, 15 * DAY, len(told)).round(1)
    yield told.assign(kind=REVIEW, total=0.0)


class _World:
    """What the campaigns draw from: honest people, their baskets, fresh names."""

    def __init__(self, events: pd.DataFrame, plan: Plan, rng: np.random.Generator) -> None:
        self.rng, self.plan = rng, plan
        orders = events[(events["kind"] == ORDER)]
        self.orders = orders
        self.baskets = orders[orders["total"] > 1].sample(
            min(4000, len(orders)), random_state=plan.seed
        )
        self.dear = self.baskets.nlargest(max(50, len(self.baskets) // 10), "max_unit_price")
        self.small = self.baskets.nsmallest(max(50, len(self.baskets) // 4), "total")
        known = orders[orders["customer"] != ""]
        self.people = {str(key): rows for key, rows in known.groupby("customer") if len(rows) >= 8}
        self.names = list(self.people)
        self.fresh = 0
        self.more = np.random.default_rng([plan.seed, 2])
        self.networks: dict[str, str] = {}

    def new(self, prefix: str) -> str:
        self.fresh += 1
        return f"{prefix}{self.plan.seed}-{self.fresh}"

    def network(self, visitor: str) -> str:
        """Whence a browser comes, every third time through a network that honest people share."""
        if self.more.random() < MOBILE_SHARE:
            return f"m{self.more.integers(0, MOBILE_NETWORKS)}"
        return self.networks.setdefault(visitor, self.new("proxy"))

    def sign_in(self, order: Activity, *, far: bool) -> Activity:
        """The sign-in before an order; ``far`` from home, as far as the place is known."""
        north, east = self.more.uniform((35.0, 0.0), (60.0, 60.0)).round(1) if far else (0.0, 0.0)
        at = order.at - round(float(self.more.uniform(60, 900)), 1)
        return replace(
            order, kind=LOGIN, at=at, total=0.0, latitude=float(north), longitude=float(east)
        )

    def complaint(self, refund: Activity) -> Iterator[Activity]:
        """Messages that press for the money before it is paid back."""
        for _ in range(self.more.integers(2, 9)):
            at = refund.at - round(float(self.more.uniform(60, 3000)), 1)
            pressing = round(float(self.more.beta(2, 3)), 2)
            yield replace(refund, kind=MESSAGE, at=at, total=pressing)

    def moment(self, hours: tuple[float, float] = (0, 24)) -> float:
        """A second in the plan's time, between two hours of the (UTC) day."""
        day = self.rng.uniform(self.plan.start, self.plan.end) // DAY * DAY
        return float(round(day + self.rng.uniform(*hours) * HOUR, 1))

    def victim(self, at: float) -> pd.Series:
        """An honest customer's order from before ``at``; a random one when there is none."""
        for _ in range(20):
            rows = self.people[self.names[self.rng.integers(len(self.names))]]
            rows = rows[rows["at"] < at]
            if len(rows) >= 4:
                return rows.iloc[-1]
        return rows.iloc[-1] if len(rows) else self.orders.iloc[0]

    def order(
        self, at: float, baskets: pd.DataFrame, *, scale: float = 1.0, **who: object
    ) -> Activity:
        """An order with a real basket, bought ``scale`` times over."""
        basket = baskets.iloc[self.rng.integers(len(baskets))]
        times = max(1, round(scale))
        who = {"ip": self.network(str(who["visitor"])), **who}
        return Activity(
            at=at,
            id=0,
            total=round(float(basket["total"]) * scale, 2),
            discount=round(float(basket["discount"]) * scale, 2),
            coupons=int(basket["coupons"]),
            lines=int(basket["lines"]),
            units=int(basket["units"]) * times,
            max_quantity=int(basket["max_quantity"]) * times,
            max_unit_price=float(basket["max_unit_price"]),
            hour=(at / HOUR - 5) % 24,
            departments={k: v * scale for k, v in basket["departments"].items()},
            categories={k: v * scale for k, v in basket["categories"].items()},
            **{"domain": DOMAINS[self.rng.integers(len(DOMAINS))], **who},  # type: ignore[arg-type]
        )


Campaign = Iterator[Activity]


def stolen_card(world: _World) -> Campaign:
    """A stolen card number buys dear goods in a new account or as a guest, sent to a drop."""
    rng, bold = world.rng, world.plan.boldness
    drop, visitor = world.new("drop"), world.new("thief")
    at = world.moment((0, 24))
    for _ in range(rng.integers(1, 5)):
        card = world.new("stolen")
        account = world.new("mule") if rng.random() < 0.7 else ""
        for _ in range(rng.integers(1, 3)):
            who: dict[str, Any] = {
                "customer": account,
                "card": card,
                "visitor": visitor,
                "address": drop,
            }
            scale = 1 + bold * rng.uniform(0.2, 3)
            if rng.random() < 0.3:
                yield replace(world.order(at - 60, world.dear, **who), kind=DECLINED)
            yield world.order(at, world.dear, scale=scale, **who)
            at += rng.exponential(6 * HOUR)
        if rng.random() < 0.5:
            visitor = world.new("thief")


def account_takeover(world: _World) -> Campaign:
    """Somebody signs in as an honest customer and spends the stored card, sent elsewhere."""
    rng, bold = world.rng, world.plan.boldness
    at = world.moment((0, 24))
    victim = world.victim(at)
    visitor, drop = world.new("thief"), world.new("drop")
    for number in range(rng.integers(1, 4)):
        order = world.order(
            at,
            world.dear if rng.random() < 0.6 else world.baskets,
            scale=1 + bold * rng.uniform(0, 2),
            customer=victim["customer"],
            card=victim["card"],
            visitor=visitor,
            address=drop if rng.random() < 0.8 else victim["address"],
            domain=victim["domain"],
        )
        if number == 0:
            yield world.sign_in(order, far=bool(world.more.random() < FAR_SHARE))
        yield order
        at += rng.exponential(3 * HOUR)


def card_testing(world: _World) -> Campaign:
    """One browser tries many card numbers with small baskets; most are declined."""
    rng, bold = world.rng, world.plan.boldness
    visitor, address, at = world.new("tester"), world.new("drop"), world.moment()
    for _ in range(rng.integers(8, 8 + int(30 * bold) + 1)):
        who: dict[str, Any] = {"card": world.new("tested"), "visitor": visitor, "address": address}
        works = rng.random() < 0.25
        event = world.order(at, world.small, customer="", **who)
        yield event if works else replace(event, kind=DECLINED)
        at += rng.exponential(240 / bold)
        if rng.random() < 0.05:
            visitor = world.new("tester")


def coupon_ring(world: _World) -> Campaign:
    """New accounts of one household or one browser, each to use a newcomers' coupon again."""
    rng = world.rng
    address, visitor, at = world.new("ring"), world.new("ring"), world.moment()
    cards = [world.new("ring") for _ in range(3)]
    for _ in range(rng.integers(4, 12)):
        event = world.order(
            at,
            world.baskets,
            customer=world.new("ring"),
            card=cards[rng.integers(3)],
            visitor=visitor if rng.random() < 0.7 else world.new("ring"),
            address=address if rng.random() < 0.8 else world.new("ring"),
        )
        cut = event.total * rng.uniform(0.2, 0.5)
        yield replace(
            event, coupons=1, discount=event.discount + cut, total=round(event.total - cut, 2)
        )
        at += rng.exponential(18 * HOUR)


def refund_abuse(world: _World) -> Campaign:
    """A known customer orders, complains, is paid back and keeps the goods, again and again."""
    rng, bold = world.rng, world.plan.boldness
    at = world.moment()
    victim = world.victim(at)
    who: dict[str, Any] = {
        name: victim[name] for name in ("customer", "card", "visitor", "address", "domain", "ip")
    }
    for _ in range(rng.integers(3, 8)):
        event = world.order(at, world.baskets, scale=1 + bold * rng.uniform(0, 1.5), **who)
        yield event
        refund = replace(event, kind=REFUND, at=at + rng.uniform(0.5 * DAY, 3 * DAY))
        if world.more.random() < PRESSING_SHARE:
            yield from world.complaint(refund)
        yield refund
        at += rng.exponential(3 * DAY) + 0.2 * DAY


def triangulation(world: _World) -> Campaign:
    """A false shop elsewhere takes honest buyers' money and orders here with stolen cards."""
    rng, bold = world.rng, world.plan.boldness
    account, visitor, at = world.new("front"), world.new("front"), world.moment((12, 24))
    for _ in range(rng.integers(4, 4 + int(10 * bold) + 1)):
        yield world.order(
            at,
            world.dear if rng.random() < 0.4 else world.baskets,
            customer=account if rng.random() < 0.8 else "",
            card=world.new("stolen"),
            visitor=visitor,
            address=world.new("buyer"),
        )
        at += rng.exponential(10 * HOUR / bold)


def friendly_fraud(world: _World) -> Campaign:
    """An honest customer, own card, own address, says later that it was somebody else."""
    rng, bold = world.rng, world.plan.boldness
    at = world.moment()
    victim = world.victim(at)
    who: dict[str, Any] = {
        name: victim[name] for name in ("customer", "card", "visitor", "address", "domain", "ip")
    }
    for _ in range(rng.integers(1, 3)):
        yield world.order(at, world.dear, scale=1 + bold * rng.uniform(0.5, 2.5), **who)
        at += rng.exponential(2 * DAY)


CAMPAIGNS: dict[str, Callable[[_World], Campaign]] = {
    function.__name__: function
    for function in (
        stolen_card,
        account_takeover,
        card_testing,
        coupon_ring,
        refund_abuse,
        triangulation,
        friendly_fraud,
    )
}
REPORTED_DAYS = (3.0, 40.0)
"""How long it takes until a fraud is reported, in days."""


def inject(events: pd.DataFrame, plan: Plan) -> pd.DataFrame:
    """Add campaigns to honest events.

    Returns all events in time order with the columns ``campaign`` (its kind, empty for honest
    ones), ``fraud`` (0 or 1) and ``known_at``: when an order's truth is known, in seconds; an
    honest order counts as such once ``REPORTED_DAYS`` have passed without a report.
    """
    rng = np.random.default_rng(plan.seed)
    world = _World(events, plan, rng)
    within = events["kind"].eq(ORDER) & events["at"].between(plan.start, plan.end)
    wanted = plan.share / (1 - plan.share) * within.sum()
    weights = {kind: weight for kind, weight in plan.weights.items() if weight > 0}
    rows: list[Activity] = []
    kinds: list[str] = []
    for kind, weight in weights.items():
        budget, orders = wanted * weight / sum(weights.values()), 0
        while orders < budget:
            for event in CAMPAIGNS[kind](world):
                known = event.kind == ORDER and event.customer and kind != "account_takeover"
                if known and world.more.random() < Honest.signs_in:
                    rows.append(world.sign_in(event, far=False))
                    kinds.append(kind)
                orders += event.kind == ORDER
                rows.append(event)
                kinds.append(kind)
    added = frame_of(rows)
    added["campaign"] = kinds
    added = added[added["at"] <= plan.end].sort_values("at", kind="stable")
    added["id"] = FIRST_ID + np.arange(len(added))
    result = pd.concat([events.assign(campaign=""), added])
    result = result.sort_values(["at", "id"], kind="stable").reset_index(drop=True)
    result["fraud"] = ((result["campaign"] != "") & (result["kind"] == ORDER)).astype(int)
    reported = rng.uniform(*REPORTED_DAYS, len(result))
    delay = np.where(result["fraud"] == 1, reported, REPORTED_DAYS[1])
    result["known_at"] = result["at"] + delay * DAY
    return result
