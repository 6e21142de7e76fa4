"""Answers about the catalogue: search, facts, stock, price, coupons, comparison, delivery.

Products that were shown are remembered, so that "the second one" and 那个 mean something.
"""

import re

from django.utils import timezone

from recommend import graph
from recommend.selectors.finding import limits_said, need_of
from recommend.selectors.shelf import adult_customer
from shop.checkout.delivery import FREE_FROM, delivery_options
from shop.models import Coupon
from shop.models.base import ZERO
from shop.selectors.catalogue import Card, cards
from shop.selectors.comparison import attributes, comparison
from shop.selectors.pictures import address
from shop.selectors.search import search
from support.dialogue.turn import Turn

SHOWN = 4
FILLING = re.compile(
    r"\b(?:how much (?:is|are|does|do|for)|what(?:'s| is| are)? (?:the )?(?:price|cost)s?(?: of)?|price of"
    r"|do you (?:have|sell|carry|still have)|have you got|is there any|are there any|in stock|available"
    r"|i am looking for|i'm looking for|looking for|i want to buy|i need|show me|find me|recommend(?: me)?"
    r"|please|left|cost|is|are|the|a|an|any|some|can you|could you|tell me)\b"
    r"|多少钱|价格|怎么卖|什么价|有没有|有货吗|有货|还有|库存|现货|请问|我想买|想买|帮我|推荐|找一?[个下款]?|给我看看|看看"
    r"|一些|一[双个款件]|吗|呢|的|了|有|[?？。.!！,，]",
    re.IGNORECASE,
)
OTHER_KIND = (
    re.compile(
        r"\b(?:is|are) there (?:an? |any )?([\w\s-]{2,40}?) (?:ones?|versions?|kinds?)\b"
        r"|\bdo you have (?:an? |any )?([\w\s-]{2,40}?) (?:ones?|versions?|kinds?)\b",
        re.IGNORECASE,
    ),
    re.compile(r"有没有([^的，。？?\s]{2,12})的(?:吗|呢)?[？?。]?\s*$"),
)
"""The same thing with a quality: what is asked for is the group."""


def card_of(card: Card) -> dict:
    product = card.product
    return {
        "kind": "product",
        "title": str(product.title),
        "text": f"${card.offer.price}",
        "url": f"{product.get_absolute_url()}?from=chat",
        "icon": product.icon or product.category.icon,
        "picture": address(product),
    }


def _show(turn: Turn, found: list[Card]) -> None:
    turn.cards += [card_of(card) for card in found]
    turn.memory["products"] = [card.product.pk for card in found]
    turn.memory.pop("listed", None)
    turn.memory["product"] = found[0].product.pk


def _search(turn: Turn, query: str) -> list[Card]:
    """Products for a query; what is for adults is shown to adults only.

    Titles, which answer while there is no index, know nothing of a limit of price: it is kept here.
    """
    ids = search(query, customer=turn.customer, language=turn.language).ids
    adult, need = adult_customer(turn.customer), need_of(query)
    found = [
        card
        for card in cards(ids[: SHOWN * 4])
        if (adult or not card.product.category.age_gated) and need.allows(card.offer.price)
    ]
    return found[:SHOWN]


def _shown(turn: Turn) -> list[Card]:
    """Products of the list that the message points at, in the order in which it does."""
    listed = turn.memory.get("products") or []
    ids = [listed[place] for place in turn.slots.ordinals if -1 <= place < len(listed)]
    if not ids and turn.slots.that and turn.memory.get("product"):
        ids = [turn.memory["product"]]
    return cards(ids)


def _meant(turn: Turn) -> Card | None:
    """One product: the one pointed at, else the best that the message's words find."""
    pointed = _shown(turn)
    if pointed:
        turn.memory["product"] = pointed[0].product.pk
        return pointed[0]
    words = " ".join(FILLING.sub(" ", turn.text).split())
    found = _search(turn, words)[:1] if len(words) > 1 else []
    if not found and turn.memory.get("product"):
        found = cards([turn.memory["product"]])
    if not found:
        return None
    turn.memory["product"] = found[0].product.pk
    return found[0]


