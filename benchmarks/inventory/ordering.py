"""A learnt ordering policy against base-stock, (s, S) and newsvendor rules, on the same replay.

The agent learns on seven tenths of the products and the 84 days before the test; how long is chosen
by cost on the other products of those days. Tested once on the last 84 days, on all products and on
those that it has never seen. Every policy has the same forecasts: the level without boosting.

``gated`` is what would be served: the agent in the segments where it cost less than (s, S) on the
products kept from it in the days before, (s, S) in the others.
"""

import copy
import time

import numpy as np
import torch

from benchmarks.inventory import data
from benchmarks.inventory.data import Market
from benchmarks.inventory.replenishment import (
    LEVELS,
    QUANTITIES,
    WEEKS,
    Coming,
    World,
    coming,
    level_forecasts,
    quantile_rule,
    quantity_rule,
    world,
)
from benchmarks.inventory.report import Row, row
from inventory.learning.demand import Tables
from inventory.learning.ordering import OrderingAgent, OrderingEnv, Scene
from inventory.learning.simulation import Costs, Outcome, Rule, replay

SEED = 5
ROUNDS, QUICK_ROUNDS, EVERY = 45, 4, 5
WARM_UP = 14
LEARNT_SHARE = 0.7
SEGMENTS = {"slow": (0.0, 0.7), "middle": (0.7, 4.0), "fast": (4.0, np.inf)}
"""Units a day over the days before what is replayed."""
COSTS = Costs()


def scene(place: World, ahead: Coming) -> Scene:
    return Scene(place.demand, ahead.until, ahead.after[:, :, -1], place.lead_times, place.packs)


def evaluate(agent: OrderingAgent, place: Scene, costs: Costs = COSTS) -> Outcome:
    """Replay the mean actions of an agent; the same figures as of a rule."""
    env = OrderingEnv(place, costs)
    observation, _ = env.reset()
    days: list[dict[str, np.ndarray]] = []
    stop = np.zeros(1, bool)
    while not stop.all():
        observation, _, _, stop, info = env.step(agent.act(observation))
        days.append(info)
    # The first step plays the second day.
    kept = days[WARM_UP - 1 :]
    lost = np.stack([day["lost"] for day in kept], axis=1)
    held = np.stack([day["held"] for day in kept], axis=1)
    orders = np.stack([day["ordered"] for day in kept], axis=1)
    money = np.stack([day["cost"] for day in kept], axis=1)
    return Outcome(
        fill_rate=float(1 - lost.sum() / place.demand[:, WARM_UP:].sum()),
        stock=float(held.mean()),
        stock_out=float((lost > 0).mean()),
        orders=float(orders.mean() * 7),
        cost=float(money.sum() / len(lost)),
    )


def train(place: Scene, rounds: int) -> tuple[OrderingAgent, np.ndarray]:
    """The agent of the least cost on products kept from it, and which products those are."""
    order = np.random.default_rng(SEED).permutation(len(place.demand))
    cut = int(LEARNT_SHARE * len(order))
    learnt, kept = place.of(order[:cut]), place.of(order[cut:])
    agent, env = OrderingAgent(), OrderingEnv(learnt, COSTS)
    best, least = copy.deepcopy(agent), evaluate(agent, kept).cost
    for number in range(rounds):
        agent.learn(env, number)
        if (number + 1) % EVERY == 0:
            cost = evaluate(agent, kept).cost
            if cost < least:
                best, least = copy.deepcopy(agent), cost
    return best, order[cut:]


def some(rule: Rule, rows: np.ndarray) -> Rule:
    return Rule(rule.reorder_point[rows], rule.order_up_to[rows])


def segments(place: World) -> dict[str, np.ndarray]:
    """Rows of the products of each segment."""
    daily = place.market.units[:, 7 : place.first_week * 7].mean(axis=1)
    return {
        name: np.flatnonzero((low <= daily) & (daily < high))
        for name, (low, high) in SEGMENTS.items()
    }


