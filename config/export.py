"""Any list of the administration as CSV or XLSX: its columns, and the rows its filter leaves.

Who may see the list may take it along, and that is written down like a look at it.
"""

import csv
import io
from collections.abc import Iterator
from datetime import date, datetime
from decimal import Decimal
from typing import Any, cast

import openpyxl
from django.apps import apps
from django.contrib import admin, messages
from django.contrib.admin.options import IncorrectLookupParameters
from django.contrib.admin.utils import label_for_field, lookup_field
from django.contrib.admin.views.main import ChangeList
from django.core.exceptions import FieldDoesNotExist, ObjectDoesNotExist, PermissionDenied
from django.db.models import Model
from django.http import Http404, HttpRequest, HttpResponse, StreamingHttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils import timezone
from django.utils.html import strip_tags
from django.utils.text import capfirst
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from config.middleware import PERSONAL_PAGES
from foundation.spreadsheets import plain
from shop.models import PersonalRead, User

FORMS = {
    "csv": "text/csv; charset=utf-8",
    "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
}
MAX_SHEET_ROWS = 50_000
AT_ONCE = 2000


def registered(app: str, model: str) -> admin.ModelAdmin:
    """The administration of a model by its names; not found where there is none."""
    try:
        return admin.site._registry[apps.get_model(app, model)]
    except (LookupError, KeyError, ValueError):
        raise Http404 from None


@require_safe
def export(request: HttpRequest, app: str, model: str, form: str) -> HttpResponse:
    site = registered(app, model)
    if form not in FORMS:
        raise Http404
    if not site.has_view_permission(request):
        raise PermissionDenied
    back = reverse(f"admin:{app}_{model}_changelist")
    try:
        listed = cast(ChangeList, site.get_changelist_instance(request))
    except IncorrectLookupParameters:
        return redirect(back)
    count = listed.queryset.count()
    if form == "xlsx" and count > MAX_SHEET_ROWS:
        said = {"count": f"{count:,}", "maximum": f"{MAX_SHEET_ROWS:,}"}
        text = _("%(count)s rows are too many for a sheet of %(maximum)s: filter, or take CSV.")
        messages.error(request, text % said)
        return redirect(f"{back}?{request.GET.urlencode()}")
    if f"admin:{app}_{model}_changelist" in PERSONAL_PAGES:
        PersonalRead.objects.create(
            by=cast(User, request.user),
            page=f"admin:{app}_{model}_changelist",
            subject=f"export {form}, {count} rows",
        )
    lines = table(listed)
    answer: HttpResponse | StreamingHttpResponse
    if form == "csv":
        answer = StreamingHttpResponse(as_csv(lines), content_type=FORMS[form])
    else:
        answer = HttpResponse(as_xlsx(lines), content_type=FORMS[form])
    name = f"{model}-{timezone.localdate():%Y-%m-%d}.{form}"
    answer["Content-Disposition"] = f'attachment; filename="{name}"'
    return cast(HttpResponse, answer)


def table(listed: ChangeList) -> Iterator[list[Any]]:
    """The head, then a row of plain values for each row of the list, in its order."""
    site = listed.model_admin
    columns = [name for name in listed.list_display if name != "action_checkbox"]
    yield [capfirst(str(label_for_field(name, listed.model, model_admin=site))) for name in columns]
    for row in listed.queryset.iterator(AT_ONCE):
        yield [_value(name, row, site) for name in columns]


def _value(name: Any, row: Model, site: admin.ModelAdmin) -> Any:
    try:
        field, _attribute, value = lookup_field(name, row, site)
    except (ObjectDoesNotExist, FieldDoesNotExist):
        return ""
    if field is not None and getattr(field, "flatchoices", None):
        value = dict(field.flatchoices).get(value, value)
    elif field is not None and field.remote_field and value is not None:
        value = getattr(row, field.name)
    if isinstance(value, tuple):
        # The theme's coloured label: its key and its words.
        value = value[-1]
    return _plain(value)


def _plain(value: Any) -> Any:
    """Numbers and dates as they are, in the shops' time; everything else as text."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return _("Yes") if value else _("No")
    if isinstance(value, datetime):
        return timezone.localtime(value).replace(tzinfo=None, microsecond=0)
    if isinstance(value, int | float | Decimal | date):
        return value
    return plain(strip_tags(str(value)).strip())


def as_csv(lines: Iterator[list[Any]]) -> Iterator[str]:
    """UTF-8 with the mark by which spreadsheets know it."""
    text = io.StringIO()
    text.write("\ufeff")
    writer = csv.writer(text)
    for line in lines:
        writer.writerow(line)
        if text.tell() > 8192:
            yield text.getvalue()
            text.seek(0)
            text.truncate()
    yield text.getvalue()


def as_xlsx(lines: Iterator[list[Any]]) -> bytes:
    book = openpyxl.Workbook(write_only=True)
    sheet = book.create_sheet()
    for line in lines:
        sheet.append(line)
    content = io.BytesIO()
    book.save(content)
    return content.getvalue()
