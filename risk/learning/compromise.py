"""How likely a card or a terminal is in somebody else's hands right now.

Two small Bayesian models of the same shape: on an unknown day a compromise begins and lasts a fixed
number of days. Every candidate first day is weighed by how well it explains what has been seen,
and the posterior share of the candidates that cover the present is the answer. What is seen
differs: of a terminal the delayed fraud reports (every transaction in its compromise is
fraudulent), of a card the amounts (a share of the transactions is several times larger than the
holder's own). Fawcett & Provost (1997), Adaptive fraud detection, is the classic of profiling each
account against itself; the posterior over onset days is Bayesian change-point detection (Adams &
MacKay 2007) with a known length.

Everything is point in time: a transaction sees earlier amounts, and labels older than the delay.
"""

from dataclasses import dataclass, replace

import numpy as np

DAY = 86_400
EPSILON = 1e-3
"""Likelihood of a genuine transaction in a terminal's compromise: reports do get lost."""
MEANS = np.geomspace(4, 120, 28).astype(np.float32)


@dataclass(frozen=True)
class Transactions:
    """Card payments sorted by time; all arrays ``(n,)``.

    ``at`` in seconds since any midnight, ``fraud`` is 0 or 1 and becomes known ``delay`` seconds
    after the payment.
    """

    at: np.ndarray
    card: np.ndarray
    terminal: np.ndarray
    amount: np.ndarray
    fraud: np.ndarray
    delay: int = 7 * DAY

    def __len__(self) -> int:
        return len(self.at)

    def where(self, rows: np.ndarray) -> "Transactions":
        """The rows of a mask or of sorted row numbers."""
        names = ("at", "card", "terminal", "amount", "fraud")
        return replace(self, **{name: getattr(self, name)[rows] for name in names})

    @property
    def day(self) -> np.ndarray:
        return self.at // DAY


