"""A product nobody has bought, by its kin: which known products are most like it, and how many
households will buy it.

How well a newcomer sells decides more than whom it suits: ranked by the sales it is going to have,
for everybody alike, it is found more often than by any habit. So its sales are forecast first, from
what its kin sell, its price and the promotion plan.
"""

from collections.abc import Iterable

import lightgbm
import numpy as np
import numpy.typing as npt
from scipy import sparse

from recommend.learning.ease import EASE
from recommend.learning.features import Season, distinct
from recommend.learning.market import WINDOW_DAYS, Catalogue, Market, Purchases

Floats = npt.NDArray[np.float32]
PRICE_BAND = 1 / 3
"""Width of a band of prices, in log units."""
APART = 0.35
"""Difference of log prices that counts as much as one unit of likeness."""
SAME_MAKER, SAME_SIZE, SAME_BRAND = 1.2, 0.7, 0.7
BACK = (1, 2)
"""Windows before the target from which sales are learnt."""
ROUNDS = 300


def log_prices(catalogue: Catalogue) -> npt.NDArray[np.float64]:
    """Log list prices, all alike where prices are not known."""
    if catalogue.prices is None:
        return np.zeros(len(catalogue.types))
    return np.log(np.maximum(catalogue.prices, 0.01)).astype(np.float64)


def crossed(one: npt.NDArray, other: npt.NDArray) -> npt.NDArray:
    """Number the pairs that occur."""
    pair = one.astype(np.int64) * (int(other.max(initial=0)) + 1) + other
    return np.unique(pair, return_inverse=True)[1]


def likeness(catalogue: Catalogue, known: npt.NDArray, items: npt.NDArray) -> sparse.csr_array:
    """Return how like each of ``items`` the known items are, at most 1; (len(items), n_items).

    Kin are items of the same type, or of the same category where the type has none. Near is what
    costs as much, comes from the same maker, in the same size of pack.
    """
    prices = log_prices(catalogue)
    most = SAME_MAKER + SAME_SIZE + SAME_BRAND
    rows, columns, values = [], [], []
    for row, item in enumerate(items):
        near = known[catalogue.types[known] == catalogue.types[item]]
        if not len(near):
            near = known[catalogue.categories[known] == catalogue.categories[item]]
        score = SAME_MAKER * (catalogue.makers[near] == catalogue.makers[item])
        score = score + SAME_BRAND * (catalogue.own_brand[near] == catalogue.own_brand[item])
        if catalogue.sizes is not None:
            score = score + SAME_SIZE * (catalogue.sizes[near] == catalogue.sizes[item])
        score = score - np.abs(prices[near] - prices[item]) / APART
        rows.append(np.full(len(near), row))
        columns.append(near)
        values.append(np.exp(score - most))
    entries = np.concatenate(values).astype(np.float32)
    where = (np.concatenate(rows), np.concatenate(columns))
    return sparse.csr_array((entries, where), shape=(len(items), len(catalogue.types)))


def normalised(matrix: sparse.csr_array) -> sparse.csr_array:
    """Rows that sum to 1; empty rows stay empty."""
    total = np.asarray(matrix.sum(1)).ravel()
    result: sparse.csr_array = sparse.diags_array(1 / np.maximum(total, 1e-12)) @ matrix
    return result


def expected_buyers(market: Market, season: Season, known: npt.NDArray) -> Floats:
    """Return log1p of the households that will buy each item in the season's window, (n_items,).

    Learnt from the known items in the windows before, each without its own sales. ``market`` must
    hold no purchase of any other item.
    """
    size = market.purchases.n_items
    none = EASE()
    none.weights_ = sparse.csr_array((size, size), dtype=np.float32)
    values, labels = [], []
    for back in BACK:
        begin = season.start - back * WINDOW_DAYS
        values.append(_qualities(market, Season(market, begin, none), known)[known])
        labels.append(_buyers(market.purchases, begin, begin + WINDOW_DAYS)[known])
    parameters = {
        "objective": "l2",
        "learning_rate": 0.04,
        "num_leaves": 15,
        "min_data_in_leaf": 20,
        "feature_fraction": 0.3,
        "bagging_fraction": 0.7,
        "bagging_freq": 1,
        "lambda_l2": 5.0,
        "max_bin": 127,
        "verbose": -1,
        "num_threads": 1,
    }
    data = lightgbm.Dataset(np.concatenate(values), np.concatenate(labels), params=parameters)
    target = _qualities(market, season, known)
    return np.asarray(lightgbm.train(parameters, data, ROUNDS).predict(target), np.float32)


