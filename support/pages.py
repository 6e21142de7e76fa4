"""The admin's page about what customers say: feeling by topic and aspect, and answers that fail."""

from django.contrib import admin
from django.core.exceptions import PermissionDenied
from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils.formats import number_format
from django.utils.translation import gettext as _

from foundation.charts import chart
from support import opinions
from support.models import Conversation
from support.services import storable

PAGE = 25


def voices(request: HttpRequest) -> HttpResponse:
    """Charts with their tables, and the opinions behind a cell when one is chosen."""
    if not request.user.has_perm("support.view_conversation"):
        raise PermissionDenied
    given = _given(request)
    context = {**admin.site.each_context(request), "opts": Conversation._meta, **given}
    if any(given.values()):
        return TemplateResponse(request, "admin/support/opinions.html", context | _listed(request))
    rows = opinions.by_aspect()
    weeks, lines = opinions.by_week()
    names = [str(row["name"]) for row in rows]
    context |= {
        "title": _("What customers say"),
        "weeks": opinions.WEEKS,
        "charts": [
            chart(
                _("Opinions by aspect"),
                kind="bar",
                head=_("Aspect"),
                labels=names,
                lines={
                    _("Complaints"): [row["bad"] for row in rows],
                    _("Praise"): [row["good"] for row in rows],
                    _("Neither"): [row["n"] - row["bad"] - row["good"] for row in rows],
                },
            ),
            chart(
                _("Mean feeling by week, -1 to 1"),
                kind="line",
                head=_("Week from"),
                labels=weeks,
                lines=lines,
                form=lambda value: number_format(value, 2),
            ),
        ],
        "topics": opinions.by_topic(),
        "emerging": opinions.new_topics(),
        "failing": opinions.failing_answers(),
    }
    return TemplateResponse(request, "admin/support/voices.html", context)


def _given(request: HttpRequest) -> dict[str, str]:
    names = ("aspect", "topic", "feeling")
    return {name: storable(request.GET.get(name, ""))[:40] for name in names}


def _listed(request: HttpRequest) -> dict:
    given = _given(request)
    rows = opinions.chosen(**given).select_related("message", "review")
    page = Paginator(rows, PAGE).get_page(request.GET.get("page"))
    for row in page:
        if row.message is not None:
            row.text = row.message.text  # type: ignore[attr-defined]
            row.url = reverse("support:thread", args=[row.message.conversation_id])  # type: ignore[attr-defined]
        elif row.review is not None:
            row.text = f"{row.review.title} {row.review.body}".strip()  # type: ignore[attr-defined]
            row.url = reverse("admin:shop_review_change", args=[row.review.pk])  # type: ignore[attr-defined]
        row.name = opinions.NAMES.get(row.aspect, row.aspect)  # type: ignore[attr-defined]
    words = {"bad": _("Complaints"), "good": _("Praise"), "none": _("Neither")}
    parts = [
        str(opinions.NAMES.get(given["aspect"], given["aspect"])),
        given["topic"],
        words.get(given["feeling"], ""),
    ]
    return {"title": " · ".join(part for part in parts if part), "page": page}
