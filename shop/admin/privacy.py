"""Requests of people about their data: staff look, approve, cancel."""

from django.contrib import admin, messages
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils.html import format_html, format_html_join
from django.utils.translation import gettext_lazy as _
from unfold.decorators import action

from foundation.admin_base import ReadOnlyAdmin
from shop.admin.orders import apply_to_each, staff
from shop.models import Customer, DataDownload, ErasureRequest, RetentionRun
from shop.privacy import erasure
from shop.refusals import Refused


@admin.register(ErasureRequest)
class ErasureRequestAdmin(ReadOnlyAdmin):
    list_display = ["requested_at", "state", "customer", "by_staff", "due_at", "finished_at"]
    list_filter = ["state", "by_staff"]
    list_select_related = ["customer__user"]
    fields = [
        *("key", "state", "customer", "show_going_on", "requested_by", "approved_by"),
        *("requested_at", "due_at", "started_at", "finished_at", "show_report"),
    ]
    actions = ["approve", "cancel"]

    def has_act_permission(self, request: HttpRequest) -> bool:
        return request.user.has_perm("shop.change_erasurerequest")

    @admin.display(description=_("under way"))
    def show_going_on(self, row: ErasureRequest) -> str:
        return ", ".join(erasure.going_on(row.customer)) if row.customer else "–"

    @admin.display(description=_("report"))
    def show_report(self, row: ErasureRequest) -> str:
        lines = erasure.report_rows(row)
        if not lines:
            return "–"
        values = ((one["part"], one["what"], one["how"], one["count"]) for one in lines)
        cells = format_html_join(
            "", "<tr><td>{}</td><td>{}</td><td>{}</td><td>{}</td></tr>", values
        )
        return format_html('<table class="report">{}</table>', cells)

    @admin.action(description=_("Approve as the second person"), permissions=["act"])
    def approve(self, request: HttpRequest, rows: QuerySet[ErasureRequest]) -> None:
        by = staff(request)
        assert by is not None
        apply_to_each(self, request, rows, lambda row: erasure.approve(request=row, by=by))

    @admin.action(description=_("Cancel: the data stays"), permissions=["act"])
    def cancel(self, request: HttpRequest, rows: QuerySet[ErasureRequest]) -> None:
        apply_to_each(self, request, rows, lambda row: erasure.cancel(request=row))


@admin.register(DataDownload)
class DataDownloadAdmin(ReadOnlyAdmin):
    list_display = ["requested_at", "customer", "state", "expires_at", "fetched", "fetched_at"]
    list_filter = ["state"]
    list_select_related = ["customer__user"]
    fields = ["customer", "state", "requested_at", "ready_at", "expires_at", "size", "fetched"]


@admin.register(RetentionRun)
class RetentionRunAdmin(ReadOnlyAdmin):
    list_display = ["started_at", "finished_at", "show_total"]
    fields = ["started_at", "finished_at", "removed"]

    @admin.display(description=_("rows"))
    def show_total(self, row: RetentionRun) -> int:
        return sum(row.removed.values())


class Erasing:
    """For the customers' admin: a button that asks for an erasure, after one question."""

    actions_detail = ["erase_customer"]

    @action(description=_("Erase this person"), url_path="erase", permissions=["erase"])
    def erase_customer(self, request: HttpRequest, object_id: str) -> HttpResponse:
        customer: Customer | None = self.get_object(request, object_id)  # type: ignore[attr-defined]
        if customer is None:
            return redirect(reverse("admin:shop_customer_changelist"))
        if request.method == "POST":
            try:
                row = erasure.request(customer=customer, by=staff(request))
            except Refused as refusal:
                messages.error(request, refusal.message)
                return redirect(reverse("admin:shop_customer_change", args=[customer.pk]))
            if row.state == ErasureRequest.State.APPROVAL:
                messages.warning(request, _("A second person has to approve it."))
            else:
                messages.success(request, _("A worker erases this person within the hour."))
            return redirect(reverse("admin:shop_erasurerequest_change", args=[row.pk]))
        context = {
            **self.admin_site.each_context(request),  # type: ignore[attr-defined]
            "title": _("Erase %(person)s") % {"person": customer},
            "customer": customer,
            "going_on": erasure.going_on(customer),
            "opts": Customer._meta,
        }
        return TemplateResponse(request, "shop/privacy/erase_admin.html", context)

    def has_erase_permission(self, request: HttpRequest, object_id: object = None) -> bool:
        return request.user.has_perm("shop.add_erasurerequest")
