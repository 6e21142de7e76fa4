"""Terminals and cards in somebody else's hands, on a small world made the way they say it is."""

import numpy as np
import pytest

from risk.learning.compromise import DAY, CardSurprise, TerminalReports, Transactions, window


@pytest.fixture(scope="module")
def world() -> Transactions:
    """Sixty days, 60 cards, 40 terminals; terminal 3 is bad from day 20 to 47, card 5 from 30."""
    rng = np.random.default_rng(2)
    n = 6000
    at = np.sort(rng.integers(0, 60 * DAY, n))
    card, terminal = rng.integers(0, 60, n), rng.integers(0, 40, n)
    mean = rng.uniform(10, 80, 60)
    amount = np.abs(rng.normal(mean[card], mean[card] / 2))
    day = at // DAY
    fraud = ((terminal == 3) & (day >= 20) & (day < 48)).astype(np.int8)
    stolen = (card == 5) & (day >= 30) & (day < 44) & (rng.random(n) < 0.33)
    amount[stolen] *= 5
    fraud[stolen] = 1
    return Transactions(at, card, terminal, amount, fraud)


def test_a_reported_terminal_is_suspect_until_its_time_is_over(world):
    suspicion = TerminalReports().posterior(world, np.full(len(world), 0.01))
    here, day = world.terminal == 3, world.day
    assert suspicion[here & (day < 20)].max() < 0.05
    assert suspicion[here & (day > 29) & (day < 45)].min() > 0.7
    assert suspicion[here & (day > 56)].mean() < 0.2
    assert suspicion[world.terminal == 8].max() < 0.5


def test_reports_that_are_not_known_yet_say_nothing(world):
    suspicion = TerminalReports().posterior(world, np.full(len(world), 0.01))
    assert suspicion[(world.terminal == 3) & (world.day >= 20) & (world.day < 27)].max() < 0.05


def test_a_card_is_measured_against_itself(world):
    theft, _ = CardSurprise().posterior(world, labels=False)
    stolen = (world.card == 5) & (world.fraud == 1) & (world.terminal != 3)
    honest = world.fraud == 0
    assert np.median(theft[stolen]) > 0.5
    assert np.quantile(theft[honest], 0.99) < 0.1


def test_nothing_of_the_future_is_seen(world):
    cut = world.where(world.day < 40)
    for method in (
        lambda data: CardSurprise().posterior(data, labels=True)[0],
        lambda data: TerminalReports().posterior(data, np.full(len(data), 0.01)),
    ):
        assert np.allclose(method(world)[: len(cut)], method(cut))


def test_a_window_counts_by_age():
    at = np.array([0, 10, 20, 30])
    count, total = window(np.zeros(4, int), at, np.array([1.0, 2.0, 4.0, 8.0]), 10, 21)
    assert count.tolist() == [0, 1, 2, 2]
    assert total.tolist() == [0, 1, 3, 6]
