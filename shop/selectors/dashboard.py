"""Sales figures on the administrator's start page."""

from datetime import timedelta

from django.db.models import Count, Sum
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _

from shop.models import Order, Review


def sales() -> dict:
    today = timezone.localtime().replace(hour=0, minute=0, second=0, microsecond=0)

    def figures(days: int) -> dict:
        rows = Order.objects.filter(placed_at__gte=today - timedelta(days=days)).exclude(
            status=Order.Status.CANCELLED
        )
        return rows.aggregate(n=Count("pk"), revenue=Sum("total"))

    day, month = figures(0), figures(28)
    newest = Order.objects.select_related("customer__user").order_by("-placed_at")[:8]
    return {
        "title": _("Sales"),
        "figures": [
            {
                "label": _("Orders today"),
                "value": day["n"],
                "url": reverse("admin:shop_order_changelist"),
            },
            {"label": _("Revenue today"), "value": f"${day['revenue'] or 0:,.2f}"},
            {"label": _("Orders in 28 days"), "value": f"{month['n']:,}"},
            {"label": _("Revenue in 28 days"), "value": f"${month['revenue'] or 0:,.2f}"},
            {
                "label": _("Reviews to moderate"),
                "value": Review.objects.filter(state=Review.State.PENDING).count(),
                "url": reverse("admin:shop_review_changelist") + "?state__exact=pending",
            },
        ],
        "columns": [_("order"), _("customer"), _("status"), _("total")],
        "rows": [
            [row.number, str(row.customer or "–"), row.get_status_display(), f"${row.total}"]
            for row in newest
        ],
    }
