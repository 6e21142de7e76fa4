"""The cart of whoever asks: a customer's, or a guest's in the session."""

from drf_spectacular.utils import extend_schema
from rest_framework import serializers, status
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.throttling import ScopedRateThrottle

from shop.api.base import Id, Money, ShopView, Text, optional
from shop.api.outputs import ProductRefOut
from shop.checkout.delivery import FREE_FROM, missing_for_free
from shop.models import Cart
from shop.refusals import RefusalCode, Refused
from shop.selectors import carts as selectors
from shop.selectors.carts import MAX_QUANTITY, PricedCart
from shop.services import carts
from shop.services.checkout import is_age_gated


class LineOut(serializers.Serializer):
    """A line; sums are of the whole line, prices per unit."""

    id = serializers.IntegerField(source="line.pk")
    variant = serializers.IntegerField(source="line.variant_id")
    sku = serializers.CharField(source="line.variant.sku")
    label = serializers.CharField(source="line.variant.label")  # type: ignore[assignment]
    product = ProductRefOut(source="line.variant.product")
    quantity = serializers.IntegerField(source="line.quantity")
    list_price = Money(source="offer.list_price")
    price = Money(source="offer.price")
    deal_ends_at = serializers.DateTimeField(source="offer.deal_ends_at", allow_null=True)
    discount = Money(source="priced.discount")
    coupon_discount = Money(source="priced.coupon_discount")
    total = Money(source="priced.total")
    available = serializers.IntegerField(source="offer.availability.total")
    short = serializers.BooleanField(help_text="More is asked for than there is.")
    on_sale = serializers.BooleanField()


class AppliedCouponOut(serializers.Serializer):
    code = serializers.CharField()
    discount = Money()


class ProblemOut(serializers.Serializer):
    code = serializers.CharField()
    message = serializers.CharField()


class CartOut(serializers.Serializer):
    """The cart as it is priced now; ``subtotal`` is what its lines cost without delivery."""

    lines = LineOut(many=True, source="items")
    saved = LineOut(many=True, help_text="Set aside for later; not part of the sums.")
    units = serializers.IntegerField()
    list_total = Money()
    discount = Money()
    coupon_discount = Money()
    subtotal = Money()
    coupons = serializers.SerializerMethodField()
    problems = ProblemOut(many=True, help_text="Coupons that do not apply, and why.")
    blocked = serializers.BooleanField(help_text="Something in it cannot be bought as it stands.")
    free_delivery_from = serializers.SerializerMethodField()
    missing_for_free_delivery = serializers.SerializerMethodField()
    for_adults = serializers.SerializerMethodField(
        help_text="The checkout asks for a date of birth."
    )

    def get_coupons(self, priced: PricedCart) -> AppliedCouponOut(many=True):  # type: ignore[valid-type]
        rows = [{"code": code, "discount": off} for code, off in priced.applied.items()]
        return AppliedCouponOut(rows, many=True).data

    def get_free_delivery_from(self, priced: PricedCart) -> str:
        return str(FREE_FROM)

    def get_missing_for_free_delivery(self, priced: PricedCart) -> str:
        return str(missing_for_free(priced.subtotal))

    def get_for_adults(self, priced: PricedCart) -> bool:
        return is_age_gated(priced)


class LineIn(serializers.Serializer):
    variant = Id()
    quantity = serializers.IntegerField(min_value=1, max_value=MAX_QUANTITY, default=1)
    surface = optional(40, help_text="Where the shopper found it; recorded with the event.")


class LineChangeIn(serializers.Serializer):
    quantity = serializers.IntegerField(
        min_value=0, max_value=MAX_QUANTITY, required=False, help_text="0 takes the line out."
    )
    saved_for_later = serializers.BooleanField(required=False)


class CouponIn(serializers.Serializer):
    code = Text(40)


class CartView(ShopView):
    """The cart; the views of its lines and coupons answer with it as well."""

    def cart(self) -> Cart:
        cart = selectors.find(self.plain)
        if cart is None:
            raise Refused(RefusalCode.NOT_FOUND)
        return cart

    def priced(self, code: int = status.HTTP_200_OK) -> Response:
        """Read the cart again: what was just changed is in it."""
        priced = selectors.price_cart(selectors.find(self.plain), self.customer)
        return Response(CartOut(priced).data, status=code)


class CartDetail(CartView):
    @extend_schema(operation_id="cart_retrieve", responses=CartOut)
    def get(self, request: Request) -> Response:
        """The cart with today's prices; an empty one when there is none."""
        return self.priced()


class LineList(CartView):
    @extend_schema(operation_id="cart_add", request=LineIn, responses={201: CartOut})
    def post(self, request: Request) -> Response:
        """Put units of a variant into the cart; what is there already counts."""
        given = self.body(LineIn)
        carts.add(
            cart=carts.own_cart(self.plain),
            variant_id=given["variant"],
            quantity=given["quantity"],
            visitor=self.visitor,
            surface=given["surface"] or "api",
        )
        return self.priced(status.HTTP_201_CREATED)


class LineDetail(CartView):
    @extend_schema(operation_id="cart_change", request=LineChangeIn, responses=CartOut)
    def patch(self, request: Request, line: int) -> Response:
        """Change a line's quantity, set it aside for later, or bring it back."""
        given = self.body(LineChangeIn)
        carts.change(cart=self.cart(), line_id=line, **given)
        return self.priced()

    @extend_schema(operation_id="cart_remove", request=None, responses={200: CartOut})
    def delete(self, request: Request, line: int) -> Response:
        """Take a line out."""
        carts.remove(cart=self.cart(), line_id=line)
        return self.priced()


class CouponList(CartView):
    throttle_classes = [*ShopView.throttle_classes, ScopedRateThrottle]
    throttle_scope = "coupons"

    @extend_schema(operation_id="coupons_add", request=CouponIn, responses={201: CartOut})
    def post(self, request: Request) -> Response:
        """Enter a coupon code."""
        code = self.body(CouponIn)["code"]
        carts.add_coupon(cart=self.cart(), code=code, customer=self.customer)
        return self.priced(status.HTTP_201_CREATED)


class CouponDetail(CartView):
    @extend_schema(operation_id="coupons_remove", request=None, responses={200: CartOut})
    def delete(self, request: Request, code: str) -> Response:
        """Take a coupon out; one that is not in the cart is no error."""
        carts.remove_coupon(cart=self.cart(), code=code)
        return self.priced()
