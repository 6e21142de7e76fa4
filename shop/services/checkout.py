"""From a cart to an order, once.

A checkout is found by its idempotency key. Whoever moves its state from nothing, or from
``challenge``, to ``running`` runs it; everybody else gets its outcome or "already running". So a
doubled click, a retry and a lost answer make one order and one charge.
"""

import logging
from dataclasses import dataclass, field
from datetime import date, timedelta
from decimal import Decimal

from django.conf import settings
from django.db import IntegrityError, transaction
from django.utils import timezone
from django.utils.module_loading import import_string

from shop.checkout.delivery import delivery_option
from shop.checkout.protocol import (
    CardInput,
    ChallengeRequired,
    CheckoutRun,
    CheckoutStep,
    Visitor,
)
from shop.models import Cart, Checkout, Customer, Order
from shop.refusals import RefusalCode, Refused
from shop.selectors.carts import PricedCart, price_cart

log = logging.getLogger(__name__)
ADULT_AGE = 21
STUCK_AFTER = timedelta(minutes=10)


@dataclass(frozen=True)
class CheckoutInput:
    """What the shopper sent. ``expected_total`` is the total on the page they confirmed."""

    idempotency_key: str
    email: str
    address: dict
    delivery: str
    card: CardInput
    expected_total: Decimal | None
    visitor: Visitor
    birth_date: date | None = None
    challenge_answer: str = ""


@dataclass(frozen=True)
class Outcome:
    """``order`` when it is placed, or ``prompt`` when the bank asks for a confirmation."""

    checkout: Checkout
    order: Order | None = None
    prompt: str = ""
    extra: dict = field(default_factory=dict)


def steps() -> list[CheckoutStep]:
    """The steps the settings name, in order."""
    return [import_string(path)() for path in settings.CHECKOUT_STEPS]


def run(*, cart: Cart, customer: Customer | None, given: CheckoutInput) -> Outcome:
    """Run or resume a checkout. Raises Refused; then nothing is charged and no stock is held."""
    key = f"{cart.pk}:{given.idempotency_key}"[:80]
    known = Checkout.objects.filter(idempotency_key=key).select_related("order").first()
    if known is not None and known.state == Checkout.State.PLACED:
        return Outcome(known, order=known.order)
    priced = price_cart(cart, customer)
    _check(priced, customer, given)
    option = delivery_option(given.delivery, priced.subtotal)
    total = priced.subtotal + option.fee
    if given.expected_total is not None and given.expected_total != total:
        raise Refused(RefusalCode.PRICE_CHANGED)
    checkout = _claim(key, known, cart, customer, total)
    if checkout.state == Checkout.State.PLACED:
        return Outcome(checkout, order=checkout.order)
    state = CheckoutRun(
        checkout=checkout,
        customer=customer,
        email=given.email,
        lines=priced.lines,
        subtotal=priced.subtotal,
        delivery_fee=option.fee,
        total=total,
        address=given.address,
        delivery_option=option.code,
        delivery_date=option.arrives_on,
        card=given.card,
        visitor=given.visitor,
        coupon_codes=list(priced.applied),
        challenge_answer=given.challenge_answer,
        notes={"coupons": priced.applied},
    )
    return _run_steps(state)


def _check(priced: PricedCart, customer: Customer | None, given: CheckoutInput) -> None:
    if not priced.items:
        raise Refused(RefusalCode.CART_EMPTY)
    if priced.problems:
        raise priced.problems[0]
    gated = False
    for item in priced.items:
        product = item.line.variant.product
        if not (product.is_active and item.line.variant.is_active):
            raise Refused(RefusalCode.NOT_ON_SALE, title=str(product))
        gated = gated or product.category.age_gated
    if gated and not _is_adult((customer and customer.birth_date) or given.birth_date):
        raise Refused(RefusalCode.AGE_REQUIRED, age=ADULT_AGE)


