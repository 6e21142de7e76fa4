"""``/metrics`` for Prometheus: what the shop does and how its models are.

Only for who sends ``METRICS_TOKEN`` as a bearer token; without a token in the settings, for this
machine alone.
"""

import logging
from collections.abc import Callable, Iterable, Iterator
from datetime import timedelta

from django.conf import settings
from django.db.models import Count, Sum
from django.http import HttpRequest, HttpResponse, HttpResponseForbidden
from django.utils import timezone
from django.utils.crypto import constant_time_compare
from django.utils.module_loading import import_string
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe
from prometheus_client import CollectorRegistry, generate_latest
from prometheus_client.core import GaugeMetricFamily
from prometheus_client.exposition import CONTENT_TYPE_LATEST
from prometheus_client.registry import Collector

from inventory.models import ReplenishmentLine
from risk.models import Case
from shop.models import Order
from support.models import Conversation

log = logging.getLogger(__name__)
LOOPBACK = ("127.0.0.1", "::1")


@never_cache
@require_safe
def metrics(request: HttpRequest) -> HttpResponse:
    """All gauges in Prometheus' text format."""
    if not _allowed(request):
        return HttpResponseForbidden()
    registry = CollectorRegistry()
    registry.register(_Gauges())
    return HttpResponse(generate_latest(registry), content_type=CONTENT_TYPE_LATEST)


def _allowed(request: HttpRequest) -> bool:
    if settings.METRICS_TOKEN:
        given = request.headers.get("Authorization", "")
        return constant_time_compare(given, f"Bearer {settings.METRICS_TOKEN}")
    # Behind a proxy everybody's address is the proxy's, so there a token is needed.
    return not settings.BEHIND_PROXY and request.META.get("REMOTE_ADDR") in LOOPBACK


class _Gauges(Collector):
    def collect(self) -> Iterator[GaugeMetricFamily]:
        for path in settings.METRICS:
            try:
                gauges: Callable[[], Iterable[GaugeMetricFamily]] = import_string(path)
                found = list(gauges())
            except Exception:
                # What the others say is still worth having.
                log.exception("the metrics of %s failed", path)
                continue
            yield from found


def business() -> Iterator[GaugeMetricFamily]:
    """Orders and revenue of the last day and hour, and what waits for a person."""
    now = timezone.now()
    orders = GaugeMetricFamily("mercato_orders", "Orders placed", labels=["within"])
    revenue = GaugeMetricFamily("mercato_revenue_dollars", "Their totals", labels=["within"])
    for name, length in (("1h", timedelta(hours=1)), ("24h", timedelta(days=1))):
        rows = Order.objects.filter(placed_at__gt=now - length)
        kept = rows.exclude(status=Order.Status.CANCELLED)
        sums = kept.aggregate(n=Count("pk"), total=Sum("total"))
        orders.add_metric([name], sums["n"])
        revenue.add_metric([name], float(sums["total"] or 0))
    yield orders
    yield revenue
    waiting = GaugeMetricFamily("mercato_waiting", "What waits for a person", labels=["for"])
    counts = {
        "orders_on_hold": Order.objects.filter(status=Order.Status.ON_HOLD).count(),
        "cases_open": Case.objects.filter(decided_at=None).count(),
        "chats": Conversation.objects.filter(state=Conversation.State.WAITING).count(),
        "lines_to_reorder": ReplenishmentLine.objects.count(),
    }
    for label, count in counts.items():
        waiting.add_metric([label], count)
    yield waiting
