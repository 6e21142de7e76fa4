"""What the ranker sees of a household and an item, all of it known before the window begins.

A :class:`Season` is fitted on everybody's lines before the window; :class:`Shoppers` on those of
the households that are ranked, many in a benchmark, one in a request. Features are counted for
pairs (user, item) that the candidates name.
"""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy import sparse

from recommend.learning.ease import EASE, log_counts
from recommend.learning.interactions import decay
from recommend.learning.market import WINDOW_DAYS, Catalogue, Market, Plan, Purchases

Floats = npt.NDArray[np.float32]
HALF_LIVES = (14.0, 45.0, 120.0)
PERIODS = 3
"""So many windows before the target are looked at one by one."""
LONGEST = 1 << 15
"""Days that a past may span."""
FAR = 400.0
"""Days since something that never was."""
STORE_HALF_LIFE = 60.0
PLANNED = ("mailed", "featured", "displayed", "was_mailed", "was_displayed")


class History:
    """What users had of things (items, types, ...), one entry a pair that occurs.

    Parameters
    ----------
    users, things, days : int array, shape (n_lines,)
    now : int
        First day that is not known.
    """

    def __init__(
        self, users: npt.NDArray, things: npt.NDArray, days: npt.NDArray, now: int, size: int
    ) -> None:
        self.size = size
        keys = users.astype(np.int64) * size + things
        # One a day: two lines of a thing in one day are one purchase.
        stamped = distinct(keys * LONGEST + (now - days))
        keys = stamped // LONGEST
        self.keys, first = np.unique(keys, return_index=True)
        ago = (stamped % LONGEST).astype(np.float32)
        count = np.diff(np.append(first, len(keys))).astype(np.float32)
        self.last = np.minimum.reduceat(ago, first) if len(first) else ago
        span = (np.maximum.reduceat(ago, first) if len(first) else ago) - self.last
        self.count = count
        self.first_ago = span + self.last
        with np.errstate(divide="ignore", invalid="ignore"):
            self.gap = np.where(count > 1, span / (count - 1), np.nan).astype(np.float32)
        self.decayed = [
            np.add.reduceat(decay(ago, half), first) if len(first) else ago for half in HALF_LIVES
        ]
        period = ((ago - 1) // WINDOW_DAYS).astype(int)
        self.periods = [
            np.add.reduceat((period == back).astype(np.float32), first) if len(first) else ago
            for back in range(PERIODS)
        ]

    def rows(self, users: npt.NDArray, things: npt.NDArray) -> tuple[npt.NDArray, npt.NDArray]:
        """Return (entry of each pair, whether there is one)."""
        wanted = users.astype(np.int64) * self.size + things
        if not len(self.keys):
            return np.zeros(len(wanted), int), np.zeros(len(wanted), bool)
        place = np.minimum(np.searchsorted(self.keys, wanted), len(self.keys) - 1)
        return place, self.keys[place] == wanted

    @property
    def users(self) -> npt.NDArray:
        return self.keys // self.size

    @property
    def things(self) -> npt.NDArray:
        return self.keys % self.size


class Season:
    """What all households did before a window, and what is planned in it.

    Parameters
    ----------
    market : Market
    start : int
        First day of the window. Only lines before it are used.
    ease : EASE, optional
        A fitted one; without it one is fitted, which takes most of the time.
    """

    def __init__(self, market: Market, start: int, ease: EASE | None = None) -> None:
        past = market.purchases.before(start)
        self.start = start
        self.catalogue: Catalogue = market.catalogue
        self.families = market.catalogue.families()
        self.plan: Plan = market.plan(start)
        self.before: Plan = market.plan(start - WINDOW_DAYS)
        self.n_items, self.n_stores = past.n_items, past.n_stores
        self.ease = ease or EASE(200.0, kept_share=None).fit(past.lines)
        self._items(past)
        self._stores(past)

    def arrays(self) -> dict[str, npt.NDArray]:
        """Return all that :meth:`restored` needs, as plain arrays."""
        weights, catalogue = self.ease.weights_, self.catalogue
        return {
            "start": np.array(self.start),
            "types": catalogue.types,
            "categories": catalogue.categories,
            "makers": catalogue.makers,
            "own_brand": catalogue.own_brand,
            "ease_data": weights.data.astype(np.float16),
            "ease_indices": weights.indices.astype(np.int32),
            "ease_indptr": weights.indptr.astype(np.int32),
            "gap": self.gap,
            "new": self.new,
            "recent": self.recent,
            "pop84": self.pop84,
            "sold": self.sold,
            "popularity_share": self.popularity_share,
            "planned": np.stack([self.planned[name] for name in PLANNED]),
            "item_names": np.array(list(self.item_features)),
            "item_values": np.stack(list(self.item_features.values())),
        }

    @classmethod
    def restored(cls, arrays: Mapping[str, npt.NDArray]) -> "Season":
        """Return a season as :meth:`arrays` left it, without the lines it was fitted on."""
        season = cls.__new__(cls)
        season.start = int(arrays["start"])
        season.catalogue = Catalogue(
            arrays["types"], arrays["categories"], arrays["makers"], arrays["own_brand"]
        )
        season.families = season.catalogue.families()
        season.n_stores, season.n_items = arrays["sold"].shape
        season.ease = EASE()
        rows = (arrays["ease_data"].astype(np.float32), arrays["ease_indices"])
        shape = (season.n_items, season.n_items)
        season.ease.weights_ = sparse.csr_array((*rows, arrays["ease_indptr"]), shape=shape)
        for name in ("gap", "new", "recent", "pop84", "sold", "popularity_share"):
            setattr(season, name, arrays[name])
        season.planned = dict(zip(PLANNED, arrays["planned"], strict=True))
        names = arrays["item_names"].tolist()
        season.item_features = dict(zip(names, arrays["item_values"], strict=True))
        return season

    def _items(self, past: Purchases) -> None:
        ago = self.start - past.days
        size = self.n_items

        def lines(mask: npt.NDArray) -> Floats:
            return np.bincount(past.items[mask], minlength=size).astype(np.float32)

        everyone = History(past.users, past.items, past.days, self.start, size)
        things = everyone.things
        buyers = np.bincount(things, minlength=size) + 1e-3
        pop7, pop28 = lines(ago <= 7), lines(ago <= 28)
        pop84, pop = lines(ago <= 84), lines(ago > 0)
        known = np.isfinite(everyone.gap)
        gap = np.bincount(things[known], everyone.gap[known], size)
        gaps = np.bincount(things[known], minlength=size)
        overall = everyone.gap[known].mean() if known.any() else 60.0
        self.gap = ((gap + 5 * overall) / (gaps + 5)).astype(np.float32)
        again = np.bincount(things, everyone.count > 1, size)
        new28 = np.bincount(things, everyone.first_ago <= 28, size)
        new84 = np.bincount(things, everyone.first_ago <= 84, size)
        # Of those who had it in the twelve weeks before the last window: who had it in that one?
        older = np.maximum(everyone.periods[1], everyone.periods[2]) > 0
        had = np.bincount(things, older, size)
        kept = np.bincount(things, older & (everyone.periods[0] > 0), size)
        self.new = new28.astype(np.float32)
        self.recent = np.log1p(pop28)
        self.pop84 = pop84
        count = pop + 1e-3
        self.item_features = {
            "item_7": np.log1p(pop7),
            "item_28": self.recent,
            "item_all": np.log1p(pop),
            "item_trend": np.log((pop28 + 3) / (pop84 / 3 + 3)),
            "item_week": np.log((pop7 * 4 + 3) / (pop28 + 3)),
            "item_new_28": np.log1p(new28),
            "item_new_trend": np.log((new28 + 1) / (new84 / 3 + 1)),
            "item_again": (again + 1) / (buyers + 4),
            "item_kept": (kept + 1) / (had + 6),
            "item_gap": self.gap,
            "item_discounted": lines(past.discounted) / count,
            "item_mailed": lines(past.mailed) / count,
            "item_displayed": lines(past.displayed) / count,
            "item_price": np.log(np.bincount(past.items, past.prices, size) / count + 0.05),
            "item_new_share": new28 / (np.bincount(things, everyone.periods[0] > 0, size) + 1),
            "item_own_brand": self.catalogue.own_brand,
        }
        types = self.catalogue.types
        pop_type = np.bincount(types, pop84)
        self.item_features["item_in_type"] = pop84 / (pop_type[types] + 1)
        self.item_features["type_kept"] = _mean_by(types, kept, had)
        self.item_features["type_28"] = np.log1p(np.bincount(types, pop28)[types])
        categories = self.catalogue.categories
        trend = np.bincount(categories, pop28) + 10, np.bincount(categories, pop84) / 3 + 10
        self.item_features["category_trend"] = np.log(trend[0] / trend[1])[categories]
        for name, values in self.item_features.items():
            self.item_features[name] = np.asarray(values, np.float32)

    def _stores(self, past: Purchases) -> None:
        """What each store sells and plans, as dense matrices of shape (n_stores, n_items)."""
        recent = past.where(self.start - past.days <= 84)
        sold = sparse.coo_array(
            (np.ones(len(recent.items), np.float32), (recent.stores, recent.items)),
            shape=(self.n_stores, self.n_items),
        ).tocsr()
        total = np.asarray(sold.sum(1)).ravel()
        # Shrunk towards what is sold everywhere: a small store says little by itself.
        share = self.pop84 / max(self.pop84.sum(), 1)
        self.sold = ((sold.toarray() + 200 * share) / (total[:, None] + 200)).astype(np.float32)
        weight = total * self.plan.covered
        self.weight = (weight / max(weight.sum(), 1e-9)).astype(np.float32)
        self.planned = {
            "mailed": self._dense(self.plan.mailed),
            "featured": self._dense(self.plan.featured),
            "displayed": self._dense(self.plan.displayed),
            "was_mailed": self._dense(self.before.mailed),
            "was_displayed": self._dense(self.before.displayed),
        }
        everywhere = {name: self.weight @ matrix for name, matrix in self.planned.items()}
        for name, values in everywhere.items():
            self.item_features[f"all_{name}"] = values.astype(np.float32)
        types = self.catalogue.types
        rivals = np.bincount(types, everywhere["mailed"] * self.pop84) / (
            np.bincount(types, self.pop84) + 1
        )
        self.item_features["type_mailed"] = rivals[types].astype(np.float32)
        self.popularity_share = share.astype(np.float32)

    def _dense(self, matrix: sparse.csr_array) -> Floats:
        """Stores without a plan of their own get the mean of the others."""
        values = matrix.toarray().astype(np.float32)
        if not self.plan.covered.any():
            return values
        values[~self.plan.covered] = self.weight @ values
        return values


def distinct(values: npt.NDArray) -> npt.NDArray:
    """Return sorted distinct values; by sorting, which is faster here than numpy's hashing."""
    values = np.sort(values)
    return values[np.concatenate(([True], values[1:] != values[:-1]))] if len(values) else values


def _mean_by(groups: npt.NDArray, part: npt.NDArray, whole: npt.NDArray) -> npt.NDArray:
    return ((np.bincount(groups, part) + 1) / (np.bincount(groups, whole) + 6))[groups]


@dataclass
class Shoppers:
    """Households to rank: their lines before the window (users 0 to n_users - 1)."""

    season: Season
    lines: Purchases
    coupons: sparse.csr_array
    people: Floats | None = None
    chances: dict[str, Floats] | None = None
    """What the sequence model expects, log chances by kind, each of shape (n_users, n_items)."""

    def __post_init__(self) -> None:
        season, past, now = self.season, self.lines, self.season.start
        catalogue = season.catalogue
        groups = {
            "item": None,
            "family": season.families,
            "type": catalogue.types,
            "category": catalogue.categories,
        }
        self.groups = groups
        self.histories = {
            name: History(
                past.users,
                past.items if of is None else of[past.items],
                past.days,
                now,
                season.n_items if of is None else int(of.max(initial=0)) + 1,
            )
            for name, of in groups.items()
        }
        self.expected = season.ease.predict(log_counts(past.lines))
        recent = past.where(now - past.days <= 60)
        self.expected_lately = season.ease.predict(log_counts(recent.lines))
        self.at = self._at_stores()
        self.own = {name: self.at @ matrix for name, matrix in season.planned.items()}
        self.sold = self.at @ season.sold
        self._habits()

    def _at_stores(self) -> Floats:
        """Share of each household's purchases by store, shape (n_users, n_stores)."""
        past, season = self.lines, self.season
        weights = decay(season.start - past.days, STORE_HALF_LIFE)
        at = sparse.coo_array(
            (weights, (past.users, past.stores)), shape=(past.n_users, season.n_stores)
        ).toarray()
        return (at / np.maximum(at.sum(1, keepdims=True), 1e-9)).astype(np.float32)

    def _habits(self) -> None:
        past, now, size = self.lines, self.season.start, self.lines.n_users
        ago = now - past.days
        trips = History(past.users, np.zeros_like(past.users), past.days, now, 1)
        visits = np.zeros(size, np.float32)
        visits[trips.users] = trips.periods[0]
        visits84 = np.zeros(size, np.float32)
        visits84[trips.users] = sum(trips.periods)
        since = np.full(size, FAR, np.float32)
        since[trips.users] = trips.last
        lines = np.bincount(past.users, minlength=size)
        recent = np.bincount(past.users[ago <= 28], minlength=size)
        item = self.histories["item"]
        tried = np.bincount(item.users, item.first_ago <= 28, size)
        had = np.bincount(item.users, item.periods[0] > 0, size)

        def share(flags: npt.NDArray) -> npt.NDArray:
            return np.bincount(past.users, flags, size) / (lines + 5)

        self.user_features = {
            "user_visits": visits,
            "user_visits_84": visits84,
            "user_since": since,
            "user_lines": np.log1p(lines),
            "user_basket": recent / (visits + 1),
            "user_tries": tried / (had + 3),
            "user_items": np.log1p(np.bincount(item.users, minlength=size)),
            "user_discounted": share(past.discounted),
            "user_mailed": share(past.mailed),
            "user_displayed": share(past.displayed),
            "user_own_brand": share(self.season.catalogue.own_brand[past.items]),
            "user_price": np.bincount(past.users, past.prices, size) / (lines + 1),
        }
        self.lines_of = lines.astype(np.float32)

    def features(self, users: npt.NDArray, items: npt.NDArray) -> tuple[list[str], Floats]:
        """Return names and values, shape (n_pairs, n_features), of pairs (user, item)."""
        columns: dict[str, npt.NDArray] = {}
        for level, of in self.groups.items():
            things = items if of is None else of[items]
            columns |= self._history(level, users, things, items)
        columns |= self._item_lines(users, items)
        columns["ease"] = self.expected[users, items]
        columns["ease_lately"] = self.expected_lately[users, items]
        columns["sold_at_own"] = np.log(self.sold[users, items] * 1e5 + 0.3)
        columns["sold_ratio"] = np.log(
            (self.sold[users, items] + 1e-7) / (self.season.popularity_share[items] + 1e-7)
        )
        for name, values in self.own.items():
            columns[f"own_{name}"] = values[users, items]
        columns["coupon"] = np.asarray(self.coupons[users, items]).ravel()
        for name, values in self.season.item_features.items():
            columns[name] = values[items]
        for name, values in self.user_features.items():
            columns[name] = values[users]
        columns["price_fit"] = columns["item_price"] - np.log(columns["user_price"] + 0.05)
        columns["brand_fit"] = columns["user_own_brand"] * (2 * columns["item_own_brand"] - 1)
        if self.chances is not None:
            for kind, values in self.chances.items():
                columns[f"sequence_{kind}"] = values[users, items]
        if self.people is not None:
            for place in range(self.people.shape[1]):
                columns[f"person_{place}"] = self.people[users, place]
        return list(columns), np.stack(
            [np.asarray(values, np.float32) for values in columns.values()], 1
        )

    def _history(
        self, level: str, users: npt.NDArray, things: npt.NDArray, items: npt.NDArray
    ) -> dict[str, npt.NDArray]:
        history = self.histories[level]
        place, there = history.rows(users, things)

        def value(values: npt.NDArray, missing: float = 0.0) -> npt.NDArray:
            if not len(values):
                return np.full(len(place), missing, np.float32)
            return np.where(there, values[place], missing)

        count, since = value(history.count), value(history.last, FAR)
        columns = {f"{level}_count": count, f"{level}_since": since}
        for half, values in zip(HALF_LIVES, history.decayed, strict=True):
            columns[f"{level}_{half:.0f}"] = value(values)
        if level in ("item", "type"):
            gap = value(history.gap, np.nan)
            usual = self.season.gap[items] if level == "item" else np.float32(60.0)
            filled = np.where(np.isfinite(gap), gap, usual)
            columns[f"{level}_own_gap"] = gap
            columns[f"{level}_due"] = since / np.maximum(filled, 1.0)
            columns[f"{level}_since_first"] = value(history.first_ago, FAR)
            for back, values in enumerate(history.periods):
                columns[f"{level}_window_{back}"] = value(values)
        if level == "type":
            columns["type_share"] = count / (self.lines_of[users] + 5)
        return columns

    def _item_lines(self, users: npt.NDArray, items: npt.NDArray) -> dict[str, npt.NDArray]:
        """How often the household's own purchases of the item were prompted by a promotion."""
        past = self.lines
        wanted = users.astype(np.int64) * self.season.n_items + items
        keys, first = np.unique(
            past.users.astype(np.int64) * self.season.n_items + past.items, return_inverse=True
        )
        number = np.bincount(first).astype(np.float32)
        place = np.minimum(np.searchsorted(keys, wanted), max(len(keys) - 1, 0))
        there = keys[place] == wanted if len(keys) else np.zeros(len(wanted), bool)

        def share(flags: npt.NDArray) -> npt.NDArray:
            if not len(keys):
                return np.zeros(len(wanted), np.float32)
            values = np.bincount(first, flags, len(keys)) / number
            return np.where(there, values[place], 0.0)

        lines = np.where(there, number[place], 0.0) if len(keys) else np.zeros(len(wanted))
        return {
            "item_lines": lines,
            "item_own_discounted": share(past.discounted),
            "item_own_mailed": share(past.mailed),
            "item_own_displayed": share(past.displayed),
        }
