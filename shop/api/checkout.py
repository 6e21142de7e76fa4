"""The checkout: what can be chosen, one attempt to buy, the answer to a bank's question."""

from datetime import date
from typing import Any

from django.utils import timezone
from django.utils.decorators import method_decorator
from django.utils.translation import gettext_lazy as _
from django.views.decorators.cache import never_cache
from drf_spectacular.utils import extend_schema
from rest_framework import serializers, status
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.throttling import ScopedRateThrottle

from shop.api.base import Id, Money, ShopView, Text, optional
from shop.api.cart import CartOut, CartView
from shop.api.orders import OrderOut, order_answer
from shop.api.people import AddressFields
from shop.checkout.delivery import PICKUP, RATES, delivery_options, pickup_stores
from shop.checkout.protocol import CardInput
from shop.checkout.snapshot import NO_CARD
from shop.models import Customer
from shop.payments.cards import card_valid
from shop.refusals import RefusalCode, Refused
from shop.selectors.carts import price_cart
from shop.services import accounts
from shop.services import checkout as service
from shop.services.accounts import AddressInput, plausible_birth_date
from shop.views.requests import visitor_of

CODES = [rate[0] for rate in RATES]


class DeliveryOptionOut(serializers.Serializer):
    code = serializers.ChoiceField(choices=CODES)
    label = serializers.CharField()  # type: ignore[assignment]
    fee = Money()
    arrives_on = serializers.DateField()
    total = Money(help_text="What the order costs with this option: the `expected_total`.")


class StoreOut(serializers.Serializer):
    code = serializers.CharField()
    name = serializers.CharField()


class ChoicesOut(serializers.Serializer):
    """What the checkout page offers."""

    cart = CartOut()
    delivery = DeliveryOptionOut(many=True)
    stores = StoreOut(many=True, help_text="Where an order can be picked up.")
    needs_birth_date = serializers.BooleanField()
    email = serializers.CharField(help_text="The customer's; empty for guests.")


class CardIn(serializers.Serializer):
    number = Text(40, write_only=True)
    expiry = Text(10, write_only=True, help_text="MM/YY or MM/YYYY")
    code = Text(8, write_only=True)
    holder = optional(120, write_only=True)

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        if not card_valid(CardInput(**attrs), timezone.localdate()):
            raise serializers.ValidationError(RefusalCode.PAYMENT_INVALID.label)
        return attrs


class AddressIn(AddressFields):
    """Where the order goes. For a pick-up the recipient's name is enough."""


class CheckoutIn(serializers.Serializer):
    """One attempt. Sending the same key again makes no second order; it answers with the first."""

    idempotency_key = serializers.RegexField(
        r"^[!-~]{8,64}$", help_text="Your own random text, new for every attempt."
    )
    email = serializers.EmailField(max_length=254)
    delivery = serializers.ChoiceField(choices=CODES)
    pickup_store = optional(40, help_text="Code of a store, for `pickup`.")
    address = AddressIn(required=False)
    saved_address = Id(required=False, help_text="Id of one of the customer's addresses.")
    save_address = serializers.BooleanField(default=False)
    card = CardIn()
    expected_total = Money(
        min_value=0, help_text="The total that the shopper has seen; any other is refused."
    )
    birth_date = serializers.DateField(
        required=False, help_text="For goods that are sold to adults."
    )

    def validate_birth_date(self, born: date) -> date:
        if not plausible_birth_date(born):
            raise serializers.ValidationError(_("Please enter a date of birth in the past."))
        return born

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        if attrs["delivery"] == PICKUP:
            if not attrs["pickup_store"]:
                raise serializers.ValidationError({"pickup_store": _("Please choose a store.")})
        elif "address" not in attrs and "saved_address" not in attrs:
            raise serializers.ValidationError({"address": _("Where shall it be delivered?")})
        return attrs


class AnswerIn(serializers.Serializer):
    answer = Text(40, help_text="What the shopper answers to the bank's question.")


class OutcomeOut(serializers.Serializer):
    """What became of an attempt: an order, or a question of the bank."""

    state = serializers.ChoiceField(choices=["placed", "challenge"])
    prompt = serializers.CharField(help_text="The bank's question; empty unless `challenge`.")
    order = OrderOut(allow_null=True)


