"""One virtual customer's way through the shop: look, put into the cart, perhaps buy."""

import secrets
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from datetime import date
from decimal import Decimal

import numpy as np
from django.utils.translation import override

from shop import events
from shop.checkout.delivery import PICKUP, delivery_options
from shop.demo.traffic.patterns import Habit, Patterns, habit_of
from shop.demo.traffic.people import address_of, card_of, visitor_of
from shop.models import Cart, Customer, Event, Order, Product, Variant
from shop.models.base import ZERO
from shop.payments.testprovider import (
    CARD_CHALLENGE,
    CARD_DECLINED,
    CARD_OK,
    CARD_TIMEOUT,
    CHALLENGE_ANSWER,
)
from shop.privacy import consent
from shop.refusals import RefusalCode, Refused
from shop.selectors import search as searching
from shop.selectors.carts import price_cart
from shop.services import carts, checkout

REPEAT_SHARE = 0.53
"""Of what households buy in the data's last four weeks, so much they had bought before."""
BUYS = 0.7
"""Visits that end at the checkout; the others leave. The data has no visits without a purchase."""
SEARCHES = 0.4
LOOKS_AROUND = (0, 4)
"""Other products looked at before the one that goes into the cart: from, and below."""
THINK_SECONDS = (8.0, 0.6)
"""Median and spread (of the logarithm) of the time between two clicks."""
CARDS = ((CARD_OK, 0.92), (CARD_DECLINED, 0.04), (CARD_CHALLENGE, 0.03), (CARD_TIMEOUT, 0.01))
DELIVERIES = (("standard", 0.7), ("express", 0.1), (PICKUP, 0.2))
FORGETS_CODE = 0.1
WRONG_ANSWER = "000000"
ASSUMED_BIRTH = date(1980, 1, 1)
"""Households are grown-ups; only some of them tell their age."""


@dataclass
class Tally:
    """What all visits came to. ``refusals`` counts what the shop said no to, by code."""

    counts: Counter[str] = field(default_factory=Counter)
    refusals: Counter[str] = field(default_factory=Counter)
    revenue: Decimal = ZERO


