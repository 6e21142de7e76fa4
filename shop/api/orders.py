"""Orders: history, one order, cancelling, buying again, returns, the invoice."""

from typing import Any

from django.http import HttpRequest, HttpResponse
from django.utils.decorators import method_decorator
from django.views.decorators.cache import never_cache
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework import generics, serializers, status
from rest_framework.permissions import IsAuthenticated
from rest_framework.renderers import BaseRenderer, JSONRenderer
from rest_framework.request import Request
from rest_framework.response import Response

from shop.api.base import Id, Money, ShopView, optional
from shop.api.cart import CartOut
from shop.api.outputs import ProductRefOut
from shop.checkout.delivery import delivery_label
from shop.models import Order, OrderLine, Payment, ReturnRequest, User
from shop.selectors import carts as cart_selectors
from shop.selectors import orders as selectors
from shop.services import accounts, carts, orders, returns
from shop.services.invoice import render_invoice

TOKEN = OpenApiParameter(
    "token",
    str,
    required=False,
    description="From the link in the confirmation mail; opens a guest's order.",
)


class OrderRowOut(serializers.Serializer):
    number = serializers.CharField()
    status = serializers.ChoiceField(choices=Order.Status.choices)
    status_label = serializers.CharField(source="get_status_display")
    placed_at = serializers.DateTimeField()
    total = Money()
    refunded = Money()
    line_count = serializers.IntegerField()
    unit_count = serializers.IntegerField(allow_null=True)
    channel = serializers.CharField(source="channel.name")
    delivery_date = serializers.DateField(allow_null=True)


class OrderLineOut(serializers.Serializer):
    id = serializers.IntegerField()
    variant = serializers.IntegerField(source="variant_id")
    sku = serializers.CharField(source="variant.sku")
    label = serializers.CharField(source="variant.label")  # type: ignore[assignment]
    product = ProductRefOut(source="variant.product")
    quantity = serializers.IntegerField()
    unit_price = Money()
    discount = Money()
    coupon_discount = Money()
    total = Money()
    returnable = serializers.IntegerField(help_text="Units that can still be returned.")


class TrackOut(serializers.Serializer):
    status = serializers.CharField()
    label = serializers.CharField()  # type: ignore[assignment]
    at = serializers.DateTimeField(allow_null=True, help_text="Null until it is reached.")
    note = serializers.CharField()


class PaymentOut(serializers.Serializer):
    state = serializers.ChoiceField(choices=Payment.State.choices)
    amount = Money()
    card_brand = serializers.CharField()
    card_last4 = serializers.CharField()


class ReturnLineOut(serializers.Serializer):
    line = serializers.IntegerField(source="order_line_id")
    quantity = serializers.IntegerField()


class ReturnOut(serializers.Serializer):
    id = serializers.IntegerField()
    state = serializers.ChoiceField(choices=ReturnRequest.State.choices)
    state_label = serializers.CharField(source="get_state_display")
    reason = serializers.CharField()
    comment = serializers.CharField()
    amount = Money(help_text="What is paid back once the goods are here.")
    created_at = serializers.DateTimeField()
    lines = ReturnLineOut(many=True)


class OrderOut(serializers.Serializer):
    """One order. Amounts never change after it was placed; ``refunded`` grows."""

    number = serializers.CharField(source="order.number")
    status = serializers.ChoiceField(choices=Order.Status.choices, source="order.status")
    status_label = serializers.CharField(source="order.get_status_display")
    placed_at = serializers.DateTimeField(source="order.placed_at")
    email = serializers.CharField(source="order.email")
    language = serializers.CharField(source="order.language")
    channel = serializers.CharField(source="order.channel.name")
    address = serializers.DictField(
        source="order.address", child=serializers.CharField(allow_blank=True)
    )
    delivery = serializers.CharField(source="order.delivery_option")
    delivery_label = serializers.CharField()
    delivery_date = serializers.DateField(source="order.delivery_date", allow_null=True)
    subtotal = Money(source="order.subtotal")
    discount = Money(source="order.discount")
    delivery_fee = Money(source="order.delivery_fee")
    total = Money(source="order.total")
    refunded = Money(source="order.refunded")
    lines = OrderLineOut(many=True)
    tracking = TrackOut(many=True)
    payments = PaymentOut(many=True)
    returns = ReturnOut(many=True)
    can_cancel = serializers.BooleanField()
    can_return = serializers.BooleanField()


class ReorderOut(serializers.Serializer):
    added = serializers.IntegerField(help_text="Lines that are in the cart now.")
    missing = serializers.ListField(
        child=serializers.CharField(), help_text="Titles that cannot be had now."
    )
    cart = CartOut()


class ReturnLineIn(serializers.Serializer):
    line = Id(help_text="Id of a line of the order.")
    quantity = serializers.IntegerField(min_value=1, max_value=2**31 - 1)


