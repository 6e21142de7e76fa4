"""Orders: history, one order, and what its customer can do with it."""

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from shop.checkout.delivery import delivery_label
from shop.forms import ReturnForm
from shop.models import Order
from shop.refusals import Refused
from shop.selectors import orders as selectors
from shop.services import accounts, carts, orders, returns
from shop.services.invoice import render_invoice
from shop.views.requests import missing_is_404, tell

PAGE_SIZE = 20


@login_required
@require_GET
def history(request: HttpRequest) -> HttpResponse:
    pages = Paginator(selectors.history(request.customer), PAGE_SIZE)  # type: ignore[attr-defined]
    page = pages.get_page(request.GET.get("page"))
    shown = pages.get_elided_page_range(page.number, on_each_side=2, on_ends=1)
    return render(request, "shop/orders.html", {"page": page, "shown_pages": shown})


@never_cache
@require_GET
@missing_is_404
def show(request: HttpRequest, number: str) -> HttpResponse:
    token = request.GET.get("token", "")[:64]
    order = selectors.find(request, number, token)
    if token:
        # The link has done its work; without the token in it, it can be shown to anybody.
        accounts.remember_order(request, order)
        return redirect("shop:order", number=order.number)
    context = {
        "order": order,
        "steps": selectors.tracking(order),
        "payments": order.payments.all(),
        "returns": order.returns.prefetch_related("lines__order_line__variant__product"),
        "delivery": delivery_label(order.delivery_option),
        "can_cancel": order.status in orders.CANCELLABLE,
        "can_return": bool(returns.returnable(order)),
        "just_placed": request.GET.get("placed") == "1",
        "list_total": order.subtotal + order.discount,
    }
    return render(request, "shop/order.html", context)


@require_POST
@missing_is_404
def cancel(request: HttpRequest, number: str) -> HttpResponse:
    order = selectors.find(request, number)
    try:
        orders.cancel(order=order, by=_user(request), note="")
        messages.success(request, _("Your order is cancelled. You get your money back."))
    except Refused as refusal:
        tell(request, refusal)
    return redirect("shop:order", number=number)


@require_POST
@missing_is_404
def reorder(request: HttpRequest, number: str) -> HttpResponse:
    order = selectors.find(request, number)
    added, missing = orders.reorder(order=order, cart=carts.own_cart(request))
    if added:
        text = ngettext(
            "%(count)d item is in your cart.", "%(count)d items are in your cart.", added
        )
        messages.success(request, text % {"count": added})
    if missing:
        titles = ", ".join(missing[:5])
        messages.warning(request, _("Not available now: %(titles)s") % {"titles": titles})
    return redirect("shop:cart")


@require_http_methods(["GET", "POST"])
@missing_is_404
def return_goods(request: HttpRequest, number: str) -> HttpResponse:
    order = selectors.find(request, number)
    left = returns.returnable(order)
    if not left:
        messages.error(request, _("There is nothing left to return in this order."))
        return redirect("shop:order", number=number)
    form = ReturnForm(request.POST or None, left=left)
    if request.method == "POST" and form.is_valid():
        try:
            returns.request_return(
                order=order,
                quantities=form.quantities(),
                reason=form.cleaned_data["reason"],
                comment=form.cleaned_data["comment"],
                visitor=str(request.visitor_key),  # type: ignore[attr-defined]
            )
        except Refused as refusal:
            form.add_error(None, refusal.message)
        else:
            messages.success(request, _("We received your return request and will answer soon."))
            return redirect("shop:order", number=number)
    return render(request, "shop/return.html", _return_context(order, form, left))


def _return_context(order: Order, form: ReturnForm, left: dict[int, int]) -> dict:
    rows = [(line, form[f"line_{line.pk}"]) for line in order.lines.all() if line.pk in left]
    return {"order": order, "form": form, "rows": rows}


@require_GET
@missing_is_404
def invoice(request: HttpRequest, number: str) -> HttpResponse:
    order = selectors.find(request, number)
    response = HttpResponse(render_invoice(order), content_type="application/pdf")
    response["Content-Disposition"] = f'inline; filename="{order.number}.pdf"'
    return response


def _user(request: HttpRequest):  # type: ignore[no-untyped-def]
    return request.user if request.user.is_authenticated else None