def _other_kind(turn: Turn) -> bool:
    """Answer "is there a lactose-free one?" from what the graph has beside the last product.

    False when the message asks for something else, or nothing was talked about yet.
    """
    asked = next(filter(None, (pattern.search(turn.text) for pattern in OTHER_KIND)), None)
    before = cards([turn.memory["product"]]) if asked and turn.memory.get("product") else []
    if asked is None or not before:
        return False
    quality = next(part for part in asked.groups() if part).strip()
    product = before[0].product
    adult = adult_customer(turn.customer)
    found = [
        card
        for card in cards(graph.kin_with(product.pk, quality, SHOWN * 2))
        if adult or not card.product.category.age_gated
    ]
    if found:
        turn.say("other_kind", quality=quality, title=product.title)
        _show(turn, found[:SHOWN])
    else:
        turn.say("no_other_kind", quality=quality, title=product.title)
    return True


def find(turn: Turn, values: dict) -> None:
    if _other_kind(turn):
        return
    found = _search(turn, turn.text)
    turn.say("products" if found else "no_products")
    limits = limits_said(turn.text)
    if limits:
        turn.said.append(limits)
    if not found:
        return
    _show(turn, found)
    if len(found) > 1:
        turn.offer("compare")


def facts(turn: Turn, values: dict) -> None:
    if _other_kind(turn):
        return
    card = _meant(turn)
    if card is None:
        turn.say("which_product")
        return
    product = card.product
    known = [f"{row.name}: {row.value}" for row in attributes(product)]
    known += [str(product.size)] if product.size else []
    known += [str(product.description)] if product.description else []
    if known:
        turn.say("facts", title=product.title, facts=" · ".join(known)[:600])
    else:
        turn.say("no_facts", title=product.title)
    turn.cards.append(card_of(card))


def stock(turn: Turn, values: dict) -> None:
    if _other_kind(turn):
        return
    card = _meant(turn)
    if card is None:
        turn.say("which_product")
        return
    units = card.offer.availability.total
    if card.offer.availability.in_stock:
        turn.say("in_stock", title=card.product.title, units=units)
    else:
        turn.say("sold_out", title=card.product.title)
    turn.cards.append(card_of(card))


def price(turn: Turn, values: dict) -> None:
    card = _meant(turn)
    if card is None:
        turn.say("which_product")
        return
    offer = card.offer
    money = {"price": f"${offer.price}", "list_price": f"${offer.list_price}"}
    turn.say("price_deal" if offer.on_promotion else "price", title=card.product.title, **money)
    turn.cards.append(card_of(card))


def coupons(turn: Turn, values: dict) -> None:
    now = timezone.now()
    valid = Coupon.objects.filter(
        is_active=True, targeted_only=False, campaign=None, starts_at__lte=now, ends_at__gt=now
    )[:5]
    if not valid:
        turn.say("no_coupons")
        return
    turn.say("coupons")
    turn.said += [f"{coupon.code} – {coupon.name}" for coupon in valid]


def compare(turn: Turn, values: dict) -> None:
    """Two or three products: those pointed at, else the first two of the last list."""
    pointed = _shown(turn)
    listed = turn.memory.get("products") or []
    if len(pointed) < 2:
        pointed = cards(listed[:2])
    if len(pointed) < 2:
        turn.say("compare_what")
        return
    side = comparison(pointed[:3])
    turn.say("compare")
    for card in side.cards:
        turn.said.append(f"{card.product.title}: ${card.offer.price}")
    turn.said += [
        f"{row.label}: {' | '.join(cell or '–' for cell in row.cells)}" for row in side.rows
    ]
    turn.cards += [card_of(card) for card in side.cards]


def delivery(turn: Turn, values: dict) -> None:
    turn.say("delivery")
    turn.said += [
        f"{option.label}: ${option.fee}, {option.arrives_on:%Y-%m-%d}"
        for option in delivery_options(ZERO)
    ]
    turn.said.append(f"≥ ${FREE_FROM}: $0.00")
