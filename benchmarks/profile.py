"""A product's profile from text, behaviour, price and picture, with each of them missing in turn.

Orders of the loaded demo (real households' baskets, docs/architecture.md); the last four weeks are
held out (``test``), the four before for choices (``validation``). A tenth of the products is new:
nothing they were in is learned from, and they have no behaviour. For each product of a held-out
basket: which share of the others stands among its ten nearest, of products that are not new. A
modality is taken from the product that asks, the others keep it. ``recall@10, new products`` is
asked by the new ones alone, where ``type_alone`` names what goes with their type
(recommend/learning/relations.py), and ``mercato_and_sales`` adds the logarithm of how often a
candidate is bought, as the loss corrects for it (chance = exp(cosine / temperature) x share).

text: titles in both languages, by the default encoder. behaviour: singular vectors of positive
mutual information of baskets. price: bumps over its logarithm. picture: colours and shapes of the
drawing on its pack.
"""

import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import timedelta

import numpy as np
from scipy import sparse
from scipy.sparse.linalg import svds

from recommend.learning.relations import complements, incidence

K = 10
WINDOW_DAYS = 28
NEW = 0.1
BASKETS = 4000
PAIRS = 120_000
LEAST_LINES = 20
EPOCHS = 8
MISSING = ("nothing", "text", "behaviour", "price", "picture")
Asked = list[tuple[int, np.ndarray]]


@dataclass(frozen=True)
class Data:
    modalities: dict[str, np.ndarray]
    pairs: np.ndarray
    baskets: sparse.csr_array
    types: np.ndarray
    new: np.ndarray
    asked: Asked


def profile(window: str = "test", dropout: float | None = None, seed: int = 0) -> Iterator[dict]:
    from foundation.learning.profile import (
        ProfileOptions,
        concatenated,
        fit_profile,
        without,
    )

    data = _load(window, seed)
    options = ProfileOptions() if dropout is None else ProfileOptions(dropout=dropout)
    started = time.perf_counter()
    whole, _ = fit_profile(data.modalities, data.pairs, epochs=EPOCHS, options=options)
    seconds = time.perf_counter() - started
    plain, _ = fit_profile(
        data.modalities, data.pairs, epochs=EPOCHS, options=ProfileOptions(dropout=0.0)
    )
    encoders: dict[str, Callable] = {
        "concatenated": concatenated,
        "no_dropout": plain.encode,
        "mercato": whole.encode,
    }
    old = [(row, wanted) for row, wanted in data.asked if not data.new[row]]
    fresh = [(row, wanted) for row, wanted in data.asked if data.new[row]]
    for method, encode in encoders.items():
        among = encode(data.modalities)
        for missing in MISSING:
            asking = among if missing == "nothing" else encode(without(data.modalities, missing))
            value = _recall(_cosines(among, asking), old, data.new)
            yield _row(method, f"recall@10, {missing} missing", value, len(old), seconds)
        value = _recall(_cosines(among, among), fresh, data.new)
        yield _row(method, "recall@10, new products", value, len(fresh), seconds)
    text = concatenated({"text": data.modalities["text"]})
    value = _recall(_cosines(text, text), fresh, data.new)
    yield _row("text_alone", "recall@10, new products", value, len(fresh), 0.0)
    among = whole.encode(data.modalities)
    sales = np.log(np.asarray(data.baskets.sum(axis=0)).ravel() + 1)
    value = _recall(lambda row: among @ among[row] / options.temperature + sales, fresh, data.new)
    yield _row("mercato_and_sales", "recall@10, new products", value, len(fresh), seconds)
    named = complements(data.baskets, data.types, K).items
    value = float(np.mean([_share(named[row], wanted) for row, wanted in fresh]))
    yield _row("type_alone", "recall@10, new products", value, len(fresh), 0.0)


def _row(method: str, metric: str, value: float, n: int, seconds: float) -> dict:
    return {
        "method": method,
        "dataset": "demo baskets",
        "metric": metric,
        "value": round(value, 4),
        "n": n,
        "seconds": round(seconds, 2),
    }


def _recall(scores: Callable[[int], np.ndarray], asked: Asked, new: np.ndarray) -> float:
    nearest: dict[int, np.ndarray] = {}
    for row in {row for row, _ in asked}:
        found = np.where(new, -np.inf, scores(row))
        found[row] = -np.inf
        nearest[row] = np.argpartition(-found, K)[:K]
    return float(np.mean([_share(nearest[row], wanted) for row, wanted in asked]))


def _cosines(among: np.ndarray, asking: np.ndarray) -> Callable[[int], np.ndarray]:
    return lambda row: among @ asking[row]


def _share(named: np.ndarray, wanted: np.ndarray) -> float:
    return np.isin(wanted, named).sum() / min(len(wanted), K)


