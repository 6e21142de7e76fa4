"""Writing a review, and the pictures in it."""

from uuid import UUID

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import FileResponse, Http404, HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import get_language
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_safe

from shop.forms import ReviewForm
from shop.models import Product
from shop.refusals import RefusalCode, Refused
from shop.selectors.reviews import may_review, of_customer, photo_for
from shop.services import photos, reviews


@login_required
@require_http_methods(["GET", "POST"])
def write(request: HttpRequest, slug: str) -> HttpResponse:
    product = get_object_or_404(Product.objects.select_related("category"), slug=slug)
    customer = request.customer  # type: ignore[attr-defined]
    form = ReviewForm(request.POST or None, request.FILES or None)
    status = 200
    if request.method == "POST":
        status = 422
        if form.is_valid():
            try:
                reviews.post(
                    customer=customer,
                    product=product,
                    language=get_language() or "en",
                    visitor=str(request.visitor_key),  # type: ignore[attr-defined]
                    **form.cleaned_data,
                )
            except Refused as refusal:
                form.add_error(None, refusal.message)
                status = 409
            else:
                messages.success(
                    request, _("Thank you. We will publish your review after a short check.")
                )
                return redirect(product)
    mine = of_customer(product, customer)
    context = {
        "product": product,
        "form": form,
        "mine": mine,
        "allowed": may_review(product, customer),
        "why_not": RefusalCode.NOT_BOUGHT.label,
    }
    return render(request, "shop/review.html", context, status=status)


@require_safe
def photo(request: HttpRequest, key: UUID) -> HttpResponseBase:
    """A picture of a published review; before, only its author and moderators see it."""
    found = photo_for(key, customer=request.customer, user=request.user)  # type: ignore[attr-defined]
    if found is None:
        raise Http404
    try:
        response = FileResponse(found.file.open("rb"), content_type=photos.CONTENT_TYPE)
    except FileNotFoundError as error:
        raise Http404 from error
    response["Cache-Control"] = "private, max-age=3600"
    response["Content-Security-Policy"] = "default-src 'none'"
    response["X-Content-Type-Options"] = "nosniff"
    return response
