"""Keys for a customer's own programs."""

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST

from shop.forms import KeyForm
from shop.refusals import Refused
from shop.services import tokens
from shop.views.requests import tell


@login_required
@never_cache
@require_http_methods(["GET", "POST"])
def keys(request: HttpRequest) -> HttpResponse:
    """The keys there are; a new one's secret is shown this once."""
    form = KeyForm(request.POST or None, user=request.user)
    secret = None
    if request.method == "POST" and form.is_valid():
        try:
            _token, secret = tokens.make(user=request.user, **form.cleaned_data)  # type: ignore[arg-type]
            form = KeyForm(user=request.user)
        except Refused as refusal:
            form.add_error(None, refusal.message)
    rows = request.user.api_tokens.all()  # type: ignore[union-attr]
    status = 422 if form.is_bound else 200
    context = {"form": form, "keys": rows, "secret": secret}
    return render(request, "shop/keys.html", context, status=status)


@login_required
@require_POST
def revoke(request: HttpRequest, pk: int) -> HttpResponse:
    try:
        tokens.revoke(user=request.user, pk=pk)  # type: ignore[arg-type]
        messages.success(request, _("The key is revoked."))
    except Refused as refusal:
        tell(request, refusal)
    return redirect("shop:keys")
