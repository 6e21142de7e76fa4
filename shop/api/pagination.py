"""One way to page through lists."""

from django.core.paginator import Page
from rest_framework.pagination import PageNumberPagination
from rest_framework.request import Request
from rest_framework.utils.urls import replace_query_param


class Pages(PageNumberPagination):
    page_size_query_param = "page_size"
    max_page_size = 100


def links(request: Request, page: Page) -> dict[str, str | None]:
    """Addresses of the pages before and after, for lists that are paged by a selector."""
    here = request.build_absolute_uri()
    numbers = {
        "next": page.number + 1 if page.has_next() else None,
        "previous": page.number - 1 if page.has_previous() else None,
    }
    return {
        name: replace_query_param(here, "page", number) if number else None
        for name, number in numbers.items()
    }
