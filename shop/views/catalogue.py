"""Departments, categories, search, products, comparison, the question for the reader's age."""

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import get_language
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_POST, require_safe

from shop.models import Category, Customer, Department, Event
from shop.refusals import Refused
from shop.selectors import catalogue, pictures
from shop.selectors import search as searching
from shop.selectors.comparison import comparison
from shop.selectors.filters import Filters
from shop.selectors.listing import Listing, listing
from shop.selectors.structured import product_data
from shop.services import browsing
from shop.views.requests import back_to

MAX_ID = 2**63 - 1
MOST_SEEN = 8


def is_adult(request: HttpRequest) -> bool:
    """The reader has said to be of age, in this browser session."""
    return browsing.is_adult(request.session)


def reader(request: HttpRequest) -> Customer | None:
    return request.customer or None  # type: ignore[attr-defined]


def _gate(request: HttpRequest) -> HttpResponse:
    return render(request, "shop/adults.html", {"next": request.get_full_path()})


def _list(request: HttpRequest, found: Listing, context: dict) -> HttpResponse:
    """The list, or the question for the age where everything in it is for adults only."""
    if found.hidden and not found.total and not found.filters.any and not found.filters.query:
        return _gate(request)
    return render(request, "shop/listing.html", {**context, "listing": found})


@require_safe
def department(request: HttpRequest, slug: str) -> HttpResponse:
    row = get_object_or_404(Department, slug=slug)
    found = listing(
        catalogue.on_sale().filter(category__department=row),
        Filters.parse(request.GET),
        adult=is_adult(request),
    )
    context = {"heading": row.name, "department": row, "children": row.categories.all()}
    return _list(request, found, context)


@require_safe
def category(request: HttpRequest, slug: str) -> HttpResponse:
    row = get_object_or_404(Category.objects.select_related("department"), slug=slug)
    if row.age_gated and not is_adult(request):
        return _gate(request)
    found = listing(
        catalogue.on_sale().filter(category=row),
        Filters.parse(request.GET),
        adult=is_adult(request),
    )
    context = {
        "heading": row.name,
        "department": row.department,
        "category": row,
        "children": row.department.categories.all(),
    }
    return _list(request, found, context)


@require_safe
def search(request: HttpRequest) -> HttpResponse:
    """Ranked results for ``q``; without words, everything there is."""
    query = searching.clean_query(request.GET.get("q", ""))
    filters = Filters.parse(request.GET, query=query)
    found = searching.search(query, customer=reader(request), language=get_language() or "en")
    result = listing(
        catalogue.on_sale(),
        filters,
        ranking=found.ids if query else None,
        adult=is_adult(request),
        with_category=True,
        remember="" if query else "everything",
    )
    if query and not filters.any and filters.page == 1:
        browsing.record(request, Event.Kind.SEARCH, query=query, data={"results": result.total})
    context = {"query": query, "is_search": True, "degraded": found.degraded}
    if not result.total:
        context["suggested"] = catalogue.home().bestsellers
    return _list(request, result, context)


@require_safe
def suggest(request: HttpRequest) -> JsonResponse:
    """What the words typed so far may become, as JSON."""
    query = searching.clean_query(request.GET.get("q", ""))
    found = searching.suggest(query, adult=is_adult(request))
    products = [
        {
            "title": str(row.title),
            "url": f"{row.get_absolute_url()}?from=suggest",
            "picture": pictures.address(row),
        }
        for row in found.products
    ]
    categories = [
        {"title": str(row.name), "url": row.get_absolute_url()} for row in found.categories
    ]
    return JsonResponse({"query": query, "products": products, "categories": categories})


@require_GET
def product(request: HttpRequest, slug: str) -> HttpResponse:
    customer = reader(request)
    seen = browsing.recently_viewed(request)[: MOST_SEEN + 1]
    row, known = catalogue.product_among(slug, seen, customer)
    if row is None:
        raise Http404
    if row.category.age_gated and not is_adult(request):
        return _gate(request)
    surface = request.GET.get("from", "").replace("\x00", "")[:40]
    browsing.record(request, Event.Kind.VIEW, product_id=row.pk, surface=surface)
    others = [pk for pk in seen if pk in known and pk != row.pk][:MOST_SEEN]
    page = catalogue.product_page(
        row,
        variant_id=_number(request.GET.get("variant", "")),
        customer=customer,
        seen={pk: known[pk] for pk in others},
    )
    reviews = catalogue.reviews(row, page=_number(request.GET.get("reviews", "")) or 1)
    context = {
        "page": page,
        "product": row,
        "reviews": reviews,
        "seen": page.seen,
        "is_compared": row.pk in browsing.compared(request.session),
        "is_wished": row.is_wished,  # type: ignore[attr-defined]
        "structured": product_data(page, request.build_absolute_uri),
        "surface": surface,
    }
    browsing.remember_view(request, row.pk)
    return render(request, "shop/product.html", context)


@require_safe
def compare(request: HttpRequest) -> HttpResponse:
    cards = catalogue.cards(browsing.compared(request.session))
    context = {"table": comparison(cards), "maximum": browsing.MAX_COMPARED}
    return render(request, "shop/compare.html", context)


@require_POST
def compare_toggle(request: HttpRequest) -> HttpResponse:
    """Put a product into the comparison, or take it out; ``clear`` takes out all."""
    if "clear" in request.POST:
        browsing.remove_compared(session=request.session, product_id=None)
        return redirect("shop:compare")
    product_id = _number(request.POST.get("product", ""))
    if product_id is None:
        raise Http404
    if product_id in browsing.compared(request.session):
        browsing.remove_compared(session=request.session, product_id=product_id)
        return redirect(back_to(request, "shop:compare"))
    try:
        browsing.add_compared(session=request.session, product_id=product_id)
    except Refused as refusal:
        messages.error(request, refusal.message)
    else:
        messages.success(request, _("Added to your comparison."))
    return redirect(back_to(request, "shop:compare"))


@require_POST
def adults(request: HttpRequest) -> HttpResponse:
    """Remember the reader's answer; the checkout asks for the date of birth again."""
    if request.POST.get("answer") != "yes":
        return redirect("shop:home")
    browsing.confirm_age(session=request.session, adult=True)
    return redirect(back_to(request, "shop:home"))


def _number(text: str) -> int | None:
    """A row's number as typed into an address, or None."""
    if not (text.isascii() and text.isdigit() and len(text) < 20):
        return None
    number = int(text)
    return number if number <= MAX_ID else None
