"""The shop's own checkout steps: take the payment, write the order."""

import secrets
from collections import Counter
from datetime import datetime

from django.db import transaction
from django.db.models import F
from django.utils import timezone

from foundation import outbox
from shop import events
from shop.checkout.protocol import ChallengeRequired, CheckoutRun
from shop.models import (
    Cart,
    Channel,
    Checkout,
    Coupon,
    CouponRedemption,
    Event,
    Order,
    OrderEvent,
    OrderLine,
    Payment,
    Product,
)
from shop.models.base import ZERO
from shop.payments.cards import brand_of
from shop.payments.fingerprint import card_fingerprint, digits_of
from shop.payments.provider import (
    CardInvalid,
    Charge,
    PaymentProvider,
    ProviderTimeout,
    get_provider,
)
from shop.privacy import consent
from shop.refusals import RefusalCode, Refused
from shop.selectors.carts import usable_coupon
from shop.signals import order_placed

NUMBER_ALPHABET = "23456789ABCDEFGHJKLMNPQRSTUVWXYZ"


class TakePayment:
    """Charge the card once per checkout: the checkout's uuid is the provider's idempotency key."""

    def run(self, run: CheckoutRun) -> None:
        provider, key = get_provider(), str(run.checkout.uuid)
        payment, _ = Payment.objects.get_or_create(
            checkout=run.checkout,
            defaults={
                "provider": provider.name,
                "amount": run.total,
                "card_brand": brand_of(run.card.number),
                "card_last4": digits_of(run.card.number)[-4:],
                "card_fingerprint": card_fingerprint(run.card.number),
            },
        )
        if payment.state == Payment.State.CAPTURED:
            return
        challenged = payment.state == Payment.State.CHALLENGE
        try:
            if challenged:
                charge = provider.confirm(key=key, answer=run.challenge_answer)
            else:
                charge = self._charge(provider, key, run)
        except ProviderTimeout as error:
            raise Refused(RefusalCode.PAYMENT_TIMEOUT) from error
        except CardInvalid as error:
            raise self._declined(payment, RefusalCode.PAYMENT_INVALID) from error
        payment.reference, payment.state = charge.reference, charge.state
        payment.save(update_fields=["reference", "state", "updated_at"])
        if charge.state == Payment.State.CHALLENGE:
            raise ChallengeRequired(charge.prompt)
        if charge.state != Payment.State.CAPTURED:
            wrong = RefusalCode.PAYMENT_CHALLENGE_FAILED
            raise self._declined(payment, wrong if challenged else RefusalCode.PAYMENT_DECLINED)

    def _declined(self, payment: Payment, code: RefusalCode) -> Refused:
        payment.state, payment.failure_code = Payment.State.DECLINED, code.value
        payment.save(update_fields=["state", "failure_code", "updated_at"])
        return Refused(code)

    def _charge(self, provider: PaymentProvider, key: str, run: CheckoutRun) -> Charge:
        try:
            return provider.charge(key=key, amount=run.total, card=run.card)
        except ProviderTimeout:
            # Asking again with the same key tells whether the money has moved.
            return provider.charge(key=key, amount=run.total, card=run.card)

    def undo(self, run: CheckoutRun) -> None:
        payment = Payment.objects.filter(checkout=run.checkout).first()
        if payment is None or payment.order_id:
            return
        get_provider().void(key=str(run.checkout.uuid))
        if payment.state != Payment.State.DECLINED:
            payment.state = Payment.State.VOIDED
            payment.save(update_fields=["state", "updated_at"])

    def placed(self, run: CheckoutRun, order: Order) -> None:
        Payment.objects.filter(checkout=run.checkout).update(order=order)


