"""The start page, the data page and the pictures."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.cache import cache_control

from shop.models import Department, Product
from shop.selectors import catalogue
from shop.services.icons import svg


def home(request: HttpRequest) -> HttpResponse:
    context = {
        "shelves": Department.objects.prefetch_related("categories"),
        "deals": catalogue.deals_of_the_week(),
        "bestsellers": catalogue.bestsellers(),
        "arrivals": catalogue.new_arrivals(),
        "is_empty": not Product.objects.exists(),
    }
    return render(request, "shop/home.html", context)


def about_data(request: HttpRequest) -> HttpResponse:
    return render(request, "shop/about_data.html")


@cache_control(public=True, max_age=30 * 24 * 3600, immutable=True)
def picture(request: HttpRequest, code: str) -> HttpResponse:
    return HttpResponse(svg(code), content_type="image/svg+xml")