def grouped(keys: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Stable order that brings equal keys together, and for each position its group's start."""
    order = np.argsort(keys, kind="stable")
    ordered = keys[order]
    first = np.r_[True, ordered[1:] != ordered[:-1]]
    starts = np.maximum.accumulate(np.where(first, np.arange(len(keys)), 0))
    return order, starts


@dataclass
class CardSurprise:
    """Amounts against the holder's own: genuine ones scatter round a mean, stolen ones round a
    multiple of it.

    Parameters
    ----------
    days : length of a compromise.
    share : part of a compromised card's transactions that are fraudulent.
    factor : how many times larger a fraudulent amount is.
    onset : compromises per card and day.
    spread : standard deviation of genuine amounts as a share of their mean.

    The mean is unknown: the grid ``MEANS`` is weighed by all earlier amounts of the card, with a
    fraudulent share allowed for, so that one theft does not spoil the profile.
    """

    days: int = 14
    share: float = 1 / 3
    factor: float = 5.0
    onset: float = 6e-4
    spread: float = 0.5

    def log_ratio(self, data: Transactions) -> np.ndarray:
        """Log of how much likelier an amount is as stolen than as the holder's own, (n,)."""
        order, starts = grouped(data.card)
        amounts = data.amount[order].astype(np.float32)
        genuine = self._density(amounts, MEANS)
        stolen = self._density(amounts, self.factor * MEANS)
        background = self.onset * self.days * self.share
        step = np.log((1 - background) * genuine + background * stolen)
        total = np.cumsum(step, axis=0, dtype=np.float64)
        before = total - step
        history = before - before[starts]
        history -= history.max(axis=1, keepdims=True)
        weight = np.exp(history)
        ratio = np.log((weight * stolen).sum(axis=1)) - np.log((weight * genuine).sum(axis=1))
        result = np.empty(len(data))
        result[order] = ratio
        return result

    def _density(self, amounts: np.ndarray, means: np.ndarray) -> np.ndarray:
        """Normal density with a thin uniform floor below twice the mean, (n, len(means))."""
        sigma = self.spread * means
        z = (amounts[:, None] - means[None, :]) / sigma
        normal = np.exp(-0.5 * z**2) / (sigma * np.sqrt(2 * np.pi))
        floor = np.where(amounts[:, None] < 2 * means, 0.0228 / (2 * means), 0.0)
        return normal + floor + 1e-12

    def posterior(
        self, data: Transactions, *, labels: bool, log_ratio: np.ndarray | None = None
    ) -> tuple[np.ndarray, np.ndarray]:
        """Probability (n,) that each transaction is a theft from its card, and that its card is
        compromised whatever this amount says; with ``labels`` known reports count too."""
        log_ratio = self.log_ratio(data) if log_ratio is None else log_ratio
        ratio = np.exp(np.clip(log_ratio, -30, 30))
        order, starts = grouped(data.card)
        at, day, ratio = data.at[order], data.day[order], ratio[order]
        fraud = data.fraud[order] if labels else None
        inside = np.log(1 - self.share + self.share * ratio)
        total = np.r_[0.0, np.cumsum(inside)]
        position = np.arange(len(data))
        odds_active, odds_past = np.zeros(len(data)), np.zeros(len(data))
        if fraud is not None:
            known = np.where(fraud == 1, np.log(self.share * ratio + 1e-9), np.log(1 - self.share))
            change = np.r_[0.0, np.cumsum(known - inside)]
            cut = _known_until(at, data.card[order], starts, data.delay)
        keys = data.card[order].astype(np.int64) * 100_000 + day
        for back in range(2 * self.days):
            first = np.searchsorted(keys, keys - back, side="left")
            first = np.maximum(first, starts)
            last = position
            if back >= self.days:
                last = np.searchsorted(keys, keys - back + self.days, side="left")
            value = total[last] - total[first]
            if fraud is not None:
                upto = np.clip(cut, first, last)
                value = value + change[upto] - change[first]
            weight = self.onset * np.exp(np.clip(value, -60, 60))
            if back < self.days:
                odds_active += weight
            else:
                odds_past += weight
        none = 1.0
        theft = odds_active * self.share * ratio
        rest = none + odds_past + odds_active * (1 - self.share)
        probability, active = np.empty(len(data)), np.empty(len(data))
        probability[order] = theft / (theft + rest)
        active[order] = odds_active / (none + odds_past + odds_active)
        return probability, active


@dataclass
class TerminalReports:
    """Delayed fraud reports of a terminal: which first day explains them, and is it over?

    Parameters
    ----------
    days : length of a compromise; onset : compromises per terminal and day.
    look_back : days of candidates before the present.
    """

    days: int = 28
    onset: float = 2e-4
    look_back: int = 63

    def posterior(self, data: Transactions, otherwise: np.ndarray) -> np.ndarray:
        """Probability (n,) that each transaction's terminal is compromised.

        ``otherwise`` (n,) is the probability that the transaction, were it fraudulent, would be so
        without its terminal (a stolen card, a huge amount): such a report says little about the
        terminal.
        """
        order, starts = grouped(data.terminal)
        at, day = data.at[order], data.day[order]
        explained = np.clip(otherwise[order], 2e-4, 0.98)
        step = np.where(data.fraud[order] == 1, -np.log(explained), np.log(EPSILON))
        total = np.r_[0.0, np.cumsum(step)]
        cut = _known_until(at, data.terminal[order], starts, data.delay)
        keys = data.terminal[order].astype(np.int64) * 100_000 + day
        active, past = np.zeros(len(data)), np.ones(len(data))
        for back in range(self.look_back):
            first = np.maximum(np.searchsorted(keys, keys - back, side="left"), starts)
            last = np.searchsorted(keys, keys - back + self.days, side="left")
            last = np.maximum(np.minimum(last, cut), first)
            first = np.minimum(first, last)
            weight = self.onset * np.exp(np.clip(total[last] - total[first], -60, 60))
            if back < self.days:
                active += weight
            else:
                past += weight
        result = np.empty(len(data))
        result[order] = active / (active + past)
        return result


def _known_until(at: np.ndarray, keys: np.ndarray, starts: np.ndarray, delay: int) -> np.ndarray:
    """For each ordered position the end of its group's rows whose labels are known by then."""
    span = np.int64(at.max() + delay + 1)
    flat = keys.astype(np.int64) * (2 * span) + at
    return np.maximum(np.searchsorted(flat, flat - delay, side="right"), starts)


def window(
    keys: np.ndarray, at: np.ndarray, value: np.ndarray, newest: int, oldest: int
) -> tuple[np.ndarray, np.ndarray]:
    """Count and sum (n,) of a key's rows whose age in seconds is in [newest, oldest).

    Rows are in time order; with ``newest`` 0 a row sees itself and those before it.
    """
    order, starts = grouped(keys)
    span = np.int64(at.max() + oldest + 2)
    flat = keys[order].astype(np.int64) * span * 2 + at[order]
    total = np.r_[0.0, np.cumsum(value[order].astype(np.float64))]
    first = np.searchsorted(flat, flat - oldest, side="right")
    last = np.searchsorted(flat, flat - newest, side="right")
    if newest == 0:
        last = np.arange(1, len(at) + 1)
    first, last = np.maximum(first, starts), np.maximum(last, starts)
    count, summed = np.empty(len(at)), np.empty(len(at))
    count[order], summed[order] = last - first, total[last] - total[first]
    return count, summed
