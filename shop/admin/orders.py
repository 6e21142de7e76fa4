"""Where staff pack, ship, cancel, pay back, take returns and moderate reviews."""

from collections.abc import Callable
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from django import forms
from django.contrib import admin, messages
from django.db.models import Model, QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils.crypto import get_random_string
from django.utils.html import format_html_join
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext
from unfold.admin import ModelAdmin, TabularInline
from unfold.decorators import action, display
from unfold.widgets import UnfoldAdminTextInputWidget

from shop.admin.bulk import preview
from shop.models import (
    Order,
    OrderEvent,
    OrderLine,
    Payment,
    Refund,
    RefundApproval,
    ReturnLine,
    ReturnRequest,
    Review,
    User,
)
from shop.refusals import Refused
from shop.services import bulk, orders, refunds, returns, reviews
from shop.templatetags.shop import money

if TYPE_CHECKING:
    from django_stubs_ext import StrOrPromise

STATUS_COLOURS = {
    "on_hold": "warning",
    "placed": "info",
    "packed": "info",
    "shipped": "info",
    "delivered": "success",
    "cancelled": "danger",
}


SECOND_PERSON = _("So much money is paid back only when a second person agrees.")


def staff(request: HttpRequest) -> User | None:
    return request.user if isinstance(request.user, User) else None


def apply_to_each(
    model_admin: ModelAdmin, request: HttpRequest, rows: QuerySet, deed: Callable[[Any], object]
) -> None:
    """Do one thing to every chosen row; refusals are told and stop none of the others."""
    done = 0
    for row in rows:
        try:
            deed(row)
            done += 1
        except Refused as refusal:
            model_admin.message_user(request, f"{row}: {refusal.message}", messages.ERROR)
    if done:
        text = ngettext("%(count)d row changed.", "%(count)d rows changed.", done)
        model_admin.message_user(request, text % {"count": done}, messages.SUCCESS)


class ReadOnlyInline(TabularInline):
    """Rows that the shop wrote and nobody edits."""

    extra = 0
    can_delete = False
    show_change_link = False

    def has_add_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False


class LinesInline(ReadOnlyInline):
    model = OrderLine
    fields = ["variant", "quantity", "unit_price", "discount", "coupon_discount", "total"]

    def get_queryset(self, request: HttpRequest) -> QuerySet[OrderLine]:
        return super().get_queryset(request).select_related("variant__product")


class PaymentsInline(ReadOnlyInline):
    model = Payment
    fields = ["state", "amount", "card_brand", "card_last4", "provider", "reference"]


class EventsInline(ReadOnlyInline):
    model = OrderEvent
    fields = ["at", "status", "note", "by"]


class RefundForm(forms.Form):
    """How much to pay back; the key makes a doubled click one refund."""

    amount = forms.DecimalField(
        label=_("Amount"),
        max_digits=12,
        decimal_places=2,
        min_value=Decimal("0.01"),
        widget=UnfoldAdminTextInputWidget,
    )
    reason = forms.CharField(
        label=_("Reason"), max_length=200, widget=UnfoldAdminTextInputWidget, required=False
    )
    key = forms.CharField(max_length=40, widget=forms.HiddenInput)


