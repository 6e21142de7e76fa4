"""Departments, categories, search, products, comparison."""

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.http import url_has_allowed_host_and_scheme
from django.views.decorators.http import require_GET, require_POST

from shop import events
from shop.models import Category, Department, Event, Product
from shop.refusals import RefusalCode, Refused
from shop.selectors import catalogue
from shop.selectors.listing import Filters, listing, visible
from shop.selectors.search import clean_query, ranked_ids, suggestions

VIEWED, COMPARED, ADULT = "viewed", "compared", "adult"
MAX_VIEWED, MAX_COMPARED = 12, 4


def department(request: HttpRequest, slug: str) -> HttpResponse:
    shelf = get_object_or_404(Department, slug=slug)
    found = listing(visible().filter(category__department=shelf), Filters.parse(request.GET))
    context = {
        "heading": shelf.name,
        "trail": [],
        "listing": found,
        "children": shelf.categories.all(),
    }
    return render(request, "shop/listing.html", context)


def category(request: HttpRequest, slug: str) -> HttpResponse:
    shelf = get_object_or_404(Category.objects.select_related("department"), slug=slug)
    if shelf.age_gated and not request.session.get(ADULT):
        return redirect(f"{reverse('shop:adults')}?next={request.path}")
    found = listing(visible().filter(category=shelf), Filters.parse(request.GET))
    context = {"heading": shelf.name, "trail": [shelf.department], "listing": found}
    return render(request, "shop/listing.html", context)


def adults(request: HttpRequest) -> HttpResponse:
    """Ask whether the reader is old enough; the checkout asks for the date of birth again."""
    target = request.POST.get("next") or request.GET.get("next", "")
    if not url_has_allowed_host_and_scheme(target, allowed_hosts={request.get_host()}):
        target = reverse("shop:home")
    if request.method == "POST":
        request.session[ADULT] = True
        return redirect(target)
    return render(request, "shop/adults.html", {"next": target})


@require_GET
def search(request: HttpRequest) -> HttpResponse:
    query = clean_query(request.GET.get("q", ""))
    customer = request.customer or None  # type: ignore[attr-defined]
    ids = ranked_ids(query, customer=customer)
    found = listing(
        visible().filter(pk__in=ids), Filters.parse(request.GET), query=query, ranked=ids
    )
    if query:
        events.record(
            Event.Kind.SEARCH,
            visitor=str(request.visitor_key),  # type: ignore[attr-defined]
            customer_id=customer.pk if customer else None,
            query=query,
            data={"results": found.total},
        )
    context = {"query": query, "listing": found, "trail": [], "is_search": True}
    return render(request, "shop/listing.html", context)


@require_GET
def suggest(request: HttpRequest) -> JsonResponse:
    found = suggestions(clean_query(request.GET.get("q", "")))
    return JsonResponse(
        {
            "products": [
                {"title": str(row.title), "url": row.get_absolute_url()} for row in found.products
            ],
            "categories": [
                {"title": str(row.name), "url": row.get_absolute_url()} for row in found.categories
            ],
        }
    )


def product(request: HttpRequest, slug: str) -> HttpResponse:
    row = get_object_or_404(visible(), slug=slug)
    if row.category.age_gated and not request.session.get(ADULT):
        return redirect(f"{reverse('shop:adults')}?next={request.path}")
    customer = request.customer or None  # type: ignore[attr-defined]
    variants = catalogue.variant_offers(row)
    number = request.GET.get("reviews", "1")
    viewed = request.session.get(VIEWED, [])
    events.record(
        Event.Kind.VIEW,
        visitor=str(request.visitor_key),  # type: ignore[attr-defined]
        customer_id=customer.pk if customer else None,
        product_id=row.pk,
        surface=request.GET.get("from", "").replace("\x00", ""),
    )
    context = {
        "product": row,
        "variants": variants,
        "first": next((v for v in variants if v.offer.availability.in_stock), None)
        or (variants[0] if variants else None),
        "coupons": catalogue.coupons_for(row, customer),
        "reviews": catalogue.reviews_of(row, int(number) if number.isdecimal() else 1),
        "viewed": catalogue.by_ids([pk for pk in viewed if pk != row.pk][:6]),
        "compared": row.pk in request.session.get(COMPARED, []),
    }
    request.session[VIEWED] = [row.pk, *[pk for pk in viewed if pk != row.pk]][:MAX_VIEWED]
    return render(request, "shop/product.html", context)


def compare(request: HttpRequest) -> HttpResponse:
    cards = catalogue.by_ids(request.session.get(COMPARED, []))
    keys: dict[str, dict] = {}
    for card in cards:
        for attribute in card.product.attributes:
            keys.setdefault(attribute["key"], attribute["name"])
    rows = [
        (name, [_value(card.product, key) for card in cards]) for key, name in keys.items()
    ]
    return render(request, "shop/compare.html", {"cards": cards, "rows": rows})


def _value(product: Product, key: str) -> dict | str:
    return next((a["value"] for a in product.attributes if a["key"] == key), "–")


@require_POST
def compare_toggle(request: HttpRequest) -> HttpResponse:
    """Put a product into the comparison, or take it out."""
    wanted = request.POST.get("product", "")
    if not wanted.isascii() or not wanted.isdigit() or len(wanted) > 18:
        raise Http404
    row = get_object_or_404(visible(), pk=int(wanted))
    held = request.session.get(COMPARED, [])
    if row.pk in held:
        held = [pk for pk in held if pk != row.pk]
    elif len(held) >= MAX_COMPARED:
        messages.error(request, Refused(RefusalCode.COMPARE_FULL, maximum=MAX_COMPARED).message)
    else:
        held = [*held, row.pk]
    request.session[COMPARED] = held
    return redirect("shop:compare")
