"""The shop's settings, with pages that can be asked for without their rails: ``/?rails=off``."""

from config.settings import *  # noqa: F403
from config.settings import MIDDLEWARE as _MIDDLEWARE

MIDDLEWARE = [*_MIDDLEWARE, "benchmarks.serving_settings.without_rails"]


def without_rails(get_response):
    """Middleware that does nothing but let the rails' template tag look at the address."""
    from recommend.templatetags import recommend

    drawn = recommend._render
    recommend._render = lambda request, surface, *about: (
        "" if request.GET.get("rails") == "off" else drawn(request, surface, *about)
    )
    return get_response
