"""The environment in which ordering is learnt keeps the books of a replay, and the agent learns."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from benchmarks.inventory.data import Market, fewer
from inventory.learning.ordering import ACTIONS, FEATURES, OrderingAgent, OrderingEnv, Scene
from inventory.learning.simulation import Costs


def scene(n: int = 40, days: int = 40, seed: int = 1) -> Scene:
    """Steady demand that the forecast knows."""
    dice = np.random.default_rng(seed)
    daily = dice.uniform(0.2, 6, n)
    lead_times = dice.integers(3, 8, n)
    return Scene(
        demand=dice.poisson(daily[:, None], (n, days)).astype(float),
        until=np.repeat((daily * lead_times)[:, None], days, axis=1),
        after=np.repeat(14 * daily[:, None], days, axis=1),
        lead_times=lead_times,
        packs=dice.choice([1.0, 2.0, 4.0], n),
    )


@settings(max_examples=20, deadline=None)
@given(z=st.floats(-2, 4), quantity=st.floats(-2, 2), seed=st.integers(0, 9))
def test_no_unit_appears_or_vanishes(z: float, quantity: float, seed: int):
    place = scene(8, 20, seed)
    env = OrderingEnv(place, Costs())
    observation, _ = env.reset(seed=seed)
    begun, sold, ordered = env.store.position.copy(), np.zeros(8), np.zeros(8)
    stop = np.zeros(1, bool)
    while not stop.all():
        action = np.tile([z, quantity], (8, 1))
        before = env.store.position.copy()
        day = env.day + 1
        observation, reward, _, stop, info = env.step(action)
        units = place.demand[:, day] - info["lost"]
        sold += units
        ordered += env.store.position - before + units
        assert observation.shape == (8, FEATURES)
        assert (env.store.on_hand >= 0).all()
        assert (info["lost"] >= 0).all()
        assert (reward <= 0).all()
    assert env.store.position == pytest.approx(begun + ordered - sold)
    assert (np.mod(ordered, place.packs) == 0).all()


def test_the_same_seed_plays_the_same_game():
    costs = []
    for _ in range(2):
        env = OrderingEnv(scene(), Costs())
        env.reset(seed=4)
        costs.append([env.step(np.zeros((40, ACTIONS)))[4]["cost"].sum() for _ in range(9)])
    assert costs[0] == costs[1]


def test_what_is_seen_does_not_depend_on_what_comes():
    past, other = scene(), scene()
    other.demand[:, 6:] += 9
    seen = []
    for place in (past, other):
        env = OrderingEnv(place, Costs())
        env.reset()
        for _ in range(5):
            observation = env.step(np.zeros((40, ACTIONS)))[0]
        seen.append(observation)
    assert (seen[0] == seen[1]).all()


def test_the_agent_gets_better_than_a_bad_beginning():
    env = OrderingEnv(scene(120), Costs())
    agent = OrderingAgent(z=-1.0)
    rewards = [agent.learn(env, 0, batch=1024) for _ in range(12)]
    assert rewards[-1] > rewards[0] + 0.2


def test_a_smaller_market_keeps_each_product_with_its_own_promotions():
    rows = np.arange(6)
    whole = Market(
        products=rows + 100, units=np.tile(rows[:, None], (1, 3)), prices=np.ones((6, 3)),
        paid=np.ones((6, 3)), stores=np.ones((6, 2, 1)),
        plan_product=np.array([0, 1, 5, 5]), plan_store=np.array([0, 1, 0, 1]),
        plan_week=np.zeros(4, int), plan_code=np.array([7, 8, 9, 9]),
        department=rows, category=rows, kind=rows, brand=rows,
    )  # fmt: skip
    small = fewer(whole, 2)
    assert small.products.tolist() == [100, 105]
    assert small.units[:, 0].tolist() == [0, 5]
    assert small.plan_product.tolist() == [0, 1, 1]
    assert small.plan_code.tolist() == [7, 9, 9]
    assert len(fewer(whole, 50).products) == 6
