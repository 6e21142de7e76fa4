"""What the ranker knows: purchase lines and their circumstances, the catalogue, the plan.

Plain arrays, so that the benchmark fills them from the public files and the shop from its tables.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt
from scipy import sparse

from recommend.learning.interactions import Interactions

if TYPE_CHECKING:
    from recommend.learning.sequence import SequenceModel

Ints = npt.NDArray[np.int32]
Flags = npt.NDArray[np.bool_]
WINDOW_DAYS = 28


@dataclass(frozen=True)
class Purchases:
    """Purchase lines.

    Parameters
    ----------
    users, items, days, stores : int array, shape (n_lines,)
        Row numbers from 0; the day counted from any fixed day.
    discounted, mailed, displayed : bool array, shape (n_lines,)
        Whether the price was reduced, and whether that store had the item in its mailer or on
        display in that week.
    prices : float array, shape (n_lines,)
        Paid for one unit.
    """

    users: Ints
    items: Ints
    days: Ints
    stores: Ints
    discounted: Flags
    mailed: Flags
    displayed: Flags
    prices: npt.NDArray[np.float32]
    n_users: int
    n_items: int
    n_stores: int

    def where(self, mask: npt.NDArray) -> "Purchases":
        """Return the chosen lines (a mask or row numbers), with the same shape."""
        names = ("users", "items", "days", "stores", "discounted", "mailed", "displayed", "prices")
        return replace(self, **{name: getattr(self, name)[mask] for name in names})

    def before(self, day: int) -> "Purchases":
        return self.where(self.days < day)

    def of(self, users: npt.ArrayLike) -> "Purchases":
        """Return the lines of some users, who become users 0, 1, ... in the order given."""
        chosen = np.asarray(users)
        place = np.full(self.n_users, -1, np.int32)
        place[chosen] = np.arange(len(chosen), dtype=np.int32)
        mine = self.where(place[self.users] >= 0)
        return replace(mine, users=place[mine.users], n_users=len(chosen))

    @property
    def lines(self) -> Interactions:
        return Interactions(self.users, self.items, self.days, self.n_users, self.n_items)


@dataclass(frozen=True)
class Catalogue:
    """What is known of every item without a purchase; each an array of shape (n_items,).

    ``sizes`` numbers the sizes of packs, ``prices`` are list prices; both may be unknown.
    """

    types: Ints
    categories: Ints
    makers: Ints
    own_brand: Flags
    sizes: Ints | None = None
    prices: npt.NDArray[np.float32] | None = None

    def families(self) -> Ints:
        """Number items by (type, maker): flavours and sizes of one thing."""
        pair = self.types.astype(np.int64) * (int(self.makers.max(initial=0)) + 1) + self.makers
        return np.unique(pair, return_inverse=True)[1].astype(np.int32)


@dataclass(frozen=True)
class Plan:
    """Promotions planned for one window, known before it begins.

    Parameters
    ----------
    mailed, featured, displayed : csr_array, shape (n_stores, n_items)
        Share of the window's weeks in which the store has the item in its mailer, on the mailer's
        first or last page, on display.
    covered : bool array, shape (n_stores,)
        Stores whose plan is known.
    coupons : csr_array, shape (n_users, n_items)
        Campaigns that bring the user a coupon for the item, each by the share of the window's
        days in which it counts.
    """

    mailed: sparse.csr_array
    featured: sparse.csr_array
    displayed: sparse.csr_array
    covered: Flags
    coupons: sparse.csr_array

    @classmethod
    def empty(cls, n_users: int, n_stores: int, n_items: int) -> "Plan":
        none = sparse.csr_array((n_stores, n_items), dtype=np.float32)
        coupons = sparse.csr_array((n_users, n_items), dtype=np.float32)
        return cls(none, none, none, np.zeros(n_stores, bool), coupons)


@dataclass(frozen=True)
class Market:
    """Everything known; ``plans`` by the first day of their window.

    ``people`` are numbers known of users, shape (n_users, any): demographics, -1 for unknown.
    ``sequences`` are sequence models by the first day that they know nothing of.
    """

    purchases: Purchases
    catalogue: Catalogue
    plans: dict[int, Plan] = field(default_factory=dict)
    people: npt.NDArray[np.float32] | None = None
    sequences: Mapping[int, "SequenceModel"] = field(default_factory=dict)

    def plan(self, start: int) -> Plan:
        """Return what is planned for the window from a day on."""
        lines = self.purchases
        return self.plans.get(start) or Plan.empty(lines.n_users, lines.n_stores, lines.n_items)
