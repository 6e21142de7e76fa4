"""What shoppers do about recommendations."""

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from recommend import history
from shop.models import Product
from shop.privacy import consent
from shop.views.requests import back_to


@require_POST
def forget(request: HttpRequest) -> HttpResponse:
    """Take a product out of the history that rails are made from."""
    number = request.POST.get("product", "")
    product = get_object_or_404(Product, pk=number if number.isdecimal() else 0)
    history.forget(
        customer=request.customer or None,  # type: ignore[attr-defined]
        visitor=str(request.visitor_key),  # type: ignore[attr-defined]
        product=product,
    )
    text = _("%(title)s no longer counts for what you are shown.")
    messages.success(request, text % {"title": product.title})
    return redirect(back_to(request, "shop:home"))


@require_POST
def turn_off(request: HttpRequest) -> HttpResponse:
    """Show the same as everybody from now on."""
    without = consent.allowed(request) - {consent.PERSONALISATION}
    consent.choose(request, without, consent.Source.RAIL)
    messages.success(request, _("Personal recommendations are off."))
    return redirect(back_to(request, "shop:home"))
