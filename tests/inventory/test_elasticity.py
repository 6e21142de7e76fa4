"""Elasticities: what is known of the price is found, what is not is what was published."""

import numpy as np
import pytest

from inventory.learning.elasticity import (
    CHANGE,
    PUBLISHED,
    Elasticities,
    Weeks,
    learn,
    loss,
    pooled,
    steady,
)

TRUE = {0: -1.2, 1: -2.0, 2: -3.5, 3: -0.6}


def market(seed: int = 3, products: int = 30, n_weeks: int = 52) -> Weeks:
    """Four categories with elasticities of their own, mailers, a season; prices move in steps."""
    dice = np.random.default_rng(seed)
    category = np.repeat(list(TRUE), products)
    n = len(category)
    level = dice.uniform(1, 12, n)
    steps = dice.random((n, n_weeks)) < 0.08
    log_price = np.cumsum(steps * dice.normal(0, 0.12, (n, n_weeks)), axis=1)
    mailer = (dice.random((n, n_weeks)) < 0.15).astype(float)
    season = 1 + 0.3 * np.sin(np.arange(n_weeks) / 8)
    slopes = np.array([TRUE[c] for c in category])
    mean = level[:, None] * season * np.exp(slopes[:, None] * log_price + 0.7 * mailer)
    units = dice.poisson(mean * dice.gamma(4, 1 / 4, (n, n_weeks))).astype(float)
    price = np.exp(log_price + 1 + dice.normal(0, 0.003, (n, n_weeks)))
    price[units == 0] = np.nan
    return Weeks(units, price, mailer[:, :, None], category)


def test_known_elasticities_are_found_within_their_intervals():
    found = learn(market())
    for category, true in TRUE.items():
        one = found.of(category)
        assert one.mean == pytest.approx(true, abs=0.5)
        low, high = one.interval
        assert low < true < high
        assert one.deviation < 0.5
        assert one.changes > 50


def test_intervals_hold_what_they_promise():
    inside = [
        found.of(c).interval[0] < true < found.of(c).interval[1]
        for seed in range(8)
        for found in [learn(market(seed, products=15))]
        for c, true in TRUE.items()
    ]
    assert np.mean(inside) > 0.85


def test_without_a_change_of_price_the_published_mean_remains():
    weeks = market(products=4)
    still = Weeks(weeks.units, np.full_like(weeks.price, 2.0), weeks.plan, weeks.category)
    found = learn(still)
    assert found.categories == {}
    assert found.of(2).mean == pytest.approx(PUBLISHED)
    assert found.of(2).deviation > 0.3


def test_little_data_is_drawn_further_than_much():
    slopes, variances = np.array([-1.0, -1.0, -1.2, -0.8]), np.array([0.01, 4.0, 0.02, 0.02])
    _, drawn = pooled(slopes, variances)
    assert drawn[0][0] == pytest.approx(-1.0, abs=0.02)
    assert PUBLISHED < drawn[1][0] < -1.05
    assert drawn[1][1] > 3 * drawn[0][1]


def test_later_weeks_are_less_of_a_surprise_with_learnt_than_with_published_slopes():
    weeks = market()
    known, later = weeks.between(0, 40), weeks.between(40, 52)
    assert loss(later, known, learn(known)) < loss(later, known, None)


def test_a_mix_of_stores_is_not_a_change_of_price():
    price = np.array([[2.0, 2.0 * (1 + CHANGE / 2), np.nan, 2.5, 2.51, np.nan]])
    assert np.exp(steady(price))[0] == pytest.approx([2, 2, 2, 2.5, 2.5, 2.5])


def test_what_is_kept_in_a_file_is_what_was_learnt(tmp_path):
    found = learn(market(products=5))
    found.save(tmp_path / "elasticity.json")
    assert Elasticities.load(tmp_path / "elasticity.json") == found
