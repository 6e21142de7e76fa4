"""What is in a cart and what it costs."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from decimal import Decimal

from django.db.models import Count, OuterRef, Q, QuerySet, Subquery
from django.db.models.functions import Coalesce
from django.http import HttpRequest
from django.utils import timezone

from shop.checkout.protocol import PricedLine
from shop.models import Cart, CartLine, Coupon, CouponRedemption, Customer
from shop.models.base import ZERO
from shop.pricing import Offer, offers, round_money
from shop.refusals import RefusalCode, Refused

CART_KEY = "cart"
MAX_QUANTITY = 99
MAX_LINES = 100


@dataclass(frozen=True)
class CartItem:
    """A cart line with its offer and its price."""

    line: CartLine
    offer: Offer
    priced: PricedLine

    @property
    def short(self) -> bool:
        """More is asked for than there is."""
        return self.line.quantity > self.offer.availability.total

    @property
    def on_sale(self) -> bool:
        return self.line.variant.is_active and self.line.variant.product.is_active


@dataclass(frozen=True)
class PricedCart:
    """A cart's lines and sums in dollars. ``problems`` are coupons that do not apply."""

    items: list[CartItem]
    saved: list[CartItem]
    list_total: Decimal
    discount: Decimal
    coupon_discount: Decimal
    subtotal: Decimal
    applied: dict[str, Decimal] = field(default_factory=dict)
    problems: list[Refused] = field(default_factory=list)

    @property
    def lines(self) -> list[PricedLine]:
        return [item.priced for item in self.items]

    @property
    def units(self) -> int:
        return sum(item.line.quantity for item in self.items)

    @property
    def blocked(self) -> bool:
        """Something in it cannot be bought as it stands."""
        return any(item.short or not item.on_sale for item in self.items)


def find(request: HttpRequest) -> Cart | None:
    """Return the visitor's own open cart. There is no other way to reach one."""
    mine = own_carts(request)
    return mine.first() if mine is not None else None


def own_carts(request: HttpRequest) -> QuerySet[Cart] | None:
    """The query for the visitor's open cart; None when there cannot be one."""
    customer = request.customer  # type: ignore[attr-defined]
    if customer:
        return Cart.objects.filter(customer=customer.pk, is_open=True)
    token = request.session.get(CART_KEY)
    if not token:
        return None
    return Cart.objects.filter(token=token, customer=None, is_open=True)


@dataclass(frozen=True)
class Held:
    """What a page says of a cart line without pricing it."""

    product_id: int
    quantity: int
    saved_for_later: bool


def held(request: HttpRequest) -> list[Held]:
    """The lines of the visitor's cart, read once a request: for what comes after its changes."""
    known = getattr(request, "_held", None)
    if known is None:
        mine = own_carts(request)
        names = ("variant__product_id", "quantity", "saved_for_later")
        lines = (
            CartLine.objects.filter(cart__in=mine) if mine is not None else CartLine.objects.none()
        )
        known = [Held(*row) for row in lines.values_list(*names)]
        request._held = known  # type: ignore[attr-defined]
    return known


def count(request: HttpRequest) -> int:
    """Units in the visitor's cart."""
    return sum(line.quantity for line in held(request) if not line.saved_for_later)


def price_cart(cart: Cart | None, customer: Customer | None) -> PricedCart:
    """Price a cart now: deals first, then its coupons in the order they were entered."""
    rows = []
    if cart is not None:
        rows = list(cart.lines.select_related("variant__product__category__department"))
    by_variant = offers([row.variant for row in rows])
    active = [row for row in rows if not row.saved_for_later]
    base = [_price_line(row, by_variant[row.variant_id], ZERO) for row in active]
    cuts, applied, problems = _apply_coupons(cart.coupon_codes if cart else [], base, customer)

    def item(row: CartLine, cut: Decimal) -> CartItem:
        offer = by_variant[row.variant_id]
        return CartItem(row, offer, _price_line(row, offer, cut))

    items = [item(row, cut) for row, cut in zip(active, cuts, strict=True)]
    lines = [item.priced for item in items]
    return PricedCart(
        items=items,
        saved=[item(row, ZERO) for row in rows if row.saved_for_later],
        list_total=sum((line.unit_price * line.quantity for line in lines), ZERO),
        discount=sum((line.discount for line in lines), ZERO),
        coupon_discount=sum((line.coupon_discount for line in lines), ZERO),
        subtotal=sum((line.total for line in lines), ZERO),
        applied=applied,
        problems=problems,
    )


def _apply_coupons(
    codes: list[str], lines: list[PricedLine], customer: Customer | None
) -> tuple[list[Decimal], dict[str, Decimal], list[Refused]]:
    """Return what comes off each line, what each coupon is worth, and coupons that do not apply."""
    cuts = [ZERO] * len(lines)
    applied: dict[str, Decimal] = {}
    problems: list[Refused] = []
    for code in codes:
        try:
            coupon = usable_coupon(code, customer)
            shares = coupon_shares(coupon, lines, cuts)
        except Refused as refusal:
            problems.append(refusal)
            continue
        cuts = [a + b for a, b in zip(cuts, shares, strict=True)]
        applied[coupon.code] = sum(shares, ZERO)
    return cuts, applied, problems