def played(place: World, rule: Rule, chosen: np.ndarray) -> Outcome:
    """A rule on some of the products."""
    return replay(
        place.demand[chosen], some(rule, chosen), place.lead_times[chosen],
        packs=place.packs[chosen], costs=COSTS,
    )  # fmt: skip


def run(market: Market, tables: Tables, *, quick: bool) -> list[Row]:
    """Every policy on the test days, on all products and on those the agent has not seen."""
    torch.set_num_threads(1)
    costs, first = COSTS, data.day_of(data.ORIGINS[0]) // 7
    forecasts = level_forecasts(market, tables)
    past, now = world(market, first - WEEKS), world(market, first)
    before, ahead = coming(past, forecasts), coming(now, forecasts)

    def cost_before(rule: Rule) -> float:
        return played(past, rule, np.arange(len(past.demand))).cost

    level, factor = min(
        ((q, f) for q in LEVELS for f in QUANTITIES),
        key=lambda pair: cost_before(quantity_rule(before, *pair, costs)),
    )
    best_level = min(LEVELS, key=lambda q: cost_before(quantile_rule(before, q)))
    ratio = costs.lost / (costs.lost + costs.holding)
    started = time.perf_counter()
    agent, unseen = train(scene(past, before), QUICK_ROUNDS if quick else ROUNDS)
    seconds = time.perf_counter() - started
    rules = {
        "base_stock_0.95": quantile_rule(ahead, 0.95),
        "base_stock_least_cost": quantile_rule(ahead, best_level),
        "newsvendor": quantile_rule(ahead, ratio),
        "s_S": quantity_rule(ahead, level, factor, costs),
    }
    rows: list[Row] = []
    everything = np.arange(len(now.demand))
    for suffix, chosen in (("", everything), ("_unseen_products", unseen)):
        n = len(chosen)
        found = {name: played(now, rule, chosen) for name, rule in rules.items()}
        found["actor_critic"] = evaluate(agent, scene(now, ahead).of(chosen))
        for name, outcome in found.items():
            took = seconds if name == "actor_critic" else 0.0
            for metric in ("fill_rate", "stock", "stock_out", "orders", "cost"):
                value = getattr(outcome, metric)
                rows.append(row("ordering", name + suffix, metric, value, n=n, seconds=took))
    return rows + gate(
        agent,
        unseen,
        (past, before, quantity_rule(before, level, factor, costs)),
        (now, ahead, rules["s_S"]),
    )


Played = tuple[World, Coming, Rule]


def gate(agent: OrderingAgent, unseen: np.ndarray, then: Played, now: Played) -> list[Row]:
    """Both policies by segment, which of them is served there, and what that costs in all."""
    (past, before, old_rule), (place, ahead, rule) = then, now
    rows: list[Row] = []
    served, total = 0.0, 0
    kept_by, now_by = segments(past), segments(place)
    for name in SEGMENTS:
        kept, chosen = np.intersect1d(unseen, kept_by[name]), now_by[name]
        if not len(kept) or not len(chosen):
            continue
        learnt_cost = evaluate(agent, scene(past, before).of(kept)).cost
        wins = learnt_cost < played(past, old_rule, kept).cost
        both = {
            f"s_S_{name}": played(place, rule, chosen),
            f"actor_critic_{name}": evaluate(agent, scene(place, ahead).of(chosen)),
        }
        for method, outcome in both.items():
            for metric in ("fill_rate", "stock", "stock_out", "orders", "cost"):
                value = getattr(outcome, metric)
                rows.append(row("ordering", method, metric, value, n=len(chosen), seconds=0))
        rows.append(row("ordering", f"actor_critic_{name}", "served", wins, n=len(kept), seconds=0))
        cost = both[f"actor_critic_{name}" if wins else f"s_S_{name}"].cost
        served, total = served + cost * len(chosen), total + len(chosen)
    rows.append(row("ordering", "gated", "cost", served / max(total, 1), n=total, seconds=0))
    return rows
