"""What comes next, from a household's baskets: a causal transformer, and how it is served.

A basket enters as the sum of its items' vectors with the time since the basket before. From the
state h(x) after it the items of the next four weeks are predicted, not only the very next: by a
softmax over all items, and by another over those that the household has never had, which is the
question of "new for you". Both heads are linear on the state, ``M(x) = theta' W h(x) + b``, and
share theta with the input; an item's vector is a free one plus those of its type, category and
maker, so that a seldom bought item is near its kin.

After Kang and McAuley 2018 (SASRec, ICDM) with a full softmax (Klenitskiy and Vasilev 2023,
RecSys), over baskets as in Yu et al. 2016 ("A dynamic recurrent model for next basket
recommendation", SIGIR). It is trained with torch (:mod:`basket_transformer`) and served with numpy
alone.
"""

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt
from scipy.special import erf

from recommend.learning.baskets import Baskets, Household, gap_buckets
from recommend.learning.evaluation import KINDS
from recommend.learning.interactions import Interactions

Floats = npt.NDArray[np.float32]
NORM = 1e-5


@dataclass(frozen=True)
class SequenceRecipe:
    """What the model is made of; chosen on the validation window of benchmarks/recommend.py."""

    width: int = 48
    layers: int = 2
    heads: int = 2
    length: int = 40
    dropout: float = 0.2
    households: int = 24
    """In one step."""
    positions: int = 10
    """Baskets of each household that are predicted after in one step."""
    epochs: int = 6
    learning_rate: float = 3e-3
    half_life: float = 120.0
    """Days after which what was learnt from counts half: what sells changes."""
    seed: int = 0

    def as_dict(self) -> dict[str, float]:
        return asdict(self)


