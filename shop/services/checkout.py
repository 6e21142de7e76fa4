"""From a cart to an order, once.

A checkout is found by its idempotency key. Whoever moves its state from nothing, or from
``challenge``, to ``running`` runs it; everybody else gets its outcome. So a doubled click, a retry
and a lost answer make one order and one charge. A refused key stays refused: the next attempt
brings a key of its own.
"""

import logging
import time
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import Decimal

from django.conf import settings
from django.db import IntegrityError, transaction
from django.utils import timezone
from django.utils.module_loading import import_string

from shop.checkout.delivery import DeliveryOption, delivery_option, pickup_store
from shop.checkout.protocol import (
    CardInput,
    ChallengeRequired,
    CheckoutRun,
    CheckoutStep,
    Visitor,
)
from shop.checkout.snapshot import freeze, thaw
from shop.models import Cart, Checkout, Customer, Order, Payment
from shop.refusals import RefusalCode, Refused
from shop.selectors.carts import PricedCart, price_cart, usable_coupon

log = logging.getLogger(__name__)
ADULT_AGE = 21
STUCK_AFTER = timedelta(minutes=10)
WAIT_SECONDS = 8.0
"""How long a repeated request waits for the first one's outcome."""
KEY_LENGTH = range(8, 65)
OPEN = (Checkout.State.RUNNING, Checkout.State.CHALLENGE)


@dataclass(frozen=True)
class CheckoutInput:
    """What the shopper sent. ``expected_total`` is the total on the page they confirmed.

    ``pickup_store`` is a channel's code, for the delivery option ``pickup``. To answer a bank's
    question, send the same ``idempotency_key`` with ``challenge_answer``; the rest is remembered.
    """

    idempotency_key: str
    email: str
    address: dict
    delivery: str
    card: CardInput
    expected_total: Decimal | None
    visitor: Visitor
    birth_date: date | None = None
    challenge_answer: str = ""
    pickup_store: str = ""


@dataclass(frozen=True)
class Outcome:
    """``order`` when it is placed, or ``prompt`` when the bank asks for a confirmation."""

    checkout: Checkout
    order: Order | None = None
    prompt: str = ""


def steps() -> list[CheckoutStep]:
    """The steps the settings name, in order."""
    return [import_string(path)() for path in settings.CHECKOUT_STEPS]


def adult_age() -> int:
    """Years of age from which age-gated goods are sold."""
    return int(getattr(settings, "ADULT_AGE", ADULT_AGE))


def find(*, cart: Cart, idempotency_key: str) -> Checkout | None:
    """Return this cart's attempt with this key, if there is one."""
    return Checkout.objects.filter(idempotency_key=_stored_key(cart, idempotency_key)).first()


def outcome(*, cart: Cart, idempotency_key: str) -> Outcome:
    """Return what became of this cart's attempt with this key. Raises Refused as it was refused."""
    if find(cart=cart, idempotency_key=idempotency_key) is None:
        raise Refused(RefusalCode.NOT_FOUND)
    return _outcome_of(_stored_key(cart, idempotency_key))


def run(*, cart: Cart, customer: Customer | None, given: CheckoutInput) -> Outcome:
    """Run or resume a checkout. Raises Refused; then nothing is charged and no stock is held."""
    key = _stored_key(cart, given.idempotency_key)
    checkout, resumed = _claim(key, cart, customer, given)
    if checkout is None:
        return _outcome_of(key)
    if resumed:
        state = thaw(checkout, visitor=given.visitor, challenge_answer=given.challenge_answer)
        return _run_steps(state)
    try:
        state = _open(checkout, cart, customer, given)
    except Refused as refusal:
        _refuse(checkout, refusal)
        raise
    return _run_steps(state)


def _stored_key(cart: Cart, key: str) -> str:
    if len(key) not in KEY_LENGTH or not key.isascii() or not key.isprintable():
        raise Refused(RefusalCode.INVALID_INPUT)
    return f"{cart.pk}:{key}"


