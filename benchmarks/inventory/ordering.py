"""A learnt ordering policy against base-stock, (s, S) and newsvendor rules, on the same replay.

The agent learns on seven tenths of the products and the 84 days before the test; how long is chosen
by cost on the other products of those days. Tested once on the last 84 days, on all products and on
those that it has never seen. Every policy has the same forecasts: the level without boosting.

The registry's gate decides for each segment: a version of the agent is registered whose figure is
its cost on the products kept from it in the days before; the cost of (s, S) there is the floor.
``gated`` is what would be served: the agent where it was promoted, (s, S) in the other segments.
``served`` is 1 where it was. A part of the products is enough, so that one core does it in minutes;
``n`` says how many.
"""

import copy
import os
import sys
import tempfile
import time
from collections.abc import Iterator, Mapping
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context

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
PRODUCTS = 500
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


def say(text: str, started: float) -> None:
    """Progress, beside the figures and not among them."""
    print(f"ordering, {time.perf_counter() - started:.0f} s: {text}", file=sys.stderr, flush=True)


def figures(method: str, outcome: Outcome, n: int, seconds: float = 0.0) -> Iterator[Row]:
    for metric in ("fill_rate", "stock", "stock_out", "orders", "cost"):
        yield row("ordering", method, metric, getattr(outcome, metric), n=n, seconds=seconds)


def run(market: Market, *, quick: bool) -> Iterator[Row]:
    """Every policy on the test days, on all products and on those the agent has not seen."""
    torch.set_num_threads(1)
    began = time.perf_counter()
    market = data.fewer(market, PRODUCTS)
    tables = Tables(lambda origin: data.panel(market, origin + 1))
    costs, first = COSTS, data.day_of(data.ORIGINS[0]) // 7
    forecasts = level_forecasts(market, tables)
    past, now = world(market, first - WEEKS), world(market, first)
    before = coming(past, forecasts)
    say("forecasts of the days before", began)
    ahead = coming(now, forecasts)
    say("forecasts of the test days", began)

    def cost_before(rule: Rule) -> float:
        return played(past, rule, np.arange(len(past.demand))).cost

    level, factor = min(
        ((q, f) for q in LEVELS for f in QUANTITIES),
        key=lambda pair: cost_before(quantity_rule(before, *pair, costs)),
    )
    best_level = min(LEVELS, key=lambda q: cost_before(quantile_rule(before, q)))
    ratio = costs.lost / (costs.lost + costs.holding)
    rules = {
        "base_stock_0.95": quantile_rule(ahead, 0.95),
        "base_stock_least_cost": quantile_rule(ahead, best_level),
        "newsvendor": quantile_rule(ahead, ratio),
        "s_S": quantity_rule(ahead, level, factor, costs),
    }
    say("rules", began)
    everything = np.arange(len(now.demand))
    for name, rule in rules.items():
        yield from figures(name, played(now, rule, everything), len(everything))
    started = time.perf_counter()
    agent, unseen = train(scene(past, before), QUICK_ROUNDS if quick else ROUNDS)
    seconds = time.perf_counter() - started
    say("agent", began)
    for name, rule in rules.items():
        yield from figures(f"{name}_unseen_products", played(now, rule, unseen), len(unseen))
    for suffix, chosen in (("", everything), ("_unseen_products", unseen)):
        outcome = evaluate(agent, scene(now, ahead).of(chosen))
        yield from figures(f"actor_critic{suffix}", outcome, len(chosen), seconds)
    yield from gate(
        agent,
        unseen,
        (past, before, quantity_rule(before, level, factor, costs)),
        (now, ahead, rules["s_S"]),
    )
    say("gate", began)


Played = tuple[World, Coming, Rule]


def gate(agent: OrderingAgent, unseen: np.ndarray, then: Played, now: Played) -> Iterator[Row]:
    """Both policies by segment, which of them is served there, and what that costs in all."""
    (past, before, old_rule), (place, ahead, rule) = then, now
    kept_by, now_by = segments(past), segments(place)
    both: dict[str, tuple[float, float]] = {}
    sizes: dict[str, int] = {}
    for name in SEGMENTS:
        kept, chosen = np.intersect1d(unseen, kept_by[name]), now_by[name]
        if not len(kept) or not len(chosen):
            continue
        learnt = evaluate(agent, scene(past, before).of(kept)).cost
        both[name], sizes[name] = (learnt, played(past, old_rule, kept).cost), len(kept)
    weights = {key: value.numpy() for key, value in agent.actor.state_dict().items()}
    # In a process of its own, as the shop is set up there on a database of its own.
    with ProcessPoolExecutor(1, mp_context=get_context("spawn")) as pool:
        wins = pool.submit(decide, both, weights).result()
    served, total = 0.0, 0
    for name, (learnt, simple) in both.items():
        chosen = now_by[name]
        plain = played(place, rule, chosen)
        other = evaluate(agent, scene(place, ahead).of(chosen))
        yield from figures(f"s_S_{name}", plain, len(chosen))
        yield from figures(f"actor_critic_{name}", other, len(chosen))
        kept_costs = {f"s_S_{name}": simple, f"actor_critic_{name}": learnt}
        for method, cost in kept_costs.items():
            yield row("ordering", method, "cost_before", cost, n=sizes[name], seconds=0)
        chance = float(wins[name])
        yield row("ordering", f"actor_critic_{name}", "served", chance, n=sizes[name], seconds=0)
        served += (other if wins[name] else plain).cost * len(chosen)
        total += len(chosen)
    yield row("ordering", "gated", "cost", served / max(total, 1), n=total, seconds=0)


def decide(
    costs: Mapping[str, tuple[float, float]], weights: Mapping[str, np.ndarray]
) -> dict[str, bool]:
    """What the registry's gate says of each segment's costs, learnt and simple."""
    with tempfile.TemporaryDirectory() as folder:
        os.environ |= {
            "DATABASE_URL": f"sqlite:///{folder}/shop.sqlite3",
            "MERCATO_VAR": folder,
            "MERCATO_ENV_FILE": "/dev/null",
            "SECRET_KEY": os.environ.get("SECRET_KEY") or "benchmark-of-ordering",
            "DJANGO_SETTINGS_MODULE": "config.settings",
        }
        import django

        django.setup()
        from django.core.management import call_command

        from foundation import registry

        call_command("migrate", verbosity=0)
        wins = {}
        for name, (learnt, simple) in costs.items():
            version = registry.save_version(
                capability=f"inventory.ordering.{name}",
                suffix=".npz",
                write=lambda path: np.savez(path, **weights),
                metrics={"cost": learnt},
            )
            verdict = registry.promote(
                version, "cost", higher_is_better=False, floor={"cost": simple}
            )
            wins[name] = verdict.promoted
    return wins