@admin.register(Order)
class OrderAdmin(ModelAdmin):
    list_display = [
        "number",
        "show_status",
        "placed_at",
        "customer",
        "channel",
        "total",
        "refunded",
    ]
    list_filter = ["status", "channel", "placed_at"]
    search_fields = ["number", "email", "customer__name", "customer__user__email"]
    list_select_related = ["customer__user", "channel"]
    date_hierarchy = "placed_at"
    show_full_result_count = False
    inlines = [LinesInline, PaymentsInline, EventsInline]
    actions = ["release", "mark_packed", "mark_shipped", "mark_delivered", "cancel_orders"]
    actions_detail = ["refund_order"]
    exclude = ["access_token", "source_basket_id"]

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> list[str]:
        """What was bought and for how much never changes; actions move the rest."""
        hidden = set(self.exclude or [])
        return [field.name for field in Order._meta.fields if field.name not in hidden]

    @display(description=_("status"), label=STATUS_COLOURS, ordering="status")
    def show_status(self, order: Order) -> tuple[str, str]:
        return order.status, order.get_status_display()

    @admin.action(description=_("Release from checking"), permissions=["change"])
    def release(self, request: HttpRequest, rows: QuerySet[Order]) -> None:
        apply_to_each(self, request, rows, lambda o: orders.release(order=o, by=staff(request)))

    @admin.action(description=_("Mark as packed"), permissions=["change"])
    def mark_packed(self, request: HttpRequest, rows: QuerySet[Order]) -> HttpResponse | None:
        return self._move(request, rows, Order.Status.PACKED, _("Mark as packed"))

    @admin.action(description=_("Mark as shipped"), permissions=["change"])
    def mark_shipped(self, request: HttpRequest, rows: QuerySet[Order]) -> HttpResponse | None:
        return self._move(request, rows, Order.Status.SHIPPED, _("Mark as shipped"))

    @admin.action(description=_("Mark as delivered"), permissions=["change"])
    def mark_delivered(self, request: HttpRequest, rows: QuerySet[Order]) -> HttpResponse | None:
        return self._move(request, rows, Order.Status.DELIVERED, _("Mark as delivered"))

    @admin.action(description=_("Cancel and pay back"), permissions=["change"])
    def cancel_orders(self, request: HttpRequest, rows: QuerySet[Order]) -> HttpResponse | None:
        deed = bulk.CancelOrders()
        return preview(self, request, rows, title=_("Cancel and pay back"), deed=deed)

    def _move(
        self,
        request: HttpRequest,
        rows: QuerySet[Order],
        status: Order.Status,
        title: "StrOrPromise",
    ) -> HttpResponse | None:
        return preview(self, request, rows, title=title, deed=bulk.MoveOrders(status))

    @action(description=_("Pay back a part"), url_path="refund", permissions=["change"])
    def refund_order(self, request: HttpRequest, object_id: str) -> HttpResponse:
        """Ask how much, then pay it back."""
        order = self.get_object(request, object_id)
        back = reverse("admin:shop_order_changelist")
        if order is None:
            return redirect(back)
        left = order.total - order.refunded
        initial = {"amount": left, "key": f"staff-{get_random_string(20)}"}
        form = RefundForm(request.POST or None, initial=initial)
        if request.method == "POST" and form.is_valid():
            try:
                waits = refunds.pay_back(order=order, by=staff(request), **form.cleaned_data)
            except Refused as refusal:
                form.add_error("amount", refusal.message)
            else:
                if waits is None:
                    self.message_user(request, _("The money is paid back."), messages.SUCCESS)
                else:
                    self.message_user(request, SECOND_PERSON, messages.WARNING)
                return redirect(reverse("admin:shop_order_change", args=[order.pk]))
        context = {
            **self.admin_site.each_context(request),
            "title": _("Pay back a part of %(number)s") % {"number": order.number},
            "order": order,
            "left": money(left),
            "form": form,
            "opts": self.model._meta,
        }
        return TemplateResponse(request, "shop/order_refund_admin.html", context)


class ReturnLinesInline(ReadOnlyInline):
    model = ReturnLine
    fields = ["order_line", "quantity"]


@admin.register(ReturnRequest)
class ReturnRequestAdmin(ModelAdmin):
    list_display = ["order", "state", "reason", "amount", "created_at", "decided_by"]
    list_filter = ["state", "reason", "created_at"]
    search_fields = ["order__number", "order__email"]
    list_select_related = ["order", "decided_by"]
    readonly_fields = ["order", "state", "reason", "comment", "amount", "decided_by"]
    inlines = [ReturnLinesInline]
    actions = ["approve", "refuse", "receive"]

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    @admin.action(description=_("Approve"), permissions=["change"])
    def approve(self, request: HttpRequest, rows: QuerySet[ReturnRequest]) -> None:
        self._decide(request, rows, approve=True)

    @admin.action(description=_("Refuse"), permissions=["change"])
    def refuse(self, request: HttpRequest, rows: QuerySet[ReturnRequest]) -> None:
        self._decide(request, rows, approve=False)

    def _decide(
        self, request: HttpRequest, rows: QuerySet[ReturnRequest], *, approve: bool
    ) -> None:
        by = staff(request)
        apply_to_each(
            self, request, rows, lambda row: returns.decide(request=row, approve=approve, by=by)
        )

    @admin.action(description=_("Goods received: pay back"), permissions=["change"])
    def receive(self, request: HttpRequest, rows: QuerySet[ReturnRequest]) -> None:
        by, chosen = staff(request), list(rows.values_list("pk", flat=True))
        apply_to_each(
            self, request, rows, lambda row: returns.receive_and_refund(request=row, by=by)
        )
        if rows.model.objects.filter(pk__in=chosen, state=ReturnRequest.State.RECEIVED).exists():
            self.message_user(request, SECOND_PERSON, messages.WARNING)


