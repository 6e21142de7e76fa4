"""Training: from orders to a purchase model, from titles to a search index."""

import hashlib
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import date

import numpy as np
import numpy.typing as npt
from django.db.models import Count, Max, QuerySet, Sum

from foundation import registry
from foundation.encoders import configured, get_encoder, resolve
from foundation.failures import TooLittleData
from foundation.models import ModelVersion
from foundation.retraining import Trained, refresh
from recommend import figures
from recommend.days import ordinals
from recommend.learning.household import (
    HELD_OUT_DAYS,
    HouseholdRanker,
    Recipe,
    evaluate,
    measure,
)
from recommend.learning.interactions import Interactions
from recommend.learning.phrases import Group
from recommend.learning.purchases import PurchaseModel
from recommend.learning.text import Document, TextIndex, build_index
from recommend.search_documents import search_documents
from recommend.serving import ORDERS, SEARCH
from shop.models import Order, OrderLine, Product, Variant
from shop.privacy import consent
from shop.privacy.pseudonyms import pseudonym

Progress = Callable[[int, int], None]
CHUNK = 50_000
STEPS = 5


class NotEnoughData(TooLittleData):
    """There are no orders of known customers to learn from. Load the demo or sell something."""


@dataclass(frozen=True)
class OrderData:
    """Purchase lines at product level; pseudonyms of the users, ids of the items, by row."""

    lines: Interactions
    customers: npt.NDArray[np.str_]
    products: npt.NDArray[np.int64]

    @property
    def first(self) -> date:
        return date.fromordinal(int(self.lines.days.min()))

    @property
    def last(self) -> date:
        return date.fromordinal(int(self.lines.days.max()))


def train_recommender(progress: Progress, recipe: Recipe | None = None) -> ModelVersion:
    """Train on all orders, register the model and activate it if it passes the gate.

    Returns the newest version untouched when neither orders nor products have changed since.
    Raises NotEnoughData without a single order.
    """
    made_of = recipe or Recipe()

    def train(active: ModelVersion | None) -> Trained:
        progress(0, STEPS)
        data = read_orders()
        progress(1, STEPS)
        measured = measure(made_of, data.lines)
        progress(2, STEPS)
        model = PurchaseModel(data.products, HouseholdRanker(made_of).fit(data.lines))
        progress(3, STEPS)
        theirs = figures.of_active(
            active,
            made_of,
            measured,
            lambda stored: Recipe(**stored),
            lambda other: evaluate(other, data.lines),
        )
        progress(4, STEPS)
        return Trained(
            suffix=".npz",
            write=model.save,
            metrics={
                **figures.figures(measured, data.customers),
                "held_out_days": HELD_OUT_DAYS,
                "products": len(data.products),
            },
            parameters={"recipe": made_of.as_dict()},
            data_from=data.first,
            data_to=data.last,
            gated=figures.METRICS,
            active_metrics=theirs,
        )

    version = refresh(ORDERS, f"{orders_signature()} {made_of.as_dict()}", train)
    progress(STEPS, STEPS)
    return version


def read_orders() -> OrderData:
    """Read the lines of consenting customers' orders, as product and day.

    Cancelled orders are left out. Customers are pseudonyms.
    """
    kept = consenting_orders()
    orders = list(kept.order_by().values_list("pk", "customer_id", "placed_at"))
    if not orders:
        raise NotEnoughData("There are no orders to learn from. Run `manage.py load_demo`.")
    order_ids, customer_ids, placed = zip(*orders, strict=True)
    ids = np.array(order_ids, np.int64)
    by_id = np.argsort(ids)
    rows = _lines()
    place = np.searchsorted(ids[by_id], rows[:, 0]).clip(max=len(ids) - 1)
    known = ids[by_id][place] == rows[:, 0]
    order_row, variants = by_id[place[known]], rows[known, 1]
    if not len(variants):
        raise NotEnoughData("The orders have no lines to learn from. Run `manage.py load_demo`.")
    pages = np.array(list(Variant.objects.order_by("pk").values_list("pk", "product_id")), np.int64)
    product_ids = pages[np.searchsorted(pages[:, 0], variants), 1]
    products, items = np.unique(product_ids, return_inverse=True)
    customers, users = np.unique(np.array(customer_ids, np.int64), return_inverse=True)
    lines = Interactions(
        users=users[order_row].astype(np.int32),
        items=items.astype(np.int32),
        days=ordinals(placed)[order_row],
        n_users=len(customers),
        n_items=len(products),
    )
    return OrderData(lines, pseudonyms(customers), products)


