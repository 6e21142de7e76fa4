"""What a forecast of weekly demand can know, as a table for regression trees.

One row for each series and week ahead, all columns as of the origin: levels of the series with
past promotions divided out, its own past weeks under a similar promotion, the plan of the week and
of the weeks around it, what else of the same type is promoted, season, holidays and price.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
from scipy.sparse import csr_matrix

from inventory.learning.uplift import PromotionUplift

LEVEL_WEEKS = (1, 2, 4, 8, 13, 26)
HALF_LIVES = (3.0, 10.0, 20.0)
KERNELS = ((0.15, 26.0), (0.6, 13.0))
"""Width in promotion space, half-life in weeks."""
MIDWINTER = 3
"""Week of the year around which the seasons mirror each other (north: coldest in mid-January)."""
YEAR_WEEKS = 52
FAR = 12


@dataclass(frozen=True)
class WeeklyPanel:
    """What is known at an origin.

    Attributes
    ----------
    units : float (n_series, n_weeks)
        Units a week, oldest first; the forecast begins with week ``n_weeks``.
    plan : float (n_series, n_weeks + ahead, n_codes)
        Share of the sales-weighted stores that carry each mailer or display code.
    n_mailer : int
        The first so many codes are mailer codes, the others display codes.
    groups : int (n_series, n_levels)
        Codes of the hierarchy, coarse to fine (department, category, type).
    week_of_year : int (n_weeks + ahead,)
    holidays : int (n_holidays,)
        Weeks of the year's holidays, counted like the columns of ``units``; some lie outside.
    price, discount : float (n_series, n_weeks)
        Mean shelf price and the part of it that discounts took; nan in weeks without a sale.
    """

    units: np.ndarray
    plan: np.ndarray
    n_mailer: int
    groups: np.ndarray
    week_of_year: np.ndarray
    holidays: np.ndarray
    price: np.ndarray
    discount: np.ndarray

    @property
    def n_weeks(self) -> int:
        return self.units.shape[1]

    @property
    def ahead(self) -> int:
        return self.plan.shape[1] - self.n_weeks

    def codes(self) -> np.ndarray:
        """The plan with two more codes: any mailer, any display."""
        mailer = self.plan[:, :, : self.n_mailer].sum(axis=2, keepdims=True)
        display = self.plan[:, :, self.n_mailer :].sum(axis=2, keepdims=True)
        return np.concatenate([self.plan, np.minimum(mailer, 1), np.minimum(display, 1)], axis=2)

    def upto(self, origin: int, ahead: int) -> "WeeklyPanel":
        """The panel as it was ``origin`` weeks after its start."""
        end = min(origin + ahead, self.plan.shape[1])
        return replace(
            self,
            units=self.units[:, :origin],
            plan=self.plan[:, :end],
            week_of_year=self.week_of_year[:end],
            price=self.price[:, :origin],
            discount=self.discount[:, :origin],
        )


class WeeklyFeatures:
    """Make the table; the promotion effects of one origin start from those of the one before.

    Examples
    --------
    ``WeeklyFeatures().table(panel)`` is a float32 array (n_series, ahead, n_columns), and
    ``names`` lists its columns afterwards.
    """

    def __init__(self) -> None:
        self.names: list[str] = []
        self._uplift = PromotionUplift()

    def table(self, panel: WeeklyPanel) -> np.ndarray:
        codes = panel.codes()
        group = panel.groups[:, min(1, panel.groups.shape[1] - 1)]
        self._uplift.fit(panel.units, codes[:, : panel.n_weeks], group)
        log_uplift = self._uplift.predict(codes, group)
        columns: dict[str, np.ndarray] = {}
        columns |= _levels(panel, log_uplift)
        columns |= _similar_weeks(panel, codes, log_uplift)
        columns |= _planned(panel, codes, log_uplift)
        columns |= _groups(panel, log_uplift)
        columns |= _season(panel, log_uplift)
        columns |= _calendar(panel)
        columns |= _prices(panel)
        self.names = list(columns)
        shape = (len(panel.units), panel.ahead)
        filled = [np.broadcast_to(value, shape) for value in columns.values()]
        return np.stack(filled, axis=2).astype(np.float32)


Columns = dict[str, np.ndarray]


def _level(units: np.ndarray, uplift: np.ndarray, weights: np.ndarray, usual: np.ndarray):
    """Weekly units without promotion, (n_series,): a ratio of sums, drawn a little to ``usual``."""
    pull = 0.5
    return (units @ weights + pull) / (uplift @ weights + pull / np.maximum(usual, 0.2))


def _levels(panel: WeeklyPanel, log_uplift: np.ndarray) -> Columns:
    units, n_weeks = panel.units, panel.n_weeks
    uplift = np.exp(log_uplift)
    past, future = uplift[:, :n_weeks], uplift[:, n_weeks:]
    usual = units.mean(axis=1)
    age = np.arange(n_weeks - 1, -1, -1)
    result: Columns = {}
    for weeks in LEVEL_WEEKS:
        window = (age < weeks).astype(float)
        result[f"mean_{weeks}"] = (units @ window / window.sum())[:, None]
        level = _level(units, past, window, usual)[:, None]
        result[f"level_{weeks}"] = level
        if weeks in (4, 13):
            result[f"expected_{weeks}"] = level * future
    for half_life in HALF_LIVES:
        level = _level(units, past, 0.5 ** (age / half_life), usual)[:, None]
        result[f"decayed_{half_life:g}"] = level
        result[f"expected_decayed_{half_life:g}"] = level * future
    sold = units > 0
    result["usual"] = usual[:, None]
    result["weeks_since_sale"] = np.where(
        sold.any(axis=1), np.argmax(sold[:, ::-1], axis=1), n_weeks
    )[:, None]
    result["weeks_since_first"] = (n_weeks - np.argmax(sold, axis=1))[:, None]
    result["zero_13"] = (~sold[:, -13:]).mean(axis=1)[:, None]
    deflated = units[:, -26:] / past[:, -26:]
    result["variation"] = (deflated.std(axis=1) / (deflated.mean(axis=1) + 0.2))[:, None]
    result["highest"] = units.max(axis=1)[:, None]
    lift = np.where(log_uplift[:, :n_weeks] > 0.4, units / (usual[:, None] + 0.2), 0.0)
    weeks_up = (log_uplift[:, :n_weeks] > 0.4).sum(axis=1)
    result["own_lift"] = ((lift.sum(axis=1) + 2.0) / (weeks_up + 1.0))[:, None]
    return result


def _similar_weeks(panel: WeeklyPanel, codes: np.ndarray, log_uplift: np.ndarray) -> Columns:
    """The series' own past weeks, weighted by how like their promotion was to the planned one."""
    n_weeks = panel.n_weeks
    place = np.concatenate([2.0 * codes, 1.5 * log_uplift[:, :, None]], axis=2)
    square = (place**2).sum(axis=2)
    product = place[:, :n_weeks] @ place[:, n_weeks:].transpose(0, 2, 1)
    distance = square[:, :n_weeks, None] + square[:, None, n_weeks:] - 2 * product
    uplift = np.exp(log_uplift)
    age = np.arange(n_weeks - 1, -1, -1)
    usual = panel.units.mean(axis=1)
    level = _level(panel.units, uplift[:, :n_weeks], 0.5 ** (age / 10.0), usual)
    anchor = level[:, None] * uplift[:, n_weeks:]
    scale = np.sqrt(uplift[:, None, n_weeks:] / uplift[:, :n_weeks, None])
    known = ~np.isnan(panel.discount)
    discount = np.nan_to_num(panel.discount)
    result: Columns = {}
    for index, (width, half_life) in enumerate(KERNELS):
        weight = np.exp(-np.maximum(distance, 0) / (2 * width))
        weight *= (0.5 ** (age / half_life))[None, :, None]
        sums = (weight * panel.units[:, :, None] * scale).sum(axis=1)
        result[f"similar_{index}"] = (sums + 0.5 * anchor) / (weight.sum(axis=1) + 0.5)
        result[f"similar_weight_{index}"] = weight.sum(axis=1)
    weight = weight * known[:, :, None]
    result["similar_discount"] = (weight * discount[:, :, None]).sum(axis=1) / (
        weight.sum(axis=1) + 0.2
    )
    return result


