"""The wishlist."""

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_POST

from shop.forms import ProductForm
from shop.refusals import RefusalCode, Refused
from shop.selectors.wishlist import wishes
from shop.services import accounts
from shop.views.requests import back_to, tell


@login_required
@require_GET
def show(request: HttpRequest) -> HttpResponse:
    return render(request, "shop/wishlist.html", {"wishes": wishes(request.customer)})  # type: ignore[attr-defined]


@login_required
@require_POST
def toggle(request: HttpRequest) -> HttpResponse:
    """Put the product on the list, or take it off if it is there."""
    customer = request.customer  # type: ignore[attr-defined]
    form = ProductForm(request.POST)
    try:
        if not form.is_valid():
            raise Refused(RefusalCode.NOT_FOUND)
        if accounts.toggle_wish(customer=customer, product_id=form.cleaned_data["product"]):
            messages.success(request, _("It is on your wishlist."))
        else:
            messages.success(request, _("It is no longer on your wishlist."))
    except Refused as refusal:
        tell(request, refusal)
    return redirect(back_to(request, "shop:wishlist"))
