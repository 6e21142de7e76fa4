"""A customer's own pages, and the demo's outbox."""

from django.conf import settings
from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from shop.forms import AddressForm, ProfileForm
from shop.privacy import consent
from shop.refusals import Refused
from shop.selectors import orders as order_selectors
from shop.selectors import outbox as outbox_selectors
from shop.services import accounts
from shop.views.requests import keep_language, missing_is_404, tell


@login_required
@require_GET
def show(request: HttpRequest) -> HttpResponse:
    customer = request.customer  # type: ignore[attr-defined]
    context = {
        "customer": customer,
        "allowed": consent.allowed_by(customer),
        "orders": order_selectors.history(customer)[:5],
        "address": customer.addresses.filter(is_default=True).first(),
    }
    return render(request, "shop/account.html", context)


@login_required
@require_http_methods(["GET", "POST"])
def profile(request: HttpRequest) -> HttpResponse:
    customer = request.customer  # type: ignore[attr-defined]
    names = ("name", "phone", "language", "birth_date")
    initial = {name: getattr(customer, name) for name in names}
    form = ProfileForm(request.POST or None, initial=initial, customer=customer)
    if request.method == "POST" and form.is_valid():
        accounts.update_profile(customer=customer, **form.cleaned_data)
        response = redirect("shop:account")
        keep_language(response, form.cleaned_data["language"])
        messages.success(request, _("Your profile is saved."))
        return response
    status = 422 if form.is_bound else 200
    return render(request, "shop/account_profile.html", {"form": form}, status=status)


@login_required
@require_GET
def addresses(request: HttpRequest) -> HttpResponse:
    customer = request.customer  # type: ignore[attr-defined]
    rows = customer.addresses.order_by("-is_default", "-pk")
    return render(request, "shop/addresses.html", {"addresses": rows})


@login_required
@require_http_methods(["GET", "POST"])
@missing_is_404
def edit_address(request: HttpRequest, pk: int | None = None) -> HttpResponse:
    customer = request.customer  # type: ignore[attr-defined]
    address = accounts.address_of(customer, pk) if pk is not None else None
    initial = {name: getattr(address, name) for name in AddressForm.base_fields} if address else {}
    form = AddressForm(request.POST or None, initial=initial or {"recipient": customer.name})
    if request.method == "POST" and form.is_valid():
        try:
            accounts.save_address(
                customer=customer,
                given=form.address(),
                pk=pk,
                default=form.cleaned_data["is_default"],
            )
        except Refused as refusal:
            form.add_error(None, refusal.message)
        else:
            messages.success(request, _("The address is saved."))
            return redirect("shop:addresses")
    context = {"form": form, "address": address}
    status = 422 if form.is_bound else 200
    return render(request, "shop/addresses_edit.html", context, status=status)


@login_required
@require_POST
def delete_address(request: HttpRequest, pk: int) -> HttpResponse:
    try:
        accounts.delete_address(customer=request.customer, pk=pk)  # type: ignore[attr-defined]
        messages.success(request, _("The address is deleted."))
    except Refused as refusal:
        tell(request, refusal)
    return redirect("shop:addresses")


@require_GET
def outbox(request: HttpRequest) -> HttpResponse:
    """The mails this demo wrote instead of sending them."""
    _demo_only()
    return render(request, "shop/outbox.html", {"mails": outbox_selectors.latest()})


@require_GET
def outbox_mail(request: HttpRequest, name: str) -> HttpResponse:
    _demo_only()
    mail = outbox_selectors.read(name)
    if mail is None:
        raise Http404
    return render(request, "shop/outbox_mail.html", {"mail": mail})


def _demo_only() -> None:
    if not settings.DEMO:
        raise Http404