class SequenceModel:
    """A trained model as it is served: plain arrays, one household at a time.

    Parameters
    ----------
    recipe : SequenceRecipe
    weights : dict of arrays
        Of the trained network, with theta worked out.
    products : int64 array, shape (n_items,), optional
        Ids of the items, ascending; rows stand for themselves without.
    """

    def __init__(
        self,
        recipe: SequenceRecipe,
        weights: Mapping[str, Floats],
        products: npt.NDArray[np.int64] | None = None,
    ) -> None:
        self.recipe = recipe
        self.weights = dict(weights)
        self.products = np.arange(len(weights["theta"])) if products is None else products
        self.rows = {int(pk): row for row, pk in enumerate(self.products)}

    def state(self, bags: Sequence[tuple[npt.NDArray, npt.NDArray]], days: npt.NDArray) -> Floats:
        """Return h(x), shape (width,), after baskets of (item rows, weights) on ordered days."""
        length = self.recipe.length
        gaps = gap_buckets(np.asarray(days))[-length:]
        theta = self.weights["theta"]
        x = np.stack([amounts @ theta[items] for items, amounts in bags[-length:]])
        x = self._norm(x + self.weights["gap.weight"][gaps], "start")
        for layer in range(self.recipe.layers):
            x = self._block(x, f"blocks.{layer}.", last=layer == self.recipe.layers - 1)
        return np.asarray(self._norm(x[-1], "end"), np.float32)

    def log_chances(self, state: Floats) -> dict[str, Floats]:
        """Return log chances of all items by kind, each of shape (n_items,).

        Of ``discovery`` they are shared out among all items too, of which those that the household
        has had are to be left out.
        """
        result = {}
        for place, kind in enumerate(KINDS):
            logits = self.weights["theta"] @ (state @ self.weights["heads"][place])
            logits += self.weights["bias"][place]
            logits -= logits.max()
            result[kind] = logits - np.log(np.exp(logits).sum())
        return result

    def after(
        self, purchases: Iterable[tuple[int, int]], looked: Mapping[int, float], today: int
    ) -> dict[str, Floats] | None:
        """Return :meth:`log_chances` after a shopper's purchases and looks; None without any.

        ``purchases`` are (product id, day ordinal); ``looked`` are weights of products looked at
        in this visit, which are read as the newest basket.
        """
        visits: dict[int, set[int]] = {}
        for pk, day in purchases:
            if pk in self.rows:
                visits.setdefault(day, set()).add(self.rows[pk])
        days = sorted(visits)[-self.recipe.length :]
        bags = [even(sorted(visits[day])) for day in days]
        seen = {self.rows[pk]: weight for pk, weight in looked.items() if pk in self.rows}
        if seen:
            amounts = np.array(list(seen.values()), np.float32)
            bags.append((np.array(list(seen)), amounts / np.sqrt(amounts.sum())))
            days.append(max(today, days[-1] if days else today))
        if not bags:
            return None
        return self.log_chances(self.state(bags, np.array(days)))

    def in_order_of(self, values: Floats, products: npt.NDArray[np.int64]) -> Floats:
        """Return values by the rows of other products, the least where the model knows none."""
        place = np.minimum(np.searchsorted(self.products, products), len(self.products) - 1)
        return np.where(self.products[place] == products, values[place], values.min())

    def of_households(self, lines: Interactions) -> dict[str, Floats]:
        """Return :meth:`log_chances` of many households, each of shape (n_users, n_items)."""
        baskets = Baskets(lines)
        found = {kind: np.zeros((lines.n_users, lines.n_items), np.float32) for kind in KINDS}
        for user in range(lines.n_users):
            one = baskets.household(user)
            if not len(one):
                continue
            for kind, values in self.log_chances(self._of(one)).items():
                found[kind][user] = values
        return found

    def _of(self, one: Household) -> Floats:
        length = self.recipe.length
        places = range(max(0, len(one) - length), len(one))
        return self.state([even(one.basket(place)) for place in places], one.days)

    def _norm(self, x: npt.NDArray, name: str) -> npt.NDArray:
        x = x - x.mean(-1, keepdims=True)
        x = x / np.sqrt((x * x).mean(-1, keepdims=True) + NORM)
        return x * self.weights[f"{name}.weight"] + self.weights[f"{name}.bias"]

    def _linear(self, x: npt.NDArray, name: str) -> npt.NDArray:
        return x @ self.weights[f"{name}.weight"].T + self.weights[f"{name}.bias"]

    def _block(self, x: npt.NDArray, name: str, *, last: bool) -> npt.NDArray:
        """As :class:`.behaviour.Block`; of the last one only the newest state is needed."""
        size, width = x.shape
        heads = self.recipe.heads
        parts = self._linear(self._norm(x, f"{name}before"), f"{name}mixed")
        query, key, value = parts.reshape(size, 3, heads, -1).transpose(1, 2, 0, 3)
        begin = size - 1 if last else 0
        back = np.arange(begin, size)[:, None] - np.arange(size)[None, :]
        bias = self.weights[f"{name}distance"][:, np.maximum(back, 0)]
        scores = query[:, begin:] @ key.transpose(0, 2, 1) / np.sqrt(width // heads) + bias
        scores = np.where(back < 0, -np.inf, scores)
        scores = np.exp(scores - scores.max(-1, keepdims=True))
        scores /= scores.sum(-1, keepdims=True)
        mixed = (scores @ value).transpose(1, 0, 2).reshape(size - begin, width)
        x = x[begin:] + self._linear(mixed, f"{name}out")
        wide = self._linear(self._norm(x, f"{name}between"), f"{name}wide")
        wide = wide * 0.5 * (1 + erf(wide / np.sqrt(2.0)))
        return x + self._linear(wide, f"{name}narrow")

    def save(self, path: Path) -> None:
        """Write a compressed npz without pickles."""
        np.savez_compressed(
            path,
            products=self.products,
            recipe=np.array(json.dumps(self.recipe.as_dict())),
            **{f"weight_{name}": values for name, values in self.weights.items()},  # type: ignore[arg-type]
        )

    @classmethod
    def load(cls, path: Path) -> "SequenceModel":
        with np.load(path, allow_pickle=False) as file:
            parts = {name: file[name] for name in file.files}
        recipe = SequenceRecipe(**json.loads(str(parts["recipe"])))
        weights = {
            name.removeprefix("weight_"): values
            for name, values in parts.items()
            if name.startswith("weight_")
        }
        return cls(recipe, weights, parts["products"])


def even(items: Sequence[int] | npt.NDArray) -> tuple[npt.NDArray[np.int64], Floats]:
    """Return a basket with the weight that each of its items has in it."""
    return (
        np.asarray(items, np.int64),
        np.full(len(items), 1 / np.sqrt(max(len(items), 1)), np.float32),
    )