def _is_adult(born: date | None) -> bool:
    if born is None:
        return False
    today = timezone.localdate()
    had_birthday = (today.month, today.day) >= (born.month, born.day)
    return today.year - born.year - (0 if had_birthday else 1) >= ADULT_AGE


def _claim(
    key: str, known: Checkout | None, cart: Cart, customer: Customer | None, total: Decimal
) -> Checkout:
    """Make the attempt ours, or say that somebody else is at it."""
    if known is None:
        try:
            with transaction.atomic():
                return Checkout.objects.create(
                    idempotency_key=key, cart=cart, customer=customer, total=total
                )
        except IntegrityError:
            known = Checkout.objects.select_related("order").get(idempotency_key=key)
    if known.state == Checkout.State.PLACED:
        return known
    if known.state == Checkout.State.REFUSED:
        raise Refused(RefusalCode(known.refusal_code), **known.refusal_data)
    if known.state == Checkout.State.CHALLENGE and known.total != total:
        raise Refused(RefusalCode.PRICE_CHANGED)
    taken = Checkout.objects.filter(pk=known.pk, state=Checkout.State.CHALLENGE).update(
        state=Checkout.State.RUNNING, updated_at=timezone.now()
    )
    if not taken:
        raise Refused(RefusalCode.ALREADY_RUNNING)
    known.state = Checkout.State.RUNNING
    return known


def _run_steps(state: CheckoutRun) -> Outcome:
    done: list[CheckoutStep] = []
    try:
        for step in steps():
            done.append(step)
            step.run(state)
    except ChallengeRequired as challenge:
        _set_state(state.checkout, Checkout.State.CHALLENGE)
        return Outcome(state.checkout, prompt=challenge.prompt)
    except Refused as refusal:
        _undo(done, state)
        _refuse(state.checkout, refusal)
        raise
    except Exception:
        log.exception("checkout %s failed in a step; it is undone", state.checkout.uuid)
        _undo(done, state)
        refusal = Refused(RefusalCode.PAYMENT_TIMEOUT)
        _refuse(state.checkout, refusal)
        raise refusal from None
    return Outcome(state.checkout, order=state.order)


def _undo(done: list[CheckoutStep], state: CheckoutRun) -> None:
    for step in reversed(done):
        try:
            step.undo(state)
        except Exception:
            log.exception("undoing a step of checkout %s failed", state.checkout.uuid)


def _refuse(checkout: Checkout, refusal: Refused) -> None:
    checkout.refusal_code, checkout.refusal_data = refusal.code.value, refusal.data
    _set_state(checkout, Checkout.State.REFUSED)


def _set_state(checkout: Checkout, state: Checkout.State) -> None:
    checkout.state = state
    checkout.save(update_fields=["state", "refusal_code", "refusal_data", "updated_at"])


def recover_stuck(*, older_than: timedelta = STUCK_AFTER) -> int:
    """Undo attempts that a crash, or a shopper who never answered the bank, left open.

    Returns how many. An order is written in one transaction, so an open attempt has none: its
    charge is given back and its stock released.
    """
    waiting = Checkout.objects.filter(
        state__in=[Checkout.State.RUNNING, Checkout.State.CHALLENGE],
        updated_at__lt=timezone.now() - older_than,
    )
    count = 0
    for checkout in waiting.select_related("cart", "customer"):
        taken = Checkout.objects.filter(pk=checkout.pk, state=checkout.state).update(
            state=Checkout.State.REFUSED, refusal_code=RefusalCode.PAYMENT_TIMEOUT.value
        )
        if not taken:
            continue
        nothing = Decimal(0)
        state = CheckoutRun(
            checkout=checkout,
            customer=checkout.customer,
            email="",
            lines=[],
            subtotal=nothing,
            delivery_fee=nothing,
            total=checkout.total,
            address={},
            delivery_option="",
            delivery_date=None,
            card=CardInput("", "", ""),
            visitor=Visitor("", "", "", "en"),
        )
        _undo(steps(), state)
        count += 1
    return count
