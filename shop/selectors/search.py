"""Finding products by words: the ranked search of the settings, and a plain one behind it."""

import logging
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Protocol

from django.conf import settings
from django.db.models import Case, IntegerField, Q, QuerySet, Value, When
from django.utils.module_loading import import_string

from shop.models import Category, Customer, Department, Product
from shop.selectors.catalogue import on_sale

log = logging.getLogger(__name__)

MAX_QUERY = 200
MAX_RESULTS = 240
SUGGESTED_PRODUCTS = 6
SUGGESTED_GROUPS = 4
MAX_WORDS = 8


class Hit(Protocol):
    """What a search provider returns, best first."""

    product_id: int


Provider = Callable[..., Sequence[Hit]]


class SearchUnavailable(Exception):
    """A provider cannot answer yet, by no fault of its own: nothing has been trained."""


@dataclass(frozen=True)
class Found:
    """Product ids, best first. ``degraded``: the plain search answered for the ranked one."""

    ids: list[int]
    degraded: bool


@dataclass(frozen=True)
class Suggestions:
    products: list[Product]
    categories: list[Category | Department]


def clean_query(raw: str) -> str:
    """Return a query fit for every engine: no NULs, single spaces, at most 200 characters."""
    return " ".join(raw.replace("\x00", " ").split())[:MAX_QUERY].strip()


def search(query: str, *, customer: Customer | None, language: str) -> Found:
    """Rank products for a query by the provider in the settings.

    When the provider is missing, raises or finds nothing, titles that contain the words answer.
    """
    if not query:
        return Found([], degraded=False)
    try:
        provider: Provider = import_string(settings.SEARCH_PROVIDER)
        hits = provider(query, customer=customer, language=language, limit=MAX_RESULTS)
        ids = [hit.product_id for hit in hits]
    except SearchUnavailable as reason:
        log.warning("titles answer for the ranked search: %s", reason)
        return Found(_by_title(query), degraded=True)
    except Exception:
        # The query itself stays out of the log: people type names and addresses into search boxes.
        log.exception("the search provider %s failed", settings.SEARCH_PROVIDER)
        return Found(_by_title(query), degraded=True)
    if ids:
        return Found(list(dict.fromkeys(ids)), degraded=False)
    return Found(_by_title(query), degraded=False)


def _by_title(query: str) -> list[int]:
    """Products that hold every word; for a whole sentence, those of the groups it names."""
    found = list(_matching(query).values_list("pk", flat=True)[:MAX_RESULTS])
    if found:
        return found
    named = on_sale().filter(_of_groups_named_in(query)).order_by("-units_sold", "pk")
    return list(named.values_list("pk", flat=True)[:MAX_RESULTS])


def _of_groups_named_in(sentence: str) -> Q:
    """Products of categories and departments whose name stands in the sentence."""
    said = sentence.casefold()
    wanted = Q(pk__in=[])
    for field, model in (("category", Category), ("category__department", Department)):
        rows = model.objects.values_list("pk", "name_en", "name_zh")
        ids = [pk for pk, *names in rows if any(name and name.casefold() in said for name in names)]
        wanted |= Q(**{f"{field}__in": ids})
    return wanted


def _matching(query: str) -> QuerySet[Product]:
    """Products whose title, brand or category holds every word; those that begin so come first."""
    wanted = Q()
    for word in query.split()[:MAX_WORDS]:
        wanted &= (
            Q(title_en__icontains=word)
            | Q(title_zh__icontains=word)
            | Q(brand_en__icontains=word)
            | Q(brand_zh__icontains=word)
            | Q(category__name_en__icontains=word)
            | Q(category__name_zh__icontains=word)
        )
    return (
        on_sale()
        .filter(wanted)
        .annotate(place=_place("title", query))
        .order_by("place", "-units_sold", "pk")
    )


def _place(name: str, query: str) -> Case:
    """0 where the name begins with the query, 1 where a word does, 2 where it is inside."""
    begins, word, inside = Q(), Q(), Q()
    for language in ("en", "zh"):
        begins |= Q(**{f"{name}_{language}__istartswith": query})
        word |= Q(**{f"{name}_{language}__icontains": f" {query}"})
        inside |= Q(**{f"{name}_{language}__icontains": query})
    return Case(
        When(begins, then=Value(0)),
        When(word, then=Value(1)),
        When(inside, then=Value(2)),
        default=Value(3),
        output_field=IntegerField(),
    )


def suggest(query: str, *, adult: bool) -> Suggestions:
    """Products and categories whose name begins with or contains what has been typed so far."""
    if not query:
        return Suggestions([], [])
    products = _matching(query).select_related("category")
    if not adult:
        products = products.filter(category__age_gated=False)
    groups: list[Category | Department] = []
    for model in (Department, Category):
        named = model.objects.filter(Q(name_en__icontains=query) | Q(name_zh__icontains=query))
        groups += named.annotate(place=_place("name", query)).order_by("place", "pk")[
            :SUGGESTED_GROUPS
        ]
    return Suggestions(list(products[:SUGGESTED_PRODUCTS]), groups[:SUGGESTED_GROUPS])