class Visit:
    """One visit. :meth:`steps` does one thing at a time and yields the seconds until the next."""

    def __init__(
        self, customer: Customer, patterns: Patterns, dice: np.random.Generator, tally: Tally
    ) -> None:
        self.customer, self.patterns, self.dice, self.tally = customer, patterns, dice, tally
        # Not from the seed: a second run is made of other visits.
        self.visitor = secrets.token_hex(16)
        self.cart: Cart | None = None

    def steps(self) -> Iterator[float]:
        """Go through the visit. Whatever ends it early, the cart is empty afterwards."""
        self.tally.counts["visits"] += 1
        self._record(Event.Kind.LOGIN)
        try:
            habit = habit_of(self.customer)
            wanted = int(self.dice.choice(self.patterns.basket_sizes))
            for _ in range(wanted):
                yield self._pause()
                yield from self._pick(habit)
            if self.cart is not None and self.dice.random() < BUYS:
                yield self._pause()
                yield from self._buy()
        finally:
            self._leave()

    def _pause(self) -> float:
        median, spread = THINK_SECONDS
        return float(median * self.dice.lognormal(0.0, spread))

    def _pick(self, habit: Habit | None) -> Iterator[float]:
        """Find something the customer usually buys, or something new, and take it."""
        if habit is not None and self.dice.random() < REPEAT_SHARE:
            variant = habit.variants[self.dice.choice(len(habit.variants), p=habit.shares)]
            surface = ""
        else:
            found = self._something_new()
            if found is None:
                return
            variant, surface = found, "category"
        if self.dice.random() < SEARCHES:
            surface = "search"
            yield from self._search(variant)
        elif surface == "category":
            yield from self._look_around(variant.product)
        self._view(variant.product_id, surface)
        yield self._pause()
        self._add(variant, surface)

    def _something_new(self) -> Variant | None:
        """Of a category by the shop's mix, what sells there; things without sales have a chance."""
        mix = self.patterns
        category = int(self.dice.choice(mix.categories, p=mix.category_shares))
        rows = Product.objects.filter(category=category, is_active=True).order_by("pk")
        products = list(rows.values_list("pk", "recent_units"))
        if not products:
            return None
        weights = np.array([1 + units for _pk, units in products], np.float64)
        product, _ = products[self.dice.choice(len(products), p=weights / weights.sum())]
        variants = Variant.objects.filter(product=product, is_active=True).order_by("pk")
        choices = list(variants.select_related("product__category"))
        return choices[self.dice.integers(len(choices))] if choices else None

    def _search(self, variant: Variant) -> Iterator[float]:
        """Search for it by a name people would type, and look at what comes first."""
        product = variant.product
        with override(self.customer.language):
            words = str(product.category.name if self.dice.random() < 0.5 else product.title)
            query = searching.clean_query(words.split("(")[0].split(",")[0].lower())
            found = searching.search(query, customer=self.customer, language=self.customer.language)
        self.tally.counts["searches"] += 1
        self._record(Event.Kind.SEARCH, query=query, data={"results": len(found.ids)})
        for other in found.ids[: self._looks()]:
            yield self._pause()
            self._view(other, "search")
        yield self._pause()

    def _look_around(self, product: Product) -> Iterator[float]:
        """Look at a few others of the same category, the ones that sell most first."""
        near = Product.objects.filter(category=product.category_id, is_active=True)
        best = near.exclude(pk=product.pk).order_by("-recent_units", "pk")
        for other in best.values_list("pk", flat=True)[: self._looks()]:
            self._view(other, "category")
            yield self._pause()

    def _looks(self) -> int:
        return int(self.dice.integers(*LOOKS_AROUND))

    def _view(self, product_id: int, surface: str) -> None:
        self.tally.counts["views"] += 1
        self._record(Event.Kind.VIEW, product_id=product_id, surface=surface)

    def _add(self, variant: Variant, surface: str) -> None:
        if self.cart is None:
            self.cart = Cart.objects.get_or_create(customer=self.customer, is_open=True)[0]
        try:
            carts.add(
                cart=self.cart,
                variant_id=variant.pk,
                quantity=1,
                visitor=self.visitor,
                surface=surface,
            )
        except Refused as refusal:
            self._refused(refusal)
        else:
            self.tally.counts["added"] += 1

    def _buy(self) -> Iterator[float]:
        """Check out; a card that is declined is followed by one that works, as people do."""
        number = self._choose(CARDS)
        for attempt in (number, CARD_OK):
            try:
                yield from self._check_out(attempt)
            except Refused as refusal:
                self._refused(refusal)
                if refusal.code != RefusalCode.PAYMENT_DECLINED:
                    return
                yield self._pause()
            else:
                return

    def _check_out(self, number: str) -> Iterator[float]:
        assert self.cart is not None
        priced = price_cart(self.cart, self.customer)
        if not priced.items:
            return
        wish = self._choose(DELIVERIES)
        options = {option.code: option for option in delivery_options(priced.subtotal)}
        option = options[wish if wish != PICKUP or self.customer.home_channel_id else "standard"]
        email = self.customer.user.email if self.customer.user else ""
        given = checkout.CheckoutInput(
            idempotency_key=secrets.token_hex(16),
            email=email or f"customer-{self.customer.pk}@demo.mercato.example",
            address=address_of(self.customer),
            delivery=option.code,
            card=card_of(self.customer, behaves_like=number),
            expected_total=priced.subtotal + option.fee,
            visitor=visitor_of(self.customer, self.visitor),
            birth_date=self.customer.birth_date or ASSUMED_BIRTH,
        )
        outcome = checkout.run(cart=self.cart, customer=self.customer, given=given)
        if outcome.order is None:
            yield self._pause()
            answer = WRONG_ANSWER if self.dice.random() < FORGETS_CODE else CHALLENGE_ANSWER
            again = replace(given, challenge_answer=answer)
            outcome = checkout.run(cart=self.cart, customer=self.customer, given=again)
        if outcome.order is not None:
            self._bought(outcome.order, units=priced.units)

    def _bought(self, order: Order, *, units: int) -> None:
        self.tally.counts["orders"] += 1
        self.tally.counts["units"] += units
        self.tally.counts["on_hold"] += order.status == Order.Status.ON_HOLD
        self.tally.revenue += order.total

    def _leave(self) -> None:
        """Nobody who signs in as this customer finds what they did not put into the cart."""
        if self.cart is not None:
            left, _ = self.cart.lines.all().delete()
            self.tally.counts["abandoned"] += bool(left)
            self.cart = None

    def _refused(self, refusal: Refused) -> None:
        self.tally.refusals[refusal.code.value] += 1

    def _choose(self, table: tuple[tuple[str, float], ...]) -> str:
        shares = np.array([share for _name, share in table])
        return table[self.dice.choice(len(table), p=shares / shares.sum())][0]

    def _record(
        self,
        kind: Event.Kind,
        *,
        product_id: int | None = None,
        surface: str = "",
        query: str = "",
        data: dict | None = None,
    ) -> None:
        who = consent.trace_of(self.customer, self.visitor)
        events.record(
            kind,
            visitor=who.visitor,
            customer_id=who.customer_id,
            product_id=product_id,
            surface=surface,
            query=query,
            data=data,
        )