def _load(window: str, seed: int) -> Data:
    from django.db.models import Max

    from shop.models import Order, OrderLine, Product

    products = list(
        Product.objects.filter(is_active=True).select_related("category").order_by("pk")
    )
    ids = np.array([product.pk for product in products])
    end = Order.objects.aggregate(last=Max("placed_at"))["last"]
    end -= timedelta(days=WINDOW_DAYS if window == "validation" else 0)
    start = end - timedelta(days=WINDOW_DAYS)
    rows = OrderLine.objects.filter(order__placed_at__lte=end).order_by("order_id", "pk")

    def lines(found) -> tuple[np.ndarray, np.ndarray]:
        pairs = found.values_list("order_id", "variant__product_id").iterator(chunk_size=50_000)
        table = np.array(list(pairs), np.int64)
        table = table[np.isin(table[:, 1], ids)]
        return np.unique(table[:, 0], return_inverse=True)[1], np.searchsorted(ids, table[:, 1])

    before = lines(rows.filter(order__placed_at__lt=start))
    inside = lines(rows.filter(order__placed_at__gte=start))
    rng = np.random.default_rng(seed)
    new = rng.random(len(ids)) < NEW
    kept = ~new[before[1]]
    baskets = incidence(before[0][kept], before[1][kept], int(before[0].max()) + 1, len(ids))
    held = incidence(*inside, int(inside[0].max()) + 1, len(ids))
    kinds = [f"{row.category_id}/{row.product_type or row.pk}" for row in products]
    types = np.unique(kinds, return_inverse=True)[1].astype(np.int32)
    modalities = _modalities(products, baskets)
    return Data(modalities, _pairs(baskets, rng), baskets, types, new, _asked(held, new, rng))


def _asked(held: sparse.csr_array, new: np.ndarray, rng: np.random.Generator) -> Asked:
    """Each product of a held-out basket and the others of it that are not new."""
    found = []
    for basket in rng.permutation(held.shape[0])[:BASKETS]:
        items = held.indices[held.indptr[basket] : held.indptr[basket + 1]]
        for row in items:
            wanted = items[(items != row) & ~new[items]]
            if len(wanted):
                found.append((int(row), wanted))
    return found


def _pairs(baskets: sparse.csr_array, rng: np.random.Generator) -> np.ndarray:
    """Two different products of a basket, each basket as often as another."""
    sizes = np.diff(baskets.indptr)
    chosen = rng.choice(np.flatnonzero(sizes > 1), PAIRS)
    first = rng.integers(0, sizes[chosen])
    second = (first + rng.integers(1, sizes[chosen])) % sizes[chosen]
    at = baskets.indptr[chosen]
    return np.stack([baskets.indices[at + first], baskets.indices[at + second]], axis=1)


def _modalities(products: list, baskets: sparse.csr_array) -> dict[str, np.ndarray]:
    from benchmarks.pictures import draw
    from foundation.encoders import DEFAULT, get_encoder
    from foundation.images import ColourAndShape

    encoder = get_encoder(DEFAULT)
    english = encoder.encode([product.title_en for product in products])
    chinese = encoder.encode([product.title_zh for product in products])
    price = np.log(np.array([float(product.min_price) for product in products]))
    middles = np.quantile(price, np.linspace(0.02, 0.98, 10))
    bumps = np.exp(-0.5 * ((price[:, None] - middles) / 0.3) ** 2).astype(np.float32)
    codes = [product.icon or product.category.icon for product in products]
    drawn, place = np.unique(codes, return_inverse=True)
    pictures = ColourAndShape().encode([draw(code) for code in drawn])
    return {
        "text": (english + chinese) / 2,
        "behaviour": _behaviour(baskets),
        "price": bumps,
        "picture": pictures[place],
    }


def _behaviour(baskets: sparse.csr_array, width: int = 64) -> np.ndarray:
    """Unit vectors of pointwise mutual information (Levy and Goldberg 2014); NaN if rare."""
    counts = np.asarray(baskets.sum(axis=0)).ravel()
    together = (baskets.T @ baskets).tocoo()
    a, b = together.coords
    chance = together.data * baskets.shape[0] / (counts[a] * counts[b])
    kept = (a != b) & (chance > 1) & (counts[a] >= LEAST_LINES) & (counts[b] >= LEAST_LINES)
    information = sparse.csr_array(
        (np.log(chance[kept]).astype(np.float32), (a[kept], b[kept])), shape=together.shape
    )
    left, strength, _ = svds(information, k=width, random_state=0)
    vectors = left * np.sqrt(strength)
    norms = np.linalg.norm(vectors, axis=1, keepdims=True)
    vectors = np.where(norms > 1e-6, vectors / np.maximum(norms, 1e-9), np.nan)
    vectors[counts < LEAST_LINES] = np.nan
    return vectors.astype(np.float32)