def _price_line(row: CartLine, offer: Offer, coupon_discount: Decimal) -> PricedLine:
    discount = offer.discount * row.quantity
    return PricedLine(
        variant=row.variant,
        quantity=row.quantity,
        unit_price=offer.list_price,
        discount=discount,
        coupon_discount=coupon_discount,
        total=offer.list_price * row.quantity - discount - coupon_discount,
    )


def usable_coupon(code: str, customer: Customer | None, *, email: str = "") -> Coupon:
    """Return the coupon if this customer may use it now; raise Refused otherwise.

    Guests are told apart by the ``email`` of their orders, as soon as it is known.
    """
    code = code.replace("\x00", "").strip()[:40]
    active = Coupon.objects.filter(code__iexact=code, is_active=True)
    coupon = with_uses(active, customer, email=email).first()
    if coupon is None:
        raise Refused(RefusalCode.COUPON_UNKNOWN, code=code)
    now = timezone.now()
    if not coupon.starts_at <= now < coupon.ends_at:
        raise Refused(RefusalCode.COUPON_EXPIRED, code=coupon.code)
    if not has_uses_left(coupon):
        raise Refused(RefusalCode.COUPON_USED, code=coupon.code)
    if coupon.targeted_only and not (
        customer and coupon.campaign and coupon.campaign.customers.filter(pk=customer.pk).exists()
    ):
        raise Refused(RefusalCode.COUPON_NOT_FOR_YOU, code=coupon.code)
    return coupon


def with_uses(
    coupons: QuerySet[Coupon], customer: Customer | None, *, email: str = ""
) -> QuerySet[Coupon]:
    """Coupons with how often they were used: ``uses`` in all, ``own_uses`` by this shopper."""
    mine = Q(customer=customer) if customer else Q(pk__in=[])
    if email:
        mine |= Q(order__email__iexact=email)
    used = CouponRedemption.objects.filter(coupon=OuterRef("pk")).order_by().values("coupon")
    counted = Count("pk")
    return coupons.annotate(
        uses=Coalesce(Subquery(used.annotate(n=counted).values("n")), 0),
        own_uses=Coalesce(Subquery(used.filter(mine).annotate(n=counted).values("n")), 0),
    )


def has_uses_left(coupon: Coupon) -> bool:
    """Whether a coupon of :func:`with_uses` may be used once more by this shopper."""
    uses, own = coupon.uses, coupon.own_uses  # type: ignore[attr-defined]
    if coupon.max_uses is not None and uses >= coupon.max_uses:
        return False
    return own < coupon.max_uses_per_customer


def coupon_shares(
    coupon: Coupon,
    lines: list[PricedLine],
    already: Iterable[Decimal],
    *,
    wanted: set[int] | None = None,
) -> list[Decimal]:
    """Split what a coupon takes off over the lines it fits; sums are exact to the cent.

    ``wanted`` are the ids of the variants it fits, if they are known; none of them is all of them.
    """
    remaining = [line.total - cut for line, cut in zip(lines, already, strict=True)]
    if sum(remaining, ZERO) < coupon.min_subtotal:
        minimum = str(coupon.min_subtotal)
        raise Refused(RefusalCode.COUPON_MINIMUM, code=coupon.code, minimum=minimum)
    if wanted is None:
        wanted = set(coupon.variants.values_list("pk", flat=True))
    eligible = [
        amount if not wanted or line.variant.pk in wanted else ZERO
        for line, amount in zip(lines, remaining, strict=True)
    ]
    total = sum(eligible, ZERO)
    if total <= 0:
        raise Refused(RefusalCode.COUPON_NOTHING, code=coupon.code)
    off = coupon.value if coupon.kind == Coupon.Kind.AMOUNT else total * coupon.value / 100
    return split_money(min(round_money(off), total), eligible)


def split_money(amount: Decimal, weights: list[Decimal]) -> list[Decimal]:
    """Split ``amount`` (cents) by weights; no share exceeds its weight, the sum is exact.

    ``amount`` is at most the sum of the weights. Cents that rounding leaves go to the largest
    fractions first (largest remainder method), as long as their weight allows.
    """
    total = sum(weights, ZERO)
    if total <= 0:
        return [ZERO for _ in weights]
    exact = [int(amount * 100) * weight / total for weight in weights]
    cents = [int(share) for share in exact]
    left = int(amount * 100) - sum(cents)
    order = sorted(range(len(weights)), key=lambda i: (cents[i] - exact[i], i))
    while left > 0:
        for index in order:
            if left > 0 and cents[index] < int(weights[index] * 100):
                cents[index] += 1
                left -= 1
    return [Decimal(value) / 100 for value in cents]
