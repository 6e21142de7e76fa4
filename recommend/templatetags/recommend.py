"""Recommendation rails and advertisements on pages."""

import logging
from dataclasses import dataclass

from django import template
from django.http import HttpRequest
from django.template.loader import render_to_string

from recommend import ads, experiments
from recommend.selectors import GROUP_TITLES, Reason, Recommendation
from recommend.selectors.finding import limits_said
from recommend.selectors.rails import explained
from recommend.selectors.why import Why, with_cards
from shop.models import Event, Order, Product
from shop.privacy import consent
from shop.selectors import carts
from shop.selectors.catalogue import Card
from shop.services import browsing

register = template.Library()
log = logging.getLogger(__name__)


@dataclass(frozen=True)
class RailGroup:
    """One horizontal list: its heading, and the cards with why each is there."""

    reason: str
    title: str
    surface: str
    items: list[tuple[Card, Why]]

    @property
    def because(self) -> list[Product]:
        """What of the shopper's own history the list rests on, each once."""
        return list(dict.fromkeys(why.because for _card, why in self.items if why.because))


@register.simple_tag(takes_context=True)
def rail(
    context: template.Context,
    surface: str,
    product: Product | None = None,
    order: Order | None = None,
) -> str:
    """Print every group of recommendations for a surface; nothing when anything fails.

    Cards link with ``?from=rail-<surface>-<reason>``, which the product page records with its
    view: that is the click on the impression written here.
    """
    request = context.get("request")
    if request is None:
        return ""
    try:
        return _render(request, surface, product, order)
    except Exception:
        # A page without recommendations is a page; a page with a traceback is not.
        log.exception("the rail of %s failed", surface)
        return ""


def _render(
    request: HttpRequest, surface: str, product: Product | None, order: Order | None
) -> str:
    customer = request.customer or None  # type: ignore[attr-defined]
    who = consent.trace(request)
    running = experiments.running(who) if surface == "home" else None
    found, known = explained(
        surface,
        customer=customer,
        visitor=who.visitor,
        product=product,
        order=order,
        cart=_cart_products(request),
        interleave=experiments.coins(running, who) if running else "",
    )
    if running is not None:
        shown = experiments.choose(running, who, known)
        found = experiments.arranged(found, shown.layout) if shown else found
        browsing.record(
            request,
            Event.Kind.IMPRESSION,
            surface=f"{experiments.SURFACE}{running.key}",
            data=shown.data() if shown else experiments.drafted(found, known),
        )
    shown_cards, why = with_cards([(item.product_id, item.reason_code) for item in found], known)
    groups = _groups(surface, found, shown_cards, why)
    explored = {item.product_id for item in found if item.explored}
    for group in groups:
        browsing.record(
            request,
            Event.Kind.IMPRESSION,
            surface=group.surface,
            data={
                "reason": group.reason,
                "products": [card.product.pk for card, _why in group.items],
                "explored": [
                    card.product.pk for card, _why in group.items if card.product.pk in explored
                ],
                "beside": product.pk if product else None,
            },
        )
    context = {
        "groups": groups,
        "surface": surface,
        "personal": consent.allows(request, consent.PERSONALISATION),
    }
    return render_to_string("recommend/rail.html", context, request=request)


price_limits = register.simple_tag(limits_said, name="price_limits")


@register.simple_tag(takes_context=True)
def ad(context: template.Context, slot: str, product: Product | None = None) -> str:
    """Print an advertisement, named as one; nothing when there is none or anything fails."""
    request = context.get("request")
    if request is None or request.method != "GET":
        return ""
    try:
        return _advertised(request, slot, product)
    except Exception:
        log.exception("the advertisement of %s failed", slot)
        return ""


def _advertised(request: HttpRequest, slot: str, product: Product | None) -> str:
    found = ads.serve(
        slot,
        customer=request.customer or None,  # type: ignore[attr-defined]
        product=product,
        taken=_cart_products(request),
    )
    if found is None:
        return ""
    creative = found.creative
    browsing.record(
        request,
        Event.Kind.IMPRESSION,
        product_id=creative.product_id,
        surface=f"{ads.SURFACE}{slot}",
        data=ads.event_data(creative, personal=found.personal),
    )
    context = {"ad": found, "slot": slot, "price": found.price}
    return render_to_string("recommend/ad.html", context, request=request)


def _cart_products(request: HttpRequest) -> list[int]:
    return [line.product_id for line in carts.held(request)]


def _groups(
    surface: str, found: list[Recommendation], by_id: dict[int, Card], why: dict[int, Why]
) -> list[RailGroup]:
    by_reason: dict[str, list[tuple[Card, Why]]] = {}
    for item in found:
        if item.product_id in by_id:
            by_reason.setdefault(item.reason_code, []).append(
                (by_id[item.product_id], why[item.product_id])
            )
    return [
        RailGroup(reason, str(GROUP_TITLES[Reason(reason)]), f"rail-{surface}-{reason}", shown)
        for reason, shown in by_reason.items()
    ]