def _planned(panel: WeeklyPanel, codes: np.ndarray, log_uplift: np.ndarray) -> Columns:
    n_weeks, last = panel.n_weeks, codes.shape[1] - 1
    target = np.arange(n_weeks, last + 1)
    following = np.minimum(target + 1, last)
    result: Columns = {f"code_{i}": codes[:, target, i] for i in range(codes.shape[2])}
    for name, i in (("mailer", -2), ("display", -1)):
        result[f"{name}_before"] = codes[:, target - 1, i]
        result[f"{name}_after"] = codes[:, following, i]
        result[f"{name}_4"] = codes[:, n_weeks - 4 : n_weeks, i].mean(axis=1)[:, None]
        result[f"{name}_usual"] = codes[:, :n_weeks, i].mean(axis=1)[:, None]
    result["uplift"] = log_uplift[:, target]
    result["uplift_before"] = log_uplift[:, target - 1]
    result["uplift_before_2"] = log_uplift[:, target - 2]
    result["uplift_after"] = log_uplift[:, following]
    for weeks in (2, 4, 13):
        past = log_uplift[:, max(n_weeks - weeks, 0) : n_weeks]
        result[f"uplift_{weeks}"] = past.mean(axis=1)[:, None]
    high = log_uplift[:, :n_weeks] > 0.4
    since = np.where(high.any(axis=1), np.argmax(high[:, ::-1], axis=1), n_weeks)
    result["weeks_since_promotion"] = since[:, None]
    return result


def _membership(group: np.ndarray) -> csr_matrix:
    """A row for each group, a column for each series: summing over groups is a product."""
    ones, series = np.ones(len(group)), np.arange(len(group))
    return csr_matrix((ones, (group, series)), shape=(int(group.max()) + 1, len(group)))