def plan_reach(season: Season) -> dict[str, Floats]:
    """How widely each item is promoted in the window: share of the stores, most weeks, coupons."""
    plan = season.plan
    covered = max(int(plan.covered.sum()), 1)
    planned = {"mailed": plan.mailed, "featured": plan.featured, "displayed": plan.displayed}
    result = {}
    for name, matrix in planned.items():
        weeks = matrix.toarray()
        result[f"{name}_stores"] = (weeks > 0).sum(0) / covered
        result[f"{name}_most"] = weeks.max(0, initial=0.0)
    result["coupons"] = np.log1p(np.asarray(plan.coupons.sum(0)).ravel())
    return {name: values.astype(np.float32) for name, values in result.items()}


def _buyers(lines: Purchases, begin: int, end: int) -> npt.NDArray:
    """log1p of the households that bought each item from a day on, until before another."""
    held = (lines.days >= begin) & (lines.days < end)
    pairs = distinct(lines.users[held].astype(np.int64) * lines.n_items + lines.items[held])
    return np.log1p(np.bincount(pairs % lines.n_items, minlength=lines.n_items))


def _qualities(market: Market, season: Season, known: npt.NDArray) -> Floats:
    """What may tell an item's sales before it has any; a known item's own are left out."""
    catalogue, start = market.catalogue, season.start
    size = len(catalogue.types)
    is_known = np.zeros(size, bool)
    is_known[known] = True
    sales = [_buyers(market.purchases, start - days, start) for days in (84, 28)]
    prices = log_prices(catalogue)
    columns: list[npt.NDArray] = [prices, catalogue.own_brand]
    for of in _groups(catalogue, prices):
        others = np.bincount(of[known], minlength=size)[of] - is_known
        columns.append(np.log1p(others))
        for sold in sales:
            total = np.bincount(of[known], sold[known], size)[of] - np.where(is_known, sold, 0.0)
            columns.append((total + sold[known].mean()) / (others + 1))
        usual = np.bincount(of[known], prices[known], size)[of] - np.where(is_known, prices, 0.0)
        with np.errstate(divide="ignore", invalid="ignore"):
            columns.append(np.where(others > 0, prices - usual / others, np.nan))
    near = likeness(catalogue, known, np.arange(size))
    near.setdiag(0.0)
    weight = np.asarray(near.sum(1)).ravel()
    columns.append((near @ sales[0] + 0.05 * sales[0][known].mean()) / (weight + 0.05))
    names = ["all_mailed", "all_featured", "all_displayed", "all_was_mailed", "all_was_displayed"]
    names += ["type_mailed", "category_trend"]
    columns += [season.item_features[name] for name in names]
    columns += list(plan_reach(season).values())
    return np.stack([np.asarray(column, np.float32) for column in columns], 1)


def _groups(catalogue: Catalogue, prices: npt.NDArray) -> Iterable[npt.NDArray]:
    types, categories, makers = catalogue.types, catalogue.categories, catalogue.makers
    band = np.round(prices / PRICE_BAND).astype(int)
    band -= band.min(initial=0)
    yield from (types, catalogue.families(), makers, categories)
    yield crossed(types, catalogue.own_brand.astype(int))
    yield crossed(categories, makers)
    yield crossed(types, band)
    yield crossed(makers, band)
    if catalogue.sizes is not None:
        yield catalogue.sizes
        yield crossed(types, catalogue.sizes)
        yield crossed(categories, catalogue.sizes)