@admin.register(RefundApproval)
class RefundApprovalAdmin(ModelAdmin):
    """Refunds above the limit: one person asks, another one agrees."""

    list_display = ["order", "amount", "reason", "show_state", "requested_by", "decided_by"]
    list_filter = ["state", "created_at"]
    search_fields = ["order__number", "reason"]
    list_select_related = ["order", "requested_by", "decided_by"]
    fields = readonly_fields = [
        *("order", "returned", "amount", "reason", "state", "requested_by", "created_at"),
        *("decided_by", "decided_at"),
    ]
    actions = ["approve", "refuse"]

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    @display(
        description=_("state"),
        label={"waiting": "warning", "approved": "success", "refused": "danger"},
        ordering="state",
    )
    def show_state(self, row: RefundApproval) -> tuple[str, str]:
        return row.state, row.get_state_display()

    @admin.action(description=_("Agree: pay back"), permissions=["change"])
    def approve(self, request: HttpRequest, rows: QuerySet[RefundApproval]) -> None:
        self._decide(request, rows, approve=True)

    @admin.action(description=_("Refuse"), permissions=["change"])
    def refuse(self, request: HttpRequest, rows: QuerySet[RefundApproval]) -> None:
        self._decide(request, rows, approve=False)

    def _decide(
        self, request: HttpRequest, rows: QuerySet[RefundApproval], *, approve: bool
    ) -> None:
        by: Any = request.user
        apply_to_each(
            self, request, rows, lambda row: refunds.decide(approval=row, approve=approve, by=by)
        )


@admin.register(Refund)
class RefundAdmin(ModelAdmin):
    list_display = ["created_at", "show_order", "amount", "reason", "reference"]
    search_fields = ["payment__order__number", "reference"]
    list_select_related = ["payment__order"]
    date_hierarchy = "created_at"

    @admin.display(description=_("order"))
    def show_order(self, refund: Refund) -> Model | None:
        return refund.payment.order

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False


@admin.register(Review)
class ReviewAdmin(ModelAdmin):
    list_display = ["product", "rating", "title", "state", "language", "created_at", "is_sample"]
    list_filter = ["state", "rating", "language", "is_sample", "created_at"]
    search_fields = ["product__title_en", "product__title_zh", "title", "body"]
    list_select_related = ["product"]
    readonly_fields = [
        *("product", "customer", "rating", "title", "body", "language", "state", "is_sample"),
        "pictures",
    ]
    actions = ["approve", "reject"]
    show_full_result_count = False

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    @admin.display(description=_("Pictures"))
    def pictures(self, row: Review) -> str:
        return format_html_join(
            " ",
            '<a href="{0}"><img src="{0}" alt="" width="160"></a>',
            ((photo.get_absolute_url(),) for photo in row.photos.all()),
        )

    @admin.action(description=_("Publish"), permissions=["change"])
    def approve(self, request: HttpRequest, rows: QuerySet[Review]) -> None:
        apply_to_each(self, request, rows, lambda row: reviews.moderate(review=row, approve=True))

    @admin.action(description=_("Reject"), permissions=["change"])
    def reject(self, request: HttpRequest, rows: QuerySet[Review]) -> None:
        apply_to_each(self, request, rows, lambda row: reviews.moderate(review=row, approve=False))
