"""The choice of a strategy on simulated customers: regret, and how well logs tell a policy's value.

Regret is what the best strategy for each customer would have brought more, over a thousand
customers; the bandit starts knowing nothing. Off-policy estimates value the bandit learned from
one half of a log on the other half; their error is against its true value in the simulator.
"""

import argparse
import time
from collections.abc import Iterator

import numpy as np

from foundation.learning.bandits import doubly_robust, ips, snips
from support.learning import strategy_simulator as simulator
from support.learning.strategies import STRATEGIES, bandit

CUSTOMERS, SEEDS, LOGGED = 1000, 10, 4000
LATER = 4000
"""Customers after whom the last thousand are looked at on their own: what is left to regret."""


def run(options: argparse.Namespace) -> Iterator[dict]:
    seeds = 3 if options.quick else SEEDS
    started = time.perf_counter()
    regrets: dict[str, list[float]] = {}
    for seed in range(seeds):
        for method, value in _regrets(seed).items():
            regrets.setdefault(method, []).append(value)
    for method, values in regrets.items():
        yield _row("simulated customers", method, "regret_per_1000", values, started)
    errors: dict[str, list[float]] = {}
    gains: list[float] = []
    for seed in range(seeds):
        found, gain = _off_policy(seed)
        gains.append(gain)
        for method, error in found.items():
            errors.setdefault(method, []).append(error)
    for method, values in errors.items():
        root = float(np.sqrt(np.mean(np.square(values))))
        yield _row("simulated log", method, "error_of_value", [root], started) | {"n": LOGGED // 2}
    yield _row("simulated log", "mercato", "gain_over_rules", gains, started)


def _row(dataset: str, method: str, metric: str, values: list[float], started: float) -> dict:
    return {
        "dataset": dataset,
        "method": method,
        "metric": metric,
        "value": float(np.mean(values)),
        "spread": round(float(np.std(values)), 4),
        "n": len(values),
        "seconds": time.perf_counter() - started,
    }


def _regrets(seed: int) -> dict[str, float]:
    rng = np.random.default_rng(seed)
    people = simulator.Customers(rng).draw(CUSTOMERS + LATER)
    best = people.expected.max(axis=1)
    first = slice(0, CUSTOMERS)
    found = {
        f"always_{name}": float((best - people.expected[:, arm])[first].sum())
        for arm, name in enumerate(STRATEGIES)
    }
    rules = (simulator.written_rules(people.x) * people.expected).sum(axis=1)
    found["written_rules"] = float((best - rules)[first].sum())
    every = np.ones(len(STRATEGIES), dtype=bool)
    chooser, lost = bandit(), np.empty(len(best))
    for row, x in enumerate(people.x):
        arm = int(rng.choice(len(STRATEGIES), p=chooser.probabilities(x, every, rng)))
        lost[row] = best[row] - people.expected[row, arm]
        chooser.update(x, arm, people.outcome(row, arm))
    found["mercato"] = float(lost[first].sum())
    found["mercato_after_4000"] = float(lost[-CUSTOMERS:].sum())
    return found


def _off_policy(seed: int) -> tuple[dict[str, float], float]:
    people = simulator.Customers(np.random.default_rng(1000 + seed)).draw(LOGGED)
    log = simulator.logged(people)
    early = np.arange(LOGGED) < LOGGED // 2
    learned = log.part(early)
    policy = bandit().fit(learned.x, learned.arms, learned.rewards).policy()
    chances = policy(people.x[~early])
    held = log.part(~early)
    truth = float((chances * people.expected[~early]).sum(axis=1).mean())
    rules = simulator.written_rules(people.x[~early]) * people.expected[~early]
    known = {"ips": ips, "snips": snips, "doubly_robust": doubly_robust}
    errors = {name: estimate(held, policy) - truth for name, estimate in known.items()}
    return errors, truth - float(rules.sum(axis=1).mean())