class ReturnIn(serializers.Serializer):
    reason = serializers.ChoiceField(choices=returns.REASONS)
    comment = optional(2000)
    lines = ReturnLineIn(many=True, allow_empty=False)

    def validate_lines(self, lines: list[dict]) -> list[dict]:
        if len({row["line"] for row in lines}) != len(lines):
            raise serializers.ValidationError("A line can be named once.")
        return lines


def order_answer(request: HttpRequest, number: str, token: str = "") -> dict[str, Any]:
    """What :class:`OrderOut` shows of an order of the visitor's own; any other is not found."""
    order = selectors.find(request, number, token)
    left = returns.returnable(order)
    return {
        "order": order,
        "delivery_label": delivery_label(order.delivery_option),
        "lines": _with_returnable(order, left),
        "tracking": selectors.tracking(order),
        "payments": order.payments.all(),
        "returns": order.returns.prefetch_related("lines"),
        "can_cancel": order.status in orders.CANCELLABLE,
        "can_return": bool(left),
    }


def _with_returnable(order: Order, left: dict[int, int]) -> list[OrderLine]:
    lines = list(order.lines.all())
    for line in lines:
        line.returnable = left.get(line.pk, 0)  # type: ignore[attr-defined]
    return lines


class OrderList(generics.ListAPIView):
    """The customer's orders, newest first."""

    serializer_class = OrderRowOut
    permission_classes = [IsAuthenticated]
    queryset = Order.objects.none()
    filter_backends: list = []

    def get_queryset(self):
        return selectors.history(self.request._request.customer)  # type: ignore[attr-defined]


class OrderView(ShopView):
    """An order of the visitor's own: of the account, the session, or by the mail's token."""

    def order(self, number: str) -> Order:
        return selectors.find(self.plain, number)

    def answer(self, number: str, token: str = "") -> Response:
        return Response(OrderOut(order_answer(self.plain, number, token)).data)


@method_decorator(never_cache, name="dispatch")
class OrderDetail(OrderView):
    @extend_schema(operation_id="orders_retrieve", parameters=[TOKEN], responses=OrderOut)
    def get(self, request: Request, number: str) -> Response:
        """One order: lines, sums, tracking, payments, returns."""
        token = request.query_params.get("token", "")[:64]
        response = self.answer(number, token)
        if token:
            accounts.remember_order(self.plain, selectors.find(self.plain, number, token))
        return response


class OrderCancel(OrderView):
    @extend_schema(operation_id="orders_cancel", request=None, responses=OrderOut)
    def post(self, request: Request, number: str) -> Response:
        """Cancel an order that is not packed yet; it is paid back."""
        by = request.user if isinstance(request.user, User) else None
        orders.cancel(order=self.order(number), by=by)
        return self.answer(number)


class OrderReorder(OrderView):
    @extend_schema(operation_id="orders_reorder", request=None, responses=ReorderOut)
    def post(self, request: Request, number: str) -> Response:
        """Put the order's lines into the cart, as far as they can be had."""
        order = self.order(number)
        added, missing = orders.reorder(order=order, cart=carts.own_cart(self.plain))
        cart = cart_selectors.price_cart(cart_selectors.find(self.plain), self.customer)
        return Response(ReorderOut({"added": added, "missing": missing, "cart": cart}).data)


class OrderReturns(OrderView):
    @extend_schema(operation_id="returns_create", request=ReturnIn, responses={201: ReturnOut})
    def post(self, request: Request, number: str) -> Response:
        """Ask to return units of an order that was shipped."""
        order = self.order(number)
        given = self.body(ReturnIn)
        made = returns.request_return(
            order=order,
            quantities={row["line"]: row["quantity"] for row in given["lines"]},
            reason=given["reason"],
            comment=given["comment"],
            visitor=self.visitor,
        )
        return Response(ReturnOut(made).data, status=status.HTTP_201_CREATED)


class PDFRenderer(BaseRenderer):
    media_type = "application/pdf"
    format = "pdf"
    charset = None
    render_style = "binary"

    def render(self, data: bytes, *args: Any, **kwargs: Any) -> bytes:
        return data


class OrderInvoice(OrderView):
    renderer_classes = [PDFRenderer, JSONRenderer]

    @extend_schema(
        operation_id="orders_invoice",
        responses={(200, "application/pdf"): OpenApiTypes.BINARY},
    )
    def get(self, request: Request, number: str) -> HttpResponse:
        """The order's invoice as PDF, in the language of the request."""
        order = self.order(number)
        response = HttpResponse(render_invoice(order), content_type="application/pdf")
        response["Content-Disposition"] = f'inline; filename="{order.number}.pdf"'
        return response

    def handle_exception(self, exc: Exception) -> Response:
        self.request.accepted_renderer = JSONRenderer()
        self.request.accepted_media_type = JSONRenderer.media_type
        return super().handle_exception(exc)
