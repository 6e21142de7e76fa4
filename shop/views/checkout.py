"""The checkout: one page, one POST, and a second one when the bank asks a question."""

import uuid
from datetime import date
from decimal import Decimal, InvalidOperation

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods

from shop.checkout.delivery import delivery_options, pickup_stores
from shop.checkout.snapshot import NO_CARD
from shop.forms import NEW_ADDRESS, CheckoutForm
from shop.models import Cart, Checkout, Customer
from shop.payments.testprovider import TEST_CARDS, TestProvider
from shop.refusals import RefusalCode, Refused
from shop.selectors.carts import PricedCart, price_cart
from shop.selectors.carts import find as find_cart
from shop.services import accounts
from shop.services import checkout as service
from shop.views.requests import tell, visitor_of


@never_cache
@sensitive_post_parameters("card_number", "card_code", "card_expiry", "challenge_answer")
@require_http_methods(["GET", "POST"])
def checkout(request: HttpRequest) -> HttpResponse:
    customer: Customer | None = request.customer or None  # type: ignore[attr-defined]
    cart = find_cart(request)
    if cart is None:
        return redirect("shop:cart")
    if request.method == "POST":
        return _post(request, cart, customer)
    priced = price_cart(cart, customer)
    if not priced.items:
        return redirect("shop:cart")
    return _page(request, cart, priced, _form(customer, priced))


def _post(request: HttpRequest, cart: Cart, customer: Customer | None) -> HttpResponse:
    key = request.POST.get("key", "")
    try:
        known = service.find(cart=cart, idempotency_key=key)
    except Refused as refusal:
        tell(request, refusal)
        return redirect("shop:checkout")
    if known is not None and known.state != Checkout.State.REFUSED:
        # The same attempt again: a doubled click, a reloaded page, the answer to the bank.
        return _run(request, cart, customer, _again(request, key))
    priced = price_cart(cart, customer)
    form = _form(customer, priced, request)
    if not priced.items:
        tell(request, Refused(RefusalCode.CART_EMPTY))
        return redirect("shop:cart")
    if not form.is_valid():
        return _page(request, cart, priced, form, status=422)
    return _run(request, cart, customer, _given(request, key, form), form)


def _run(
    request: HttpRequest,
    cart: Cart,
    customer: Customer | None,
    given: service.CheckoutInput,
    form: CheckoutForm | None = None,
) -> HttpResponse:
    try:
        outcome = service.run(cart=cart, customer=customer, given=given)
    except Refused as refusal:
        return _refused(request, cart, customer, refusal, form)
    if outcome.order is None:
        context = {
            "key": given.idempotency_key,
            "prompt": outcome.prompt,
            "total": outcome.checkout.total,
        }
        return render(request, "shop/checkout_challenge.html", context)
    accounts.remember_order(request, outcome.order)
    if form is not None:
        _keep_address(customer, form)
    return redirect(f"{reverse('shop:order', args=[outcome.order.number])}?placed=1")


def _refused(
    request: HttpRequest,
    cart: Cart,
    customer: Customer | None,
    refusal: Refused,
    form: CheckoutForm | None,
) -> HttpResponse:
    """Show the page again as it was filled in, with today's prices and what went wrong."""
    priced = price_cart(cart, customer)
    if not priced.items or (form is None and refusal.code == RefusalCode.ALREADY_RUNNING):
        tell(request, refusal)
        return redirect("shop:cart")
    form = form or _form(customer, priced)
    return _page(request, cart, priced, form, status=409, refusal=refusal)


def _form(
    customer: Customer | None, priced: PricedCart, request: HttpRequest | None = None
) -> CheckoutForm:
    needs_age = service.needs_birth_date(priced, customer)
    initial: dict[str, object] = {"delivery": "standard", "country": "US"}
    if customer:
        default = customer.addresses.order_by("-is_default", "-pk").first()
        initial |= {
            "email": customer.user.email if customer.user else "",
            "recipient": customer.name,
            "phone": customer.phone,
            "saved_address": str(default.pk) if default else NEW_ADDRESS,
            "pickup_store": customer.home_channel.code if customer.home_channel else "",
        }
    return CheckoutForm(
        request.POST if request else None,
        initial=initial,
        customer=customer,
        stores=pickup_stores(),
        ask_age=needs_age,
    )


def _page(
    request: HttpRequest,
    cart: Cart,
    priced: PricedCart,
    form: CheckoutForm,
    *,
    status: int = 200,
    refusal: Refused | None = None,
) -> HttpResponse:
    options = delivery_options(priced.subtotal)
    stores = form.fields["pickup_store"].choices  # type: ignore[attr-defined]
    if len(stores) < 2:
        options = [option for option in options if not option.is_pickup]
    chosen = str(form["delivery"].value() or "standard")
    selected = next((option for option in options if option.code == chosen), options[0])
    context = {
        "cart": cart,
        "priced": priced,
        "form": form,
        "options": [(option, priced.subtotal + option.fee) for option in options],
        "selected": selected,
        "total": priced.subtotal + selected.fee,
        # A refused key stays refused: every page that is shown brings a new one.
        "key": uuid.uuid4().hex,
        "refusal": refusal,
        "appeal_url": _appeal_url(refusal),
        "test_cards": TEST_CARDS if settings.DEMO and _is_test_provider() else (),
    }
    return render(request, "shop/checkout.html", context, status=status)


def _appeal_url(refusal: Refused | None) -> str:
    return str(refusal.data.get("appeal_url", "")) if refusal else ""


def _is_test_provider() -> bool:
    return settings.PAYMENT_PROVIDER.endswith(f".{TestProvider.__name__}")


def _given(request: HttpRequest, key: str, form: CheckoutForm) -> service.CheckoutInput:
    data = form.cleaned_data
    born: date | None = data.get("birth_date")
    return service.CheckoutInput(
        idempotency_key=key,
        email=data["email"],
        address=form.destination(),
        delivery=data["delivery"],
        pickup_store=data.get("pickup_store", ""),
        card=form.card(),
        expected_total=_seen_total(request, data["delivery"]),
        visitor=visitor_of(request),
        birth_date=born,
    )


def _seen_total(request: HttpRequest, delivery: str) -> Decimal:
    """The total that the page showed for this delivery; anything else matches no price."""
    try:
        return Decimal(request.POST.get(f"seen_total_{delivery}", "")[:20])
    except InvalidOperation:
        return Decimal(-1)


def _again(request: HttpRequest, key: str) -> service.CheckoutInput:
    return service.CheckoutInput(
        idempotency_key=key,
        email="",
        address={},
        delivery="",
        card=NO_CARD,
        expected_total=None,
        visitor=visitor_of(request),
        challenge_answer=request.POST.get("challenge_answer", "")[:40],
    )


def _keep_address(customer: Customer | None, form: CheckoutForm) -> None:
    data = form.cleaned_data
    delivered = data["delivery"] != "pickup"
    if not (customer and data.get("save_address") and form.is_new_address and delivered):
        return
    accounts.keep_address(customer=customer, given=form.address())
