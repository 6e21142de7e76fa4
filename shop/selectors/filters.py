"""What a shopper may filter and sort a list by, and how that is written in an address."""

from dataclasses import dataclass, field, replace
from decimal import Decimal

from django.http import QueryDict
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

MAX_CHOSEN = 20
MAX_VALUE = 80
MAX_PAGE = 10_000

BANDS: dict[str, tuple[Decimal, Decimal | None]] = {
    "0-2": (Decimal(0), Decimal(2)),
    "2-5": (Decimal(2), Decimal(5)),
    "5-10": (Decimal(5), Decimal(10)),
    "10-25": (Decimal(10), Decimal(25)),
    "25-50": (Decimal(25), Decimal(50)),
    "50-100": (Decimal(50), Decimal(100)),
    "100-": (Decimal(100), None),
}
"""Price bands in dollars: from the first (included) to the second (excluded)."""

FACETS: dict[str, str | Promise] = {
    "category": _("Category"),
    "price": _("Price"),
    "brand": _("Brand"),
    "size": _("Size"),
    "rating": _("Rating"),
    "offer": _("Availability"),
}
SORTS: dict[str, str | Promise] = {
    "relevance": _("Most relevant"),
    "popular": _("Bestselling"),
    "price": _("Price: low to high"),
    "-price": _("Price: high to low"),
    "rating": _("Best rated"),
    "new": _("Newest"),
}
OFFERS: dict[str, str | Promise] = {"stock": _("In stock"), "deal": _("On promotion")}
RATINGS = ("4", "3", "2")


@dataclass(frozen=True)
class Filters:
    """A shopper's wishes, read from the address. What cannot be understood is left out."""

    chosen: dict[str, tuple[str, ...]] = field(default_factory=dict)
    sort: str = ""
    page: int = 1
    query: str = ""

    @classmethod
    def parse(cls, params: QueryDict, *, query: str = "") -> "Filters":
        chosen = {}
        for facet in FACETS:
            values = (value.replace("\x00", "").strip() for value in params.getlist(facet))
            kept = dict.fromkeys(value for value in values if 0 < len(value) <= MAX_VALUE)
            if kept:
                chosen[facet] = tuple(kept)[:MAX_CHOSEN]
        sort = params.get("sort", "")
        number = params.get("page", "1")
        # isdecimal alone also accepts digits of other scripts; int understands those as well.
        page = int(number) if number.isdecimal() and len(number) <= 6 else 1
        return cls(
            chosen=chosen,
            sort=sort if sort in SORTS else "",
            page=min(max(page, 1), MAX_PAGE),
            query=query,
        )

    @property
    def any(self) -> bool:
        return bool(self.chosen)

    def picked(self, facet: str) -> tuple[str, ...]:
        return self.chosen.get(facet, ())

    def without(self, facet: str, value: str) -> "Filters":
        left = tuple(other for other in self.picked(facet) if other != value)
        chosen = {**self.chosen, facet: left}
        return replace(self, chosen={key: kept for key, kept in chosen.items() if kept}, page=1)

    def cleared(self) -> "Filters":
        return replace(self, chosen={}, page=1)

    def querystring(self) -> str:
        """The address that leads to these filters, from the question mark on."""
        params = QueryDict(mutable=True)
        if self.query:
            params["q"] = self.query
        for facet, values in self.chosen.items():
            params.setlist(facet, list(values))
        if self.sort:
            params["sort"] = self.sort
        if self.page > 1:
            params["page"] = str(self.page)
        return "?" + params.urlencode()
