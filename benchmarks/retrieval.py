"""The bilingual retrieval set over the real catalogue, and how a ranking is judged by it.

``benchmarks/data/search_queries.tsv`` names what is relevant by keys of the vocabulary, so the set
holds for every import of the data. ``search_queries_late.tsv`` was written when search was done,
as a check that it was not made for the set; ``search_queries_needs.tsv`` holds needs that search
was improved on after that. A query is in the test half when the first byte of
the SHA-256 of its text is even; everything is tuned on the other half. A hit at k: one of
the first k products is relevant and, where the query names a price, within it.
"""

import contextlib
import fnmatch
import hashlib
import os
import tempfile
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

FOLDER = Path(__file__).parent / "data"
QUERIES, LATE_QUERIES = FOLDER / "search_queries.tsv", FOLDER / "search_queries_late.tsv"
NEED_QUERIES = FOLDER / "search_queries_needs.tsv"
STAGES = ("hand-written", "channels", "catalogue", "households", "orders")


@dataclass(frozen=True)
class Query:
    """``relevant`` holds ``d:department``, ``c:category``, ``t:type`` and ``p:product`` keys."""

    language: str
    kind: str
    text: str
    relevant: tuple[str, ...]
    low: float = 0.0
    high: float = float("inf")

    @property
    def half(self) -> str:
        return "test" if self.is_test else "dev"

    @property
    def is_test(self) -> bool:
        return hashlib.sha256(self.text.encode()).digest()[0] % 2 == 0


@dataclass(frozen=True)
class Item:
    """A product page with the keys it answers to."""

    id: int
    slug: str
    names: tuple[str, str]
    keys: frozenset[str]
    price: float


def load_queries(path: Path = QUERIES) -> list[Query]:
    """Read the set; a fifth column limits the price as ``low-high``."""
    queries = []
    for line in path.read_text(encoding="utf-8").splitlines():
        if not line or line.startswith("#"):
            continue
        language, kind, text, relevant, *limits = line.split("\t")
        low, high = limits[0].split("-") if limits else ("", "")
        queries.append(
            Query(
                language=language,
                kind=kind,
                text=text,
                relevant=tuple(part.strip() for part in relevant.split(" | ")),
                low=float(low or 0),
                high=float(high or "inf"),
            )
        )
    return queries


def is_relevant(query: Query, item: Item) -> bool:
    if not query.low <= item.price <= query.high:
        return False
    if any(key in item.keys for key in query.relevant):
        return True
    patterns = (key[2:] for key in query.relevant if key.startswith("p:"))
    return any(fnmatch.fnmatchcase(item.slug, pattern) for pattern in patterns)


def first_hit(query: Query, ranked: Sequence[int], items: dict[int, Item]) -> int | None:
    """Return the place (from 0) of the first relevant product, or None."""
    for place, pk in enumerate(ranked):
        if is_relevant(query, items[pk]):
            return place
    return None


def hit_at(k: int, places: Sequence[int | None]) -> float:
    """Return the share of queries whose first relevant product is among the first k."""
    return sum(place is not None and place < k for place in places) / max(len(places), 1)


@contextlib.contextmanager
def demo_database(
    folder: str | None, size: str, say: Callable[[str], None] = lambda text: None
) -> Iterator[None]:
    """Set Django up on a demo's database: that of ``folder``, or a new one with the catalogue.

    A new one holds products and a year of orders (which give popularity), and is removed after.
    """
    with tempfile.TemporaryDirectory(prefix="mercato-benchmark-") as made:
        os.environ.update(
            MERCATO_VAR=folder or made,
            DJANGO_SETTINGS_MODULE="config.settings",
            LOG_LEVEL="ERROR",
        )
        os.environ.setdefault("SECRET_KEY", "benchmark-" + "x" * 50)
        import django

        django.setup()
        if folder is None:
            say(f"importing the {size} catalogue")
            _import(size)
        yield
        from django.db import connections

        connections.close_all()


def _import(size: str) -> None:
    from django.core.management import call_command
    from django.utils import timezone
    from django.utils.module_loading import import_string

    from recommend import services
    from shop.demo.context import new_context, run_stage
    from shop.demo.stages import STAGES as ALL

    call_command("migrate", interactive=False, verbosity=0)
    context = new_context(size, timezone.localdate())
    for name, _label, path in ALL:
        if name in STAGES:
            stage = import_string(f"shop.demo.stages.{path}")
            run_stage(name, stage, context, lambda done, total: None)
    services.build_search_index(lambda done, total: None)


def read_items() -> dict[int, Item]:
    """Read every product on sale with its keys."""
    from shop.demo.vocabulary import load_vocabulary
    from shop.models import Product

    vocabulary = load_vocabulary()
    types = {
        (vocabulary.categories[category].slug, source): words.en
        for (category, source), words in vocabulary.types.items()
        if category in vocabulary.categories
    }
    items = {}
    for product in Product.objects.filter(is_active=True).select_related("category__department"):
        keys = {f"c:{product.category.slug}", f"d:{product.category.department.slug}"}
        name = types.get((product.category.slug, product.product_type))
        if name:
            keys.add(f"t:{name}")
        items[product.pk] = Item(
            id=product.pk,
            slug=product.slug,
            names=(product.title_en, product.title_zh),
            keys=frozenset(keys),
            price=float(product.min_price),
        )
    return items
