"""The wishlist."""

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_POST

from shop.refusals import Refused
from shop.selectors.wishlist import wishes
from shop.services import accounts
from shop.views.requests import back_to, tell


@login_required
@require_GET
def show(request: HttpRequest) -> HttpResponse:
    return render(request, "shop/wishlist.html", {"wishes": wishes(request.customer)})  # type: ignore[attr-defined]


@login_required
@require_POST
def change(request: HttpRequest, product: int) -> HttpResponse:
    """Put a product on the list, or with ``action=remove`` take it off; twice is once."""
    customer = request.customer  # type: ignore[attr-defined]
    try:
        if request.POST.get("action") == "remove":
            accounts.unwish(customer=customer, product_id=product)
            messages.success(request, _("It is no longer on your wishlist."))
        else:
            accounts.wish(customer=customer, product_id=product)
            messages.success(request, _("It is on your wishlist."))
    except Refused as refusal:
        tell(request, refusal)
    return redirect(back_to(request, "shop:wishlist"))
