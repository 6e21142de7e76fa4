"""The schedule of django-celery-beat as staff read it: what runs by itself and how often."""

from django.contrib import admin
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext
from django_celery_beat.admin import PeriodicTaskAdmin
from django_celery_beat.models import PeriodicTask

WHAT = {
    "celery.backend_cleanup": _("Forget the results of old tasks"),
    "foundation-deliver": _("Send what waits in the outbox"),
    "foundation-forget-messages": _("Delete old messages to the outside"),
    "foundation-sweep": _("Close training runs whose worker is gone"),
    "foundation-train-outdated": _("Train anew what still knows somebody who was erased"),
    "foundation-watch": _("Watch models and data, raise alerts"),
    "inventory-expire-lots": _("Write off lots whose date has passed"),
    "inventory-expire-reservations": _("Free reserved stock that nobody paid for"),
    "inventory-forecast": _("Forecast demand and plan the reorder list"),
    "inventory-reconcile": _("Compare stock with its ledger"),
    "recommend-digest": _("Prepare the weekly letters"),
    "recommend-graph": _("Build the knowledge graph anew"),
    "recommend-train": _("Train recommendations and search"),
    "risk-learn": _("Learn from decided cases and chargebacks"),
    "risk-train": _("Train the risk models"),
    "shop-downloads": _("Prepare downloads of personal data"),
    "shop-erasures": _("Erase the customers whose time to change their mind is over"),
    "shop-export-events": _("Export behaviour events for training"),
    "shop-recover-checkouts": _("Finish or undo checkouts that were interrupted"),
    "shop-retention": _("Delete what is older than its period allows"),
    "support-opinions": _("Gather opinions from reviews and chats"),
    "support-strategies": _("Train how the assistant meets a message"),
    "support-train": _("Train what the assistant understands"),
}

admin.site.unregister(PeriodicTask)


@admin.register(PeriodicTask)
class ScheduleAdmin(PeriodicTaskAdmin):  # type: ignore[misc]
    list_display = ("name", "what", "enabled", "rhythm", "last_run_at")

    @admin.display(description=_("What it does"))
    def what(self, task: PeriodicTask) -> str:
        return str(WHAT.get(task.name) or task.description or task.task)

    @admin.display(description=_("How often"))
    def rhythm(self, task: PeriodicTask) -> str:
        """Seconds as the widest unit that divides them; other kinds of schedule as they are."""
        if task.interval is None:
            return str(task.scheduler)
        return every(int(task.interval.schedule.run_every.total_seconds()))


def every(seconds: int) -> str:
    """Return how often something runs.

    >>> every(86400), every(900), every(90)
    ('every day', 'every 15 minutes', 'every 90 seconds')
    """
    if seconds and seconds % 86400 == 0:
        n = seconds // 86400
        return ngettext("every day", "every %(n)d days", n) % {"n": n}
    if seconds and seconds % 3600 == 0:
        n = seconds // 3600
        return ngettext("every hour", "every %(n)d hours", n) % {"n": n}
    if seconds and seconds % 60 == 0:
        n = seconds // 60
        return ngettext("every minute", "every %(n)d minutes", n) % {"n": n}
    return ngettext("every second", "every %(n)d seconds", seconds) % {"n": seconds}