def _groups(panel: WeeklyPanel, log_uplift: np.ndarray) -> Columns:
    """What goes on in the series' department, category and type, and what else is promoted."""
    units, n_weeks = panel.units, panel.n_weeks
    usual = units.mean(axis=1)
    result: Columns = {}
    for level, group in enumerate(panel.groups.T):
        member = _membership(group)
        sold = member @ units
        expected = member @ (usual[:, None] * np.exp(log_uplift[:, :n_weeks]))
        for weeks in (2, 4, 8):
            top, bottom = sold[:, -weeks:].sum(axis=1), expected[:, -weeks:].sum(axis=1)
            result[f"group_{level}_trend_{weeks}"] = ((top + 5) / (bottom + 5))[group][:, None]
        share = member @ (usual[:, None] * log_uplift)
        total = member @ usual
        others = (total[group] - usual)[:, None]
        rest = (share[group] - usual[:, None] * log_uplift) / np.maximum(others, 0.1)
        rest = np.where(others > 0.1, rest, 0.0)
        result[f"group_{level}_others"] = rest[:, n_weeks:]
        result[f"group_{level}_others_4"] = rest[:, n_weeks - 4 : n_weeks].mean(axis=1)[:, None]
        result[f"group_{level}"] = group[:, None]
        result[f"group_{level}_part"] = (usual / np.maximum(total[group], 0.1))[:, None]
    return result


def _season(panel: WeeklyPanel, log_uplift: np.ndarray) -> Columns:
    """Level at the time of the year that mirrors the target week: November is like February.

    One year of history has no last November; its mirror in the first half has the same weather.
    """
    n_weeks = panel.n_weeks
    target = panel.week_of_year[n_weeks:]
    mirror = (2 * MIDWINTER - target) % YEAR_WEEKS
    past = panel.week_of_year[:n_weeks]
    gap = np.abs((past[:, None] - mirror[None] + 26) % YEAR_WEEKS - 26)
    here = np.abs((past[:, None] - target[None] + 26) % YEAR_WEEKS - 26)
    weight = np.exp(-0.5 * (gap / 2.0) ** 2) + np.exp(-0.5 * (here / 2.0) ** 2)
    uplift = np.exp(log_uplift[:, :n_weeks])
    recent = 0.5 ** (np.arange(n_weeks - 1, -1, -1) / 4.0)
    series = {"series": np.arange(len(panel.units))}
    groups = {f"group_{level}": group for level, group in enumerate(panel.groups.T)}
    result: Columns = {"mirror_seen": weight.sum(axis=0)[None]}
    for name, group in (series | groups).items():
        member = _membership(group)
        sold = member @ panel.units
        expected = member @ (uplift * panel.units.mean(axis=1, keepdims=True))
        then = (sold @ weight + 2.0) / (expected @ weight + 2.0)
        now = (sold @ recent + 2.0) / (expected @ recent + 2.0)
        result[f"mirror_{name}"] = then[group]
        result[f"mirror_{name}_change"] = then[group] / now[group][:, None]
    return result


def _calendar(panel: WeeklyPanel) -> Columns:
    n_weeks = panel.n_weeks
    target = np.arange(n_weeks, n_weeks + panel.ahead)
    gap = panel.holidays[None] - target[:, None]
    after = np.where(gap >= 0, gap, FAR).min(axis=1, initial=FAR)
    before = np.where(gap <= 0, -gap, FAR).min(axis=1, initial=FAR)
    return {
        "ahead": np.arange(panel.ahead)[None],
        "week_of_year": panel.week_of_year[target][None],
        "weeks_to_holiday": after[None],
        "weeks_since_holiday": before[None],
    }


def _prices(panel: WeeklyPanel) -> Columns:
    price, discount = panel.price, panel.discount
    last = _last_known(price)
    usual = _mean_known(price[:, -26:])
    mailer = panel.plan[:, : panel.n_weeks, : panel.n_mailer].sum(axis=2) > 0.3
    return {
        "price": last[:, None],
        "price_change": (last / usual)[:, None],
        "discount": _last_known(discount)[:, None],
        "discount_usual": _mean_known(discount)[:, None],
        "discount_mailer": _mean_known(np.where(mailer, discount, np.nan))[:, None],
        "discount_plain": _mean_known(np.where(mailer, np.nan, discount))[:, None],
    }


def _last_known(values: np.ndarray) -> np.ndarray:
    known = ~np.isnan(values)
    place = values.shape[1] - 1 - np.argmax(known[:, ::-1], axis=1)
    return values[np.arange(len(values)), place]


def _mean_known(values: np.ndarray) -> np.ndarray:
    known = ~np.isnan(values)
    count = known.sum(axis=1)
    sums = np.where(known, values, 0.0).sum(axis=1)
    return np.where(count > 0, sums / np.maximum(count, 1), np.nan)


def column_indices(names: Sequence[str], wanted: Sequence[str]) -> list[int]:
    """Places of the wanted columns."""
    return [names.index(name) for name in wanted]
