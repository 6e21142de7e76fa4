"""Assignment that stays, and a test that may be looked at as often as one likes."""

from collections import Counter

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from foundation.learning.bandits import Log, doubly_robust
from recommend.learning.experiments import (
    ALPHA,
    LEAST,
    assign,
    half_width,
    lift,
    share_variance,
    team_draft,
)

LOOKS = np.arange(LEAST, 4001, 50)


@given(st.text(max_size=20), st.text(max_size=20))
def test_a_unit_stays_in_its_arm(key, unit):
    thirds = [1 / 3] * 3
    assert assign(key, unit, thirds) == assign(key, unit, thirds) in (0, 1, 2)
    assert assign(key, unit, [0.0, 1.0, 0.0]) == 1


def test_arms_get_their_shares_and_experiments_do_not_share_groups():
    units = [f"v{number}" for number in range(4000)]
    first = [assign("one", unit, [0.2, 0.8]) for unit in units]
    second = [assign("two", unit, [0.2, 0.8]) for unit in units]
    assert Counter(first)[0] / len(units) == pytest.approx(0.2, abs=0.03)
    both = sum(a == b == 0 for a, b in zip(first, second, strict=True)) / len(units)
    assert both == pytest.approx(0.04, abs=0.015)


def stopped(rate: float, other: float, runs: int, width) -> float:
    """Share of experiments that somebody who looks after every 50 units stops for a difference."""
    rng = np.random.default_rng(5)
    counts = LOOKS.astype(float)
    hits = [
        (rng.random((runs, LOOKS[-1])) < chance).cumsum(axis=1)[:, LOOKS - 1].astype(float)
        for chance in (rate, other)
    ]
    variance = sum(share_variance(one, counts) for one in hits)
    difference = np.abs(hits[1] - hits[0]) / counts
    return float((difference > width(variance)).any(axis=1).mean())


@pytest.mark.parametrize("rate", [0.03, 0.1, 0.4])
def test_peeking_errs_no_more_often_than_promised(rate):
    runs = 400
    noise = 2 * np.sqrt(ALPHA * (1 - ALPHA) / runs)
    assert stopped(rate, rate, runs, half_width) <= ALPHA + noise
    # The usual interval, looked at as often, errs several times as often as it says.
    assert stopped(rate, rate, runs, lambda variance: 1.96 * np.sqrt(variance)) > 3 * ALPHA


def test_a_difference_that_is_there_is_found():
    assert stopped(0.1, 0.14, 200, half_width) > 0.8


def test_nothing_is_said_of_few_units():
    assert lift((1, LEAST - 1), (50, 1000)) is None
    found = lift((100, 1000), (200, 1000))
    assert found is not None
    assert found.decided
    assert found.difference == pytest.approx(0.1)
    assert found.low < found.difference < found.high


def test_doubly_robust_is_right_on_average():
    """Over many logs of one known world; its reward model is wrong, its propensities are not."""
    rng = np.random.default_rng(6)
    errors = []
    for _ in range(150):
        x = np.column_stack([np.ones(400), rng.random(400)])
        means = np.column_stack([x[:, 1] ** 2, 0.5 - 0.4 * np.abs(x[:, 1] - 0.5)])
        right = 0.2 + 0.6 * x[:, 1]
        arms = (rng.random(400) < right).astype(int)
        chosen = np.where(arms == 1, right, 1 - right)
        rewards = (rng.random(400) < means[np.arange(400), arms]).astype(float)
        log = Log(x, arms, rewards, chosen)
        chances = np.column_stack([x[:, 1] > 0.7, x[:, 1] <= 0.7]).astype(float)
        value = doubly_robust(
            log, lambda seen: np.column_stack([seen[:, 1] > 0.7, seen[:, 1] <= 0.7]) * 1.0
        )
        errors.append(value - float((chances * means).sum(axis=1).mean()))
    assert abs(np.mean(errors)) < 3 * np.std(errors) / np.sqrt(len(errors))
    assert np.std(errors) < 0.1


rankings = st.lists(st.integers(0, 30), max_size=12, unique=True)


@given(rankings, rankings, st.text(max_size=5))
def test_a_draft_takes_turns_and_names_nothing_twice(first, second, seed):
    drafted = team_draft(first, second, seed)
    items = [item for item, _team in drafted]
    assert len(set(items)) == len(items)
    for team, ranked in enumerate((first, second)):
        own = [item for item, of in drafted if of == team]
        assert own == [item for item in ranked if item in own], "each in its own order"
    for end in range(len(drafted)):
        given = Counter(team for _item, team in drafted[: end + 1])
        assert abs(given[0] - given[1]) <= 1


def test_equal_rankings_are_preferred_alike():
    """Clicks on one item of a list that both ranked alike: a coin's worth for each team."""
    wins = [dict(team_draft([1, 2, 3, 4], [1, 2, 3, 4], f"v{unit}"))[3] for unit in range(2000)]
    assert np.mean(wins) == pytest.approx(0.5, abs=0.04)