def _claim(
    key: str, cart: Cart, customer: Customer | None, given: CheckoutInput
) -> tuple[Checkout | None, bool]:
    """Make the attempt ours and say whether it is a resumed one; None when it is not ours."""
    if not Checkout.objects.filter(idempotency_key=key).exists():
        try:
            with transaction.atomic():
                made = Checkout.objects.create(idempotency_key=key, cart=cart, customer=customer)
            return made, False
        except IntegrityError:
            log.info("a second request met a running checkout")
    if given.challenge_answer:
        taken = Checkout.objects.filter(idempotency_key=key, state=Checkout.State.CHALLENGE).update(
            state=Checkout.State.RUNNING, updated_at=timezone.now()
        )
        if taken:
            return Checkout.objects.select_related("customer").get(idempotency_key=key), True
    return None, False


def _outcome_of(key: str) -> Outcome:
    """Return what became of an attempt that somebody else runs, waiting a little for it."""
    until = time.monotonic() + WAIT_SECONDS
    while True:
        known = Checkout.objects.select_related("order").get(idempotency_key=key)
        if known.state == Checkout.State.PLACED:
            return Outcome(known, order=known.order)
        if known.state == Checkout.State.CHALLENGE:
            return Outcome(known, prompt=known.details.get("prompt", ""))
        if known.state == Checkout.State.REFUSED:
            raise Refused(RefusalCode(known.refusal_code), **known.refusal_data)
        if time.monotonic() > until:
            raise Refused(RefusalCode.ALREADY_RUNNING)
        time.sleep(0.1)


def _open(
    checkout: Checkout, cart: Cart, customer: Customer | None, given: CheckoutInput
) -> CheckoutRun:
    """Price the cart, check what was asked for and record it."""
    priced = price_cart(cart, customer)
    _check(priced, customer, given)
    option = delivery_option(given.delivery, priced.subtotal)
    total = priced.subtotal + option.fee
    if given.expected_total is not None and given.expected_total != total:
        raise Refused(RefusalCode.PRICE_CHANGED)
    state = CheckoutRun(
        checkout=checkout,
        customer=customer,
        email=given.email,
        lines=priced.lines,
        subtotal=priced.subtotal,
        delivery_fee=option.fee,
        total=total,
        address=_destination(option, customer, given),
        delivery_option=option.code,
        delivery_date=option.arrives_on,
        card=given.card,
        visitor=given.visitor,
        coupon_codes=list(priced.applied),
        notes={"coupons": priced.applied},
    )
    checkout.total, checkout.details = total, freeze(state)
    checkout.save(update_fields=["total", "details", "updated_at"])
    return state


def _destination(option: DeliveryOption, customer: Customer | None, given: CheckoutInput) -> dict:
    if not option.is_pickup:
        return given.address
    store = pickup_store(given.pickup_store, customer)
    return {
        "recipient": given.address.get("recipient", ""),
        "phone": given.address.get("phone", ""),
        "pickup": store.code,
        "store_en": store.name_en,
        "store_zh": store.name_zh,
    }


def _check(priced: PricedCart, customer: Customer | None, given: CheckoutInput) -> None:
    if not priced.items:
        raise Refused(RefusalCode.CART_EMPTY)
    if priced.problems:
        raise priced.problems[0]
    for code in priced.applied:
        usable_coupon(code, customer, email=given.email)
    for item in priced.items:
        variant = item.line.variant
        if not (variant.product.is_active and variant.is_active):
            raise Refused(RefusalCode.NOT_ON_SALE, title=str(variant.product))
    born = (customer and customer.birth_date) or given.birth_date
    if is_age_gated(priced) and not is_adult(born):
        raise Refused(RefusalCode.AGE_REQUIRED, age=adult_age())


def is_age_gated(priced: PricedCart) -> bool:
    return any(item.line.variant.product.category.age_gated for item in priced.items)


def needs_birth_date(priced: PricedCart, customer: Customer | None) -> bool:
    """Whether the shopper must say when they were born."""
    return is_age_gated(priced) and not (customer and customer.birth_date)


