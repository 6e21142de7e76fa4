"""A fraud attack for the demo's tour: a thief tries one stolen card after the other."""

import logging
import secrets
import threading
import time
from collections.abc import Callable
from decimal import Decimal
from uuid import uuid4

from django.core.cache import cache
from django.db import connections

from shop.checkout.delivery import delivery_options
from shop.checkout.protocol import Visitor
from shop.demo.traffic.people import BROWSERS, stolen_card
from shop.models import Cart, Variant
from shop.payments.testprovider import CARD_DECLINED, CARD_OK
from shop.refusals import Refused
from shop.selectors.carts import price_cart
from shop.services import carts, checkout

log = logging.getLogger(__name__)
ATTEMPTS = 16
SECONDS_BETWEEN = 2.0
PRICES = (Decimal("15"), Decimal("120"))
ADDRESS = {
    "recipient": "A. Nonymous",
    "line1": "1 Locker Row",
    "line2": "",
    "city": "Cincinnati",
    "region": "OH",
    "postal_code": "45202",
    "country": "US",
    "phone": "",
}


class Attack:
    """Sixteen guest checkouts within a minute from one browser, each with another card."""

    key = "tour:attack"

    def is_running(self) -> bool:
        return cache.get(self.key) is not None

    def start(self) -> None:
        token = uuid4().hex
        if cache.add(self.key, token, int(ATTEMPTS * SECONDS_BETWEEN) + 60):
            threading.Thread(target=self._run, args=[token], name=self.key, daemon=True).start()

    def stop(self) -> None:
        cache.delete(self.key)

    def _run(self, token: str) -> None:
        def goes_on() -> bool:
            time.sleep(SECONDS_BETWEEN)
            return cache.get(self.key) == token

        try:
            attack(goes_on)
        except Exception:
            log.exception("the tour's fraud attack broke off")
        finally:
            if cache.get(self.key) == token:
                cache.delete(self.key)
            connections.close_all()


def attack(goes_on: Callable[[], bool] = lambda: True) -> list[str]:
    """Try the cards; return what became of each: ``placed`` with the order's status, or the code
    of the refusal. Every third card is declined by its bank."""
    visitor = Visitor(
        key=secrets.token_hex(16),
        ip=f"198.19.{secrets.randbelow(256)}.{secrets.randbelow(256)}",
        user_agent=BROWSERS[2],
        language="en",
    )
    became = []
    for number in range(ATTEMPTS):
        try:
            became.append(_attempt(visitor, CARD_DECLINED if number % 3 == 1 else CARD_OK))
        except Refused as refusal:
            became.append(refusal.code.value)
        if not goes_on():
            break
    return became


def _attempt(visitor: Visitor, behaves_like: str) -> str:
    cart = Cart.objects.create()
    try:
        _fill(cart, visitor)
        priced = price_cart(cart, None)
        option = next(o for o in delivery_options(priced.subtotal) if o.code == "standard")
        given = checkout.CheckoutInput(
            idempotency_key=secrets.token_hex(16),
            email=f"{secrets.token_hex(6)}@mail.example",
            address=ADDRESS,
            delivery=option.code,
            card=stolen_card(behaves_like=behaves_like),
            expected_total=priced.subtotal + option.fee,
            visitor=visitor,
        )
        outcome = checkout.run(cart=cart, customer=None, given=given)
        return str(outcome.order.status) if outcome.order else "question"
    finally:
        cart.lines.all().delete()


def _fill(cart: Cart, visitor: Visitor) -> None:
    """Something that sells again easily and is there; raises Refused when nothing is."""
    low, high = PRICES
    wanted = Variant.objects.filter(
        is_active=True, product__is_active=True, price__gte=low, price__lte=high
    ).exclude(product__category__age_gated=True)
    last: Refused | None = None
    for variant in wanted.order_by("-price", "pk")[:20]:
        try:
            carts.add(cart=cart, variant_id=variant.pk, quantity=1, visitor=visitor.key, surface="")
        except Refused as refusal:
            last = refusal
        else:
            return
    if last is not None:
        raise last
