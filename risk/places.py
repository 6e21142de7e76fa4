"""Where a sign-in comes from, as far as whatever stands before the shop says so.

There is no table of addresses here: ``RISK_LOCATOR`` names a callable that takes a request and
gives a :class:`Place` or None. Behind a proxy that is :func:`from_headers`; nobody else's headers
are believed.
"""

from collections.abc import Callable
from dataclasses import astuple, dataclass

from django.conf import settings
from django.http import HttpRequest
from django.utils.module_loading import import_string

from risk.learning.distance import kilometres

HEADERS = (("CF-IPLatitude", "CF-IPLongitude"), ("X-Geo-Latitude", "X-Geo-Longitude"))


@dataclass(frozen=True)
class Place:
    """Degrees north and east, to a tenth: a town, not a house."""

    latitude: float
    longitude: float

    def kilometres_to(self, other: "Place") -> float:
        return kilometres(*astuple(self), *astuple(other))


def place_of(request: HttpRequest) -> Place | None:
    """Where a request comes from, or None when nothing tells."""
    if not settings.RISK_LOCATOR:
        return None
    locate: Callable[[HttpRequest], Place | None] = import_string(settings.RISK_LOCATOR)
    return locate(request)


def from_headers(request: HttpRequest) -> Place | None:
    """What the proxy adds to each request; anything that is no place on Earth is none."""
    for pair in HEADERS:
        try:
            north, east = (float(request.headers[name]) for name in pair)
        except (KeyError, ValueError):
            continue
        if abs(north) <= 90 and abs(east) <= 180:
            return Place(round(north, 1), round(east, 1))
    return None