def is_adult(born: date | None) -> bool:
    """Whether somebody born on that day has had the birthday that counts; unknown is no."""
    if born is None:
        return False
    today = timezone.localdate()
    had_birthday = (today.month, today.day) >= (born.month, born.day)
    return today.year - born.year - (0 if had_birthday else 1) >= adult_age()


def _run_steps(state: CheckoutRun) -> Outcome:
    done: list[CheckoutStep] = []
    try:
        for step in steps():
            done.append(step)
            step.run(state)
    except ChallengeRequired as challenge:
        return _wait_for_answer(done, state, challenge.prompt)
    except Refused as refusal:
        _undo(done, state)
        _refuse(state.checkout, refusal)
        raise
    except Exception:
        log.exception("checkout %s failed in a step", state.checkout.uuid)
        state.checkout.refresh_from_db()
        if state.checkout.order is not None:
            # What failed came after the commit: the order stands.
            return Outcome(state.checkout, order=state.checkout.order)
        _undo(done, state)
        failure = Refused(RefusalCode.CHECKOUT_FAILED)
        _refuse(state.checkout, failure)
        raise failure from None
    return Outcome(state.checkout, order=state.order)


def _wait_for_answer(done: list[CheckoutStep], state: CheckoutRun, prompt: str) -> Outcome:
    state.checkout.details = {**state.checkout.details, "prompt": prompt}
    taken = Checkout.objects.filter(pk=state.checkout.pk, state=Checkout.State.RUNNING).update(
        state=Checkout.State.CHALLENGE, details=state.checkout.details, updated_at=timezone.now()
    )
    if not taken:
        # The clean-up took this attempt for dead meanwhile.
        _undo(done, state)
        raise Refused(RefusalCode.CHECKOUT_FAILED)
    state.checkout.state = Checkout.State.CHALLENGE
    return Outcome(state.checkout, prompt=prompt)


def _undo(done: list[CheckoutStep], state: CheckoutRun) -> None:
    for step in reversed(done):
        try:
            step.undo(state)
        except Exception:
            # Every other step must still be undone; what failed is swept up by recover_stuck.
            log.exception("undoing a step of checkout %s failed", state.checkout.uuid)


def _refuse(checkout: Checkout, refusal: Refused) -> None:
    checkout.state = Checkout.State.REFUSED
    checkout.refusal_code, checkout.refusal_data = refusal.code.value, refusal.data
    Checkout.objects.filter(pk=checkout.pk, order=None).update(
        state=checkout.state,
        refusal_code=checkout.refusal_code,
        refusal_data=checkout.refusal_data,
        updated_at=timezone.now(),
    )


def recover_stuck(*, older_than: timedelta = STUCK_AFTER) -> int:
    """Undo attempts that a crash, or a shopper who never answered the bank, left open.

    Returns how many. An order is written in one transaction together with its checkout's state, so
    an open attempt has none: its charge is given back and its stock released. Charges of refused
    attempts that could not be given back at the time are given back now.
    """
    before = timezone.now() - older_than
    count = 0
    for checkout in Checkout.objects.filter(state__in=OPEN, updated_at__lt=before):
        # Only one process may take it, and only if nobody has gone on with it meanwhile.
        taken = Checkout.objects.filter(
            pk=checkout.pk, state=checkout.state, updated_at=checkout.updated_at
        ).update(
            state=Checkout.State.REFUSED,
            refusal_code=RefusalCode.CHECKOUT_FAILED.value,
            updated_at=timezone.now(),
        )
        if taken:
            _undo(steps(), thaw(checkout))
            count += 1
    return count + _void_left_charges(before)


def _void_left_charges(before: datetime) -> int:
    left = Payment.objects.filter(
        order=None, checkout__state=Checkout.State.REFUSED, checkout__updated_at__lt=before
    ).exclude(state__in=[Payment.State.VOIDED, Payment.State.DECLINED])
    count = 0
    for payment in left.select_related("checkout__customer"):
        _undo(steps(), thaw(payment.checkout))
        count += 1
    return count
