"""What changes a cart."""

from django.db import transaction
from django.http import HttpRequest

from shop import events
from shop.models import Cart, CartLine, Customer, Event, Variant
from shop.pricing import availability_of
from shop.privacy import consent
from shop.refusals import RefusalCode, Refused
from shop.selectors.carts import CART_KEY, MAX_LINES, MAX_QUANTITY, find, usable_coupon


def own_cart(request: HttpRequest) -> Cart:
    """Return the visitor's cart, made when there is none."""
    cart = find(request)
    if cart is not None:
        return cart
    customer = request.customer  # type: ignore[attr-defined]
    if customer:
        return Cart.objects.get_or_create(customer_id=customer.pk, is_open=True)[0]
    cart = Cart.objects.create()
    request.session[CART_KEY] = str(cart.token)
    return cart


@transaction.atomic
def add(
    *, cart: Cart, variant_id: int, quantity: int, visitor: str = "", surface: str = ""
) -> CartLine:
    """Put units into the cart; what is there already counts towards the maximum."""
    variant = (
        Variant.objects.select_related("product")
        .filter(pk=variant_id, is_active=True, product__is_active=True)
        .first()
    )
    if variant is None:
        raise Refused(RefusalCode.NOT_FOUND)
    _check_quantity(quantity)
    Cart.objects.select_for_update().get(pk=cart.pk)
    line = cart.lines.filter(variant=variant).first()
    if line is None:
        if cart.lines.count() >= MAX_LINES:
            raise Refused(RefusalCode.CART_FULL, maximum=MAX_LINES)
        line = CartLine(cart=cart, variant=variant, quantity=0)
    elif line.saved_for_later:
        line.quantity = 0
    _check_quantity(line.quantity + quantity)
    _check_stock(variant, line.quantity + quantity)
    line.quantity += quantity
    line.saved_for_later = False
    line.save()
    if visitor:
        who = consent.trace_of(cart.customer, visitor)
        events.record(
            Event.Kind.CART,
            visitor=who.visitor,
            customer_id=who.customer_id,
            product_id=variant.product_id,
            surface=surface,
            data={"variant": variant.pk, "quantity": quantity},
        )
    return line


def set_quantity(*, cart: Cart, line_id: int, quantity: int) -> None:
    """Set a line's units; 0 takes it out."""
    line = _line(cart, line_id)
    if quantity == 0:
        line.delete()
        return
    _check_quantity(quantity)
    if quantity > line.quantity:
        _check_stock(line.variant, quantity)
    line.quantity = quantity
    line.save(update_fields=["quantity"])


def save_for_later(*, cart: Cart, line_id: int, saved: bool) -> None:
    line = _line(cart, line_id)
    line.saved_for_later = saved
    line.save(update_fields=["saved_for_later"])


@transaction.atomic
def change(
    *, cart: Cart, line_id: int, quantity: int | None = None, saved_for_later: bool | None = None
) -> None:
    """Change what is given of a line: both, or nothing when one of them is refused."""
    if saved_for_later is not None:
        save_for_later(cart=cart, line_id=line_id, saved=saved_for_later)
    if quantity is not None:
        set_quantity(cart=cart, line_id=line_id, quantity=quantity)


def add_coupon(*, cart: Cart, code: str, customer: Customer | None) -> None:
    """Enter a coupon code; one that may not be used is refused and not kept."""
    coupon = usable_coupon(code, customer)
    if coupon.code not in cart.coupon_codes:
        cart.coupon_codes = [*cart.coupon_codes, coupon.code][-5:]
        cart.save(update_fields=["coupon_codes", "updated_at"])


def remove(*, cart: Cart, line_id: int) -> None:
    _line(cart, line_id).delete()


def remove_coupon(*, cart: Cart, code: str) -> None:
    cart.coupon_codes = [known for known in cart.coupon_codes if known != code]
    cart.save(update_fields=["coupon_codes", "updated_at"])


@transaction.atomic
def merge(*, guest: Cart, customer: Customer) -> Cart:
    """Move a guest's cart into the customer's at sign-in: quantities add up, to the maximum."""
    mine, _ = Cart.objects.get_or_create(customer=customer, is_open=True)
    held = {line.variant_id: line for line in mine.lines.all()}
    for line in guest.lines.all():
        same = held.get(line.variant_id)
        if same is not None:
            same.quantity = min(MAX_QUANTITY, same.quantity + line.quantity)
            same.save(update_fields=["quantity"])
        elif len(held) < MAX_LINES:
            line.cart = mine
            line.save(update_fields=["cart"])
            held[line.variant_id] = line
    mine.coupon_codes = list(dict.fromkeys([*mine.coupon_codes, *guest.coupon_codes]))[-5:]
    mine.save(update_fields=["coupon_codes", "updated_at"])
    guest.is_open = False
    guest.save(update_fields=["is_open", "updated_at"])
    return mine


def _line(cart: Cart, line_id: int) -> CartLine:
    line = cart.lines.select_related("variant__product").filter(pk=line_id).first()
    if line is None:
        raise Refused(RefusalCode.NOT_FOUND)
    return line


def _check_quantity(quantity: int) -> None:
    if not 1 <= quantity <= MAX_QUANTITY:
        raise Refused(RefusalCode.INVALID_QUANTITY, maximum=MAX_QUANTITY)


def _check_stock(variant: Variant, quantity: int) -> None:
    """Say early what the checkout would say; only the checkout's reservation is binding."""
    available = availability_of([variant.pk])[variant.pk].total
    if quantity > available:
        raise Refused(
            RefusalCode.OUT_OF_STOCK, available=max(0, available), title=str(variant.product)
        )