class PlaceOrder:
    """Write the order, its lines and redemptions, and let every step follow, in one transaction."""

    def run(self, run: CheckoutRun) -> None:
        from shop.services.checkout import steps

        with transaction.atomic():
            now = timezone.now()
            order = self._order(run, now)
            OrderLine.objects.bulk_create(
                OrderLine(
                    order=order,
                    variant=line.variant,
                    quantity=line.quantity,
                    unit_price=line.unit_price,
                    discount=line.discount,
                    coupon_discount=line.coupon_discount,
                    total=line.total,
                )
                for line in run.lines
            )
            OrderEvent.objects.create(order=order, status=order.status, at=now)
            self._redeem(run, order, now)
            for step in steps():
                step.placed(run, order)
            self._close_checkout(run, order, now)
            self._clear_cart(run)
            self._count_units(run)
            order_placed.send(sender=Order, order=order)
            outbox.put("shop.order", str(order.pk), order_id=order.pk)
            transaction.on_commit(lambda: self._record(run, order))
        run.order = order
        run.checkout.order, run.checkout.state = order, Checkout.State.PLACED

    def _close_checkout(self, run: CheckoutRun, order: Order, now: datetime) -> None:
        """Only a running attempt may end in an order; one that was taken for dead may not."""
        closed = Checkout.objects.filter(
            pk=run.checkout.pk, state=Checkout.State.RUNNING, order=None
        ).update(state=Checkout.State.PLACED, order=order, updated_at=now)
        if not closed:
            raise Refused(RefusalCode.CHECKOUT_FAILED)

    def _order(self, run: CheckoutRun, now: datetime) -> Order:
        discounts = sum((line.discount + line.coupon_discount for line in run.lines), ZERO)
        status = Order.Status.ON_HOLD if run.hold_reasons else Order.Status.PLACED
        return Order.objects.create(
            number=new_number(now),
            customer=run.customer,
            channel=online_channel(),
            email=run.email,
            language=run.visitor.language,
            status=status,
            placed_at=now,
            subtotal=run.subtotal,
            discount=discounts,
            delivery_fee=run.delivery_fee,
            total=run.total,
            delivery_option=run.delivery_option,
            delivery_date=run.delivery_date,
            address=run.address,
            access_token=secrets.token_urlsafe(24),
        )

    def _redeem(self, run: CheckoutRun, order: Order, now: datetime) -> None:
        # In one order of codes, so that two checkouts never wait for each other.
        for code, discount in sorted(run.notes.get("coupons", {}).items()):
            # The lock makes the last use of a coupon one use; the check is repeated under it.
            if not Coupon.objects.select_for_update().filter(code=code).exists():
                raise Refused(RefusalCode.COUPON_UNKNOWN, code=code)
            coupon = usable_coupon(code, run.customer, email=run.email)
            CouponRedemption.objects.create(
                coupon=coupon,
                customer=run.customer,
                order=order,
                redeemed_at=now,
                discount=discount,
            )

    def _clear_cart(self, run: CheckoutRun) -> None:
        cart = Cart.objects.get(pk=run.checkout.cart_id)
        bought = [line.variant.pk for line in run.lines]
        cart.lines.filter(variant__in=bought, saved_for_later=False).delete()
        cart.coupon_codes = []
        cart.save(update_fields=["coupon_codes", "updated_at"])

    def _count_units(self, run: CheckoutRun) -> None:
        units: Counter[int] = Counter()
        for line in run.lines:
            units[line.variant.product_id] += line.quantity
        for product, sold in sorted(units.items()):
            Product.objects.filter(pk=product).update(units_sold=F("units_sold") + sold)

    def _record(self, run: CheckoutRun, order: Order) -> None:
        who = consent.trace_of(run.customer, run.visitor.key)
        for line in run.lines:
            events.record(
                Event.Kind.PURCHASE,
                visitor=who.visitor,
                customer_id=who.customer_id,
                product_id=line.variant.product_id,
                surface="checkout",
                data={
                    "variant": line.variant.pk,
                    "quantity": line.quantity,
                    "amount": str(line.total),
                },
            )

    def undo(self, run: CheckoutRun) -> None:
        """Nothing to undo: the transaction wrote all of it or nothing."""

    def placed(self, run: CheckoutRun, order: Order) -> None:
        """The order is this step's own work."""


def online_channel() -> Channel:
    """The channel that orders from the site belong to."""
    known = Channel.objects.filter(kind=Channel.Kind.ONLINE).order_by("position", "pk").first()
    if known is not None:
        return known
    return Channel.objects.get_or_create(
        code="online",
        defaults={
            "kind": Channel.Kind.ONLINE,
            "name_en": "Online shop",
            "name_zh": "网上商店",
        },
    )[0]


def new_number(at: datetime) -> str:
    """Return an order number that cannot be guessed from another, such as M-20261123-7F3K9Q."""
    tail = "".join(secrets.choice(NUMBER_ALPHABET) for _ in range(6))
    return f"M-{timezone.localtime(at, timezone.get_default_timezone()):%Y%m%d}-{tail}"
