"""The cart page and what its buttons do. Everything works without JavaScript."""

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_POST

from shop.checkout.delivery import FREE_FROM, missing_for_free
from shop.forms import CartAddForm, CouponForm, QuantityForm
from shop.models import Cart
from shop.refusals import RefusalCode, Refused
from shop.selectors import carts as selectors
from shop.services import carts
from shop.views.requests import back_to, tell


@require_GET
def show(request: HttpRequest) -> HttpResponse:
    cart = selectors.find(request)
    priced = selectors.price_cart(cart, request.customer)  # type: ignore[attr-defined]
    context = {
        "cart": cart,
        "priced": priced,
        "missing_for_free": missing_for_free(priced.subtotal) if priced.items else 0,
        "free_from": FREE_FROM,
        "blocked": priced.blocked,
        "maximum": selectors.MAX_QUANTITY,
    }
    return render(request, "shop/cart.html", context)


@require_POST
def add(request: HttpRequest) -> HttpResponse:
    """Put a variant into the cart; answers JSON to scripts that ask for it."""
    form = CartAddForm(request.POST)
    try:
        if not form.is_valid():
            code = RefusalCode.INVALID_QUANTITY if "quantity" in form.errors else None
            raise Refused(code or RefusalCode.NOT_FOUND, maximum=selectors.MAX_QUANTITY)
        line = carts.add(
            cart=carts.own_cart(request),
            variant_id=form.cleaned_data["variant"],
            quantity=form.cleaned_data["quantity"] or 1,
            visitor=str(request.visitor_key),  # type: ignore[attr-defined]
            surface=form.cleaned_data["surface"],
        )
    except Refused as refusal:
        return _answer(request, refusal.message, error=refusal.code.value)
    title = str(line.variant.product)
    return _answer(request, _("%(title)s is in your cart.") % {"title": title})


def _answer(request: HttpRequest, message: str, error: str = "") -> HttpResponse:
    if request.headers.get("Accept", "").startswith("application/json"):
        count = selectors.count(request)
        body = {"message": message, "count": count, "error": error}
        return JsonResponse(body, status=409 if error else 200)
    (messages.error if error else messages.success)(request, message)
    return redirect(back_to(request, "shop:cart"))


@require_POST
def change_line(request: HttpRequest, line: int) -> HttpResponse:
    """Change, remove, set aside or bring back a line; the pressed button says which."""
    cart = selectors.find(request)
    try:
        if cart is None:
            raise Refused(RefusalCode.NOT_FOUND)
        _change(cart, line, request)
    except Refused as refusal:
        tell(request, refusal)
    return redirect("shop:cart")


def _change(cart: Cart, line: int, request: HttpRequest) -> None:
    action = request.POST.get("action", "quantity")
    if action == "remove":
        carts.remove(cart=cart, line_id=line)
    elif action in ("later", "back"):
        carts.save_for_later(cart=cart, line_id=line, saved=action == "later")
    else:
        form = QuantityForm(request.POST)
        if not form.is_valid():
            raise Refused(RefusalCode.INVALID_QUANTITY, maximum=selectors.MAX_QUANTITY)
        carts.set_quantity(cart=cart, line_id=line, quantity=form.cleaned_data["quantity"])


@require_POST
def coupon(request: HttpRequest) -> HttpResponse:
    """Enter a coupon code, or take one out."""
    cart = selectors.find(request)
    form = CouponForm(request.POST)
    customer = request.customer  # type: ignore[attr-defined]
    try:
        if cart is None:
            raise Refused(RefusalCode.CART_EMPTY)
        if not form.is_valid():
            raise Refused(RefusalCode.COUPON_UNKNOWN, code="")
        code = form.cleaned_data["code"]
        if request.POST.get("action") == "remove":
            carts.remove_coupon(cart=cart, code=code)
        else:
            carts.add_coupon(cart=cart, code=code, customer=customer)
    except Refused as refusal:
        tell(request, refusal)
    return redirect("shop:cart")
