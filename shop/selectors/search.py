"""Search: the ranked provider of the settings, or plain title search when it cannot answer."""

import logging
from dataclasses import dataclass

from django.conf import settings
from django.db.models import Q
from django.utils.module_loading import import_string
from django.utils.translation import get_language

from shop.models import Category, Customer, Product
from shop.selectors.listing import visible

log = logging.getLogger(__name__)
LIMIT = 240
MAX_QUERY = 200


def clean_query(text: str) -> str:
    return " ".join(text.replace("\x00", " ").split())[:MAX_QUERY]


def ranked_ids(query: str, *, customer: Customer | None) -> list[int]:
    """Product ids, best first."""
    if not query:
        return []
    try:
        provider = import_string(settings.SEARCH_PROVIDER)
        hits = provider(query, customer=customer, language=get_language() or "en", limit=LIMIT)
        return [hit.product_id for hit in hits]
    except Exception:
        log.exception("the search provider failed; titles are searched instead")
    words = Q()
    for word in query.split()[:8]:
        words &= Q(title_en__icontains=word) | Q(title_zh__icontains=word)
    found = Product.objects.filter(words, is_active=True).order_by("-units_sold", "pk")
    return list(found.values_list("pk", flat=True)[:LIMIT])


@dataclass(frozen=True)
class Suggestions:
    products: list[Product]
    categories: list[Category]


def suggestions(text: str) -> Suggestions:
    """What a half-typed query could become: titles that start with it first."""
    if not text:
        return Suggestions([], [])
    starts = Q(title_en__istartswith=text) | Q(title_zh__istartswith=text)
    contains = Q(title_en__icontains=text) | Q(title_zh__icontains=text)
    products = list(visible().filter(starts).order_by("-units_sold")[:6])
    if len(products) < 6:
        more = visible().filter(contains).exclude(pk__in=[row.pk for row in products])
        products += more.order_by("-units_sold")[: 6 - len(products)]
    named = Q(name_en__icontains=text) | Q(name_zh__icontains=text)
    return Suggestions(products, list(Category.objects.filter(named)[:3]))