class _CheckoutView(CartView):
    throttle_classes = [*ShopView.throttle_classes, ScopedRateThrottle]
    throttle_scope = "checkout"

    def outcome(self, outcome: service.Outcome) -> Response:
        order: dict[str, Any] | None = None
        code: int = status.HTTP_202_ACCEPTED
        if outcome.order is not None:
            accounts.remember_order(self.plain, outcome.order)
            order = order_answer(self.plain, outcome.order.number)
            code = status.HTTP_201_CREATED
        answer = {
            "state": "placed" if order else "challenge",
            "prompt": outcome.prompt,
            "order": order,
        }
        return Response(OutcomeOut(answer).data, status=code)


@method_decorator(never_cache, name="dispatch")
class CheckoutView(_CheckoutView):
    @extend_schema(operation_id="checkout_choices", responses=ChoicesOut)
    def get(self, request: Request) -> Response:
        """What there is to choose: delivery options with totals, stores, the age question."""
        customer = self.customer
        priced = price_cart(self.cart(), customer)
        stores = pickup_stores()
        options = [
            {
                "code": option.code,
                "label": option.label,
                "fee": option.fee,
                "arrives_on": option.arrives_on,
                "total": priced.subtotal + option.fee,
            }
            for option in delivery_options(priced.subtotal)
            if stores or not option.is_pickup
        ]
        answer = {
            "cart": priced,
            "delivery": options,
            "stores": stores,
            "needs_birth_date": service.needs_birth_date(priced, customer),
            "email": customer.user.email if customer and customer.user else "",
        }
        return Response(ChoicesOut(answer).data)

    @extend_schema(
        operation_id="checkout_create",
        request=CheckoutIn,
        responses={201: OutcomeOut, 202: OutcomeOut},
    )
    def post(self, request: Request) -> Response:
        """Buy what is in the cart.

        201 is an order; 202 is a question of the bank, to be answered at
        `/checkout/{idempotency_key}/answer/`; a refusal (409) has charged nothing and its key is
        used up.
        """
        given = self.body(CheckoutIn)
        customer = self.customer
        address = self._destination(given, customer)
        outcome = service.run(
            cart=self.cart(),
            customer=customer,
            given=service.CheckoutInput(
                idempotency_key=given["idempotency_key"],
                email=given["email"],
                address=vars(address).copy() if address else {},
                delivery=given["delivery"],
                pickup_store=given["pickup_store"],
                card=CardInput(**given["card"]),
                expected_total=given["expected_total"],
                visitor=visitor_of(self.plain),
                birth_date=given.get("birth_date"),
            ),
        )
        if customer and given["save_address"] and "address" in given and address:
            accounts.keep_address(customer=customer, given=address)
        return self.outcome(outcome)

    def _destination(self, given: dict, customer: Customer | None) -> AddressInput | None:
        if "saved_address" in given and given["delivery"] != PICKUP:
            if customer is None:
                raise Refused(RefusalCode.NOT_FOUND)
            return accounts.as_input(accounts.address_of(customer, given["saved_address"]))
        return AddressInput(**given["address"]) if "address" in given else None


@method_decorator(never_cache, name="dispatch")
class CheckoutOutcome(_CheckoutView):
    throttle_scope = "outcomes"

    @extend_schema(operation_id="checkout_outcome", responses={201: OutcomeOut, 202: OutcomeOut})
    def get(self, request: Request, key: str) -> Response:
        """What became of the attempt with this key; a refused one is refused again."""
        return self.outcome(service.outcome(cart=self.cart(), idempotency_key=key))


class CheckoutAnswer(_CheckoutView):
    @extend_schema(operation_id="checkout_answer", request=AnswerIn, responses={201: OutcomeOut})
    def post(self, request: Request, key: str) -> Response:
        """Answer the bank's question; the attempt goes on where it waits."""
        answer = self.body(AnswerIn)["answer"]
        cart = self.cart()
        if service.find(cart=cart, idempotency_key=key) is None:
            raise Refused(RefusalCode.NOT_FOUND)
        outcome = service.run(
            cart=cart,
            customer=self.customer,
            given=service.CheckoutInput(
                idempotency_key=key,
                email="",
                address={},
                delivery="",
                card=NO_CARD,
                expected_total=None,
                visitor=visitor_of(self.plain),
                challenge_answer=answer,
            ),
        )
        return self.outcome(outcome)
