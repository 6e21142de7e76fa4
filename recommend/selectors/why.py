"""Why a product is shown, in words of the knowledge graph and of the shopper's own doings."""

from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date

from django.utils.formats import date_format
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from recommend import graph
from recommend.selectors.reasons import Reason
from shop.models import Product
from shop.pricing import Offer
from shop.selectors.catalogue import Card, cards_of, rows_of

USUAL = (Reason.BUY_AGAIN, Reason.MISSING, Reason.NEXT_TIME)
ANCHORS = 150
"""So many of the products bought most often are looked at for a relation."""


@dataclass(frozen=True)
class Why:
    """A sentence; ``because`` is what of the shopper's own history it rests on, if anything."""

    text: str
    because: Product | None = None


@dataclass(frozen=True)
class Known:
    """What the page knew of the shopper: (product id, day ordinal), products seen, and the cart.

    With ``ordered`` it is not the cart but an order that was placed; ``explored`` are
    products shown to learn what comes of them, ``teams`` whose each is where rankings compete,
    ``edges`` the relations of all these where they were read, ``offers`` those of what is shown.
    """

    bought: Sequence[tuple[int, int]]
    viewed: Sequence[int]
    taken: Sequence[int]
    product: Product | None
    ordered: bool = False
    explored: frozenset[int] = frozenset()
    teams: Mapping[int, int] = field(default_factory=dict)
    edges: Sequence[graph.Bought] | None = None
    offers: Mapping[int, Sequence[Offer]] = field(default_factory=dict)


def explain(shown: Sequence[tuple[int, str]], known: Known) -> dict[int, Why]:
    """Return why each (product id, reason code) is shown. At most two queries."""
    return with_cards(shown, known)[1]


def with_cards(
    shown: Sequence[tuple[int, str]], known: Known
) -> tuple[dict[int, Card], dict[int, Why]]:
    """Return the cards of what is shown and why each is, by product. At most two queries."""
    times = Counter(pk for pk, _day in known.bought)
    usual = [pk for pk, _count in times.most_common(ANCHORS)]
    own = {*usual, *known.viewed, *known.taken}
    beside = {known.product.pk} if known.product else set()
    ids = {pk for pk, _reason in shown}
    found = graph.links(own | beside, ids, known.edges) if own | beside else {}
    codes = {code for _pk, code in shown}
    needed = {link.source for link in found.values()} - beside
    if codes & {*USUAL, Reason.BECAUSE_VIEWED}:
        needed |= set(known.viewed)
    products = rows_of(needed | ids)
    cards = {card.product.pk: card for card in cards_of(ids, products, known.offers)}
    if known.product:
        products[known.product.pk] = known.product
    last: dict[int, int] = {}
    for pk, day in known.bought:
        last[pk] = max(day, last.get(pk, 0))
    said = {}
    for pk, code in shown:
        reason = Reason(code)
        if pk in known.explored:
            said[pk] = Why(_("New in the shop, and close to what you usually buy."))
        elif reason in USUAL and times[pk]:
            said[pk] = Why(_usual(times[pk], last[pk]), products.get(pk))
        elif reason == Reason.BECAUSE_VIEWED:
            said[pk] = _viewed(products, pk, known.viewed)
        elif pk in found and found[pk].source in products:
            said[pk] = _linked(found[pk], products[found[pk].source], known)
        else:
            said[pk] = Why(str(reason.label))
    return cards, said


def _usual(times: int, day: int) -> str:
    when = date_format(date.fromordinal(day), "SHORT_DATE_FORMAT")
    text = ngettext(
        "You bought it %(times)s time, last on %(date)s.",
        "You bought it %(times)s times, last on %(date)s.",
        times,
    )
    return text % {"times": times, "date": when}


def _viewed(products: dict[int, Product], pk: int, viewed: Collection[int]) -> Why:
    """The newest of what was looked at that is of the same category."""
    for seen in viewed:
        one, other = products.get(seen), products.get(pk)
        if one and other and one.category_id == other.category_id:
            text = _("It is like %(title)s, which you looked at.")
            return Why(text % {"title": one.title}, one)
    return Why(str(Reason.BECAUSE_VIEWED.label))


def _linked(link: graph.Link, source: Product, known: Known) -> Why:
    title = {"title": source.title}
    instead = link.relation == graph.INSTEAD_OF
    if source.pk in known.taken and known.ordered:
        text = (
            _("It can stand in for %(title)s from this order.")
            if instead
            else _("It goes with %(title)s from this order.")
        )
        return Why(text % title)
    if source.pk in known.taken:
        text = (
            _("It can stand in for %(title)s in your cart.")
            if instead
            else _("It goes with %(title)s in your cart.")
        )
        return Why(text % title)
    if known.product is not None and source.pk == known.product.pk:
        text = (
            _("Households buy it instead of %(title)s.")
            if instead
            else _("It is often in one basket with %(title)s.")
        )
        return Why(text % title)
    if source.pk in known.viewed:
        text = (
            _("It can stand in for %(title)s, which you looked at.")
            if instead
            else _("It goes with %(title)s, which you looked at.")
        )
        return Why(text % title, source)
    text = (
        _("It can stand in for %(title)s, which you buy.")
        if instead
        else _("It goes with %(title)s, which you buy.")
    )
    return Why(text % title, source)
