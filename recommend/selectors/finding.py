"""Search: words and meaning, price limits in the query, Chinese and English."""

import logging
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from django.utils.translation import gettext as _

from recommend.learning.needs import Need, parse_need
from recommend.serving import SearchModel, search_model
from shop.models import Customer, Product
from shop.selectors.search import SearchUnavailable
from shop.templatetags.shop import money

log = logging.getLogger(__name__)

MAX_QUERY = 200


@dataclass(frozen=True)
class SearchHit:
    """A product found. ``score`` is about 0 to 1; ``reason`` is ``words`` or ``meaning``."""

    product_id: int
    score: float
    reason: str


def need_of(query: str) -> Need:
    """What search reads out of the words."""
    return parse_need(query.replace("\x00", " ")[:MAX_QUERY])


def search(
    query: str, *, customer: Customer | None = None, language: str = "en", limit: int = 200
) -> list[SearchHit]:
    """Return products on sale for a query in Chinese or English, best first.

    Both languages are searched whatever ``language`` says; it and ``customer`` are part of the
    interface so that ranking can use them. Limits of price in the query ("低于50元的咖啡", "snacks
    under $3") are kept, in the shop's currency. Raises SearchUnavailable without an index.
    """
    need = need_of(query)
    model = search_model()
    if model is None:
        raise SearchUnavailable(
            "There is no search index that can be read. Run `manage.py train recommend`."
        )
    if not need.text or limit < 1:
        return []
    # More than asked for, because some will not be on sale or not within the price limits.
    readings = model.index.readings(need.text)
    matches = model.index.search(readings, _vectors(readings, model), limit * 2)
    allowed = _on_sale([match.id for match in matches], need)
    hits = [SearchHit(match.id, match.score, match.reason) for match in matches]
    return [hit for hit in hits if hit.product_id in allowed][:limit]


def _vectors(texts: list[str], model: SearchModel) -> list[npt.NDArray[np.float32]]:
    """The texts' vectors, or none where words alone have to do."""
    return list(model.encoder.encode(texts)) if model.encoder else []


def _on_sale(product_ids: list[int], need: Need) -> set[int]:
    products = Product.objects.filter(pk__in=product_ids, is_active=True)
    if need.min_price is not None:
        products = products.filter(min_price__gte=need.min_price)
    if need.max_price is not None:
        products = products.filter(min_price__lte=need.max_price)
    return set(products.values_list("pk", flat=True))


def limits_said(query: str) -> str:
    """What search takes for a limit of price in the words, said back; empty without one."""
    need = need_of(query)
    low, high = (
        money(limit) if limit is not None else "" for limit in (need.min_price, need.max_price)
    )
    if low and high:
        return _("Only what costs %(low)s to %(high)s, as you said.") % {"low": low, "high": high}
    if high:
        return _("Only what costs at most %(high)s, as you said.") % {"high": high}
    return _("Only what costs at least %(low)s, as you said.") % {"low": low} if low else ""