def _lines() -> npt.NDArray[np.int64]:
    """Return (order id, variant id) of every order line, shape (n_lines, 2)."""
    rows = OrderLine.objects.order_by().values_list("order_id", "variant_id")
    pairs = np.fromiter(
        rows.iterator(chunk_size=CHUNK), dtype=np.dtype([("order", "i8"), ("variant", "i8")])
    )
    return pairs.view(np.int64).reshape(-1, 2)


def orders_signature() -> str:
    """Changes when orders come or are cancelled, products are added, consents come or go."""
    orders = consenting_orders()
    newest = orders.aggregate(n=Max("pk"))["n"] or 0
    products = Product.objects.aggregate(n=Max("pk"))["n"] or 0
    people = orders.aggregate(n=Count("customer", distinct=True), sum=Sum("customer"))
    return f"{orders.count()}-{newest}-{products}-{people['n']}-{people['sum'] or 0}"


def consenting_orders() -> QuerySet[Order]:
    """What models of recommendations may learn from: orders of customers who agreed to it."""
    agreed = consent.granted(consent.PERSONALISATION, "customer__")
    return Order.objects.filter(agreed).exclude(status=Order.Status.CANCELLED)


def pseudonyms(customers: Iterable[int]) -> npt.NDArray[np.str_]:
    """Return the customers' pseudonyms, in their order."""
    return np.array([pseudonym("customer", int(pk)) for pk in customers], np.str_)


def build_search_index(progress: Progress, encoder_name: str = "") -> ModelVersion:
    """Encode all product texts and activate the index; nothing to do when no text has changed.

    The index holds by which encoder it is to be searched. Until the new one is activated, whole,
    the old one goes on serving with its own encoder, so this is also how the encoder is swapped.

    Parameters
    ----------
    encoder_name
        As :func:`foundation.encoders.get_encoder` takes it. Without one: the encoder of the active
        index, or that of the settings if those have changed since.

    Raises foundation.encoders.EncoderUnavailable when there is no such encoder.
    """
    wanted = resolve(encoder_name or _encoder_in_use())
    encoder = get_encoder(wanted)
    documents, groups = search_documents()

    def encode(texts: list[str]) -> npt.NDArray[np.float32]:
        parts = []
        for start in range(0, len(texts), 256):
            progress(start, len(texts))
            parts.append(encoder.encode(texts[start : start + 256]))
        return np.concatenate(parts) if parts else np.zeros((0, encoder.dimensions), np.float32)

    def build(active: ModelVersion | None) -> Trained:
        index = build_index(documents, encode, encoder.name, groups)
        return Trained(
            suffix=".npz",
            write=index.save,
            metrics={"documents": len(documents), "names": len(index.vectors)},
            parameters={
                "encoder": encoder.name,
                "wanted_encoder": wanted,
                "configured_encoder": configured(),
            },
        )

    signature = _texts_signature(documents, groups, encoder.name)
    version = refresh(SEARCH, signature, build, usable=_loads)
    if encoder_name and version.status != ModelVersion.Status.ACTIVE:
        # Rolled back before, and now asked for again.
        registry.activate(version)
    progress(1, 1)
    return version


def _encoder_in_use() -> str:
    """The last decision counts: a swap, or settings that were changed after it."""
    active = registry.active_version(SEARCH)
    if active is None or active.parameters.get("configured_encoder") != configured():
        return configured()
    return str(active.parameters["wanted_encoder"])


def _loads(version: ModelVersion) -> bool:
    """Whether this release can read the index; one of another release may be made otherwise."""
    try:
        TextIndex.load(registry.verify(version))
    except (registry.ArtefactDamaged, OSError, ValueError, KeyError, TypeError):
        return False
    return True


def _texts_signature(documents: list[Document], groups: dict[str, Group], encoder: str) -> str:
    digest = hashlib.sha256(f"{encoder} {sorted(groups.items())}".encode())
    for document in documents:
        parts = (document.id, document.names, document.fields, document.groups)
        digest.update(f"{parts}\x1e".encode())
    return digest.hexdigest()
