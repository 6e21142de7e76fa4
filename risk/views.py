"""Pages for shoppers whose order was blocked, or who are asked to confirm it."""

from uuid import UUID

from django import forms
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext_lazy as _

from risk import services
from shop.refusals import Refused


class AppealForm(forms.Form):
    contact = forms.EmailField(label=_("Your e-mail address"), max_length=254)
    message = forms.CharField(
        label=_("What should we know?"), max_length=2000, widget=forms.Textarea(attrs={"rows": 5})
    )


def appeal(request: HttpRequest, checkout_uuid: UUID) -> HttpResponse:
    """Let a shopper say why an order should not have been blocked."""
    known = {"contact": request.user.email} if request.user.is_authenticated else None
    form = AppealForm(request.POST or None, initial=known)
    if request.method == "POST" and form.is_valid():
        try:
            services.appeal(checkout_uuid=checkout_uuid, **form.cleaned_data)
        except Refused as refusal:
            raise Http404 from refusal
        return render(request, "risk/appeal_sent.html")
    return render(request, "risk/appeal.html", {"form": form})


def confirm(request: HttpRequest, token: str) -> HttpResponse:
    """Let the shopper confirm an order that looked different; mail scanners only open the page."""
    if request.method != "POST":
        return render(request, "risk/confirm.html")
    try:
        case = services.confirm(token=token)
    except Refused as refusal:
        raise Http404 from refusal
    return render(request, "risk/confirm.html", {"case": case})
