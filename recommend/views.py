"""What shoppers do about recommendations."""

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from recommend import ads, digest, history
from recommend.models import AdCreative
from shop.models import Event, Product
from shop.privacy import consent
from shop.services import browsing
from shop.views.requests import back_to


@require_GET
def advertised(request: HttpRequest, creative: int) -> HttpResponse:
    """Count the click on an advertisement and go to its product."""
    clicked = get_object_or_404(AdCreative.objects.select_related("product"), pk=creative)
    slot = request.GET.get("at", "")
    surface = f"{ads.SURFACE}{slot if slot in ads.SLOTS else 'api'}"
    browsing.record(
        request,
        Event.Kind.CLICK,
        product_id=clicked.product_id,
        surface=surface,
        data=ads.event_data(clicked),
    )
    return redirect(f"{clicked.product.get_absolute_url()}?from={surface}")


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


@csrf_exempt  # mailboxes post here by themselves (RFC 8058); the signed link is what allows it
@never_cache
@require_http_methods(["GET", "POST"])
def letters_off(request: HttpRequest, token: str) -> HttpResponse:
    """End the weekly letter of whom the link was sent to; opening it alone changes nothing."""
    posted = request.method == "POST"
    try:
        digest.stop(token) if posted else digest.whose(token)
    except digest.BadLink:
        return render(request, "recommend/letters_off.html", {"bad": True}, status=404)
    return render(request, "recommend/letters_off.html", {"off": posted})
