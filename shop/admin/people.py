"""Customers and the people who sign in."""

from typing import Any

from django.contrib import admin
from django.contrib.auth.admin import GroupAdmin as DjangoGroupAdmin
from django.contrib.auth.admin import UserAdmin as DjangoUserAdmin
from django.contrib.auth.models import Group
from django.db.models import Count, QuerySet
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _
from unfold.admin import ModelAdmin, TabularInline
from unfold.forms import AdminPasswordChangeForm, UserChangeForm, UserCreationForm

from shop.admin.privacy import Erasing
from shop.models import Address, Customer, User

admin.site.unregister(Group)


@admin.register(Group)
class GroupAdmin(DjangoGroupAdmin, ModelAdmin):
    """Roles of staff."""


class NewUserForm(UserCreationForm):
    class Meta:
        model = User
        fields = ["email"]


@admin.register(User)
class UserAdmin(DjangoUserAdmin, ModelAdmin):
    form = UserChangeForm
    add_form = NewUserForm
    change_password_form = AdminPasswordChangeForm
    ordering = ["email"]
    list_display = ["email", "is_active", "is_staff", "last_login"]
    list_filter = ["is_staff", "is_superuser", "is_active", "groups"]
    search_fields = ["email"]
    readonly_fields = ["last_login", "date_joined"]
    show_full_result_count = False
    fieldsets = (
        (None, {"fields": ("email", "password")}),
        (
            _("Permissions"),
            {"fields": ("is_active", "is_staff", "is_superuser", "groups", "user_permissions")},
        ),
        (_("Important dates"), {"fields": ("last_login", "date_joined")}),
    )
    add_fieldsets = ((None, {"classes": ("wide",), "fields": ("email", "password1", "password2")}),)

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> list[str]:
        """Only superusers hand out rights, so that nobody can raise their own."""
        fields = list(super().get_readonly_fields(request, obj))
        if not request.user.is_superuser:  # type: ignore[union-attr]
            fields += ["is_staff", "is_superuser", "groups", "user_permissions"]
        return fields

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Only superusers change superusers: a new password would be a way to their rights."""
        allowed = super().has_change_permission(request, obj)
        above = obj is not None and obj.is_superuser and not request.user.is_superuser  # type: ignore[union-attr]
        return allowed and not above


class AddressInline(TabularInline):
    model = Address
    extra = 0
    fields = ["recipient", "line1", "city", "postal_code", "country", "is_default"]


@admin.register(Customer)
class CustomerAdmin(Erasing, ModelAdmin):
    list_display = ["__str__", "show_email", "language", "show_orders", "created_at"]
    list_filter = ["language", "personalisation", "home_channel"]
    search_fields = ["name", "user__email", "household_key"]
    readonly_fields = [
        *("user", "household_key", "demographics", "created_at"),
        *("personalisation", "advertising", "chat_training"),
    ]
    autocomplete_fields = ["home_channel"]
    inlines = [AddressInline]
    show_full_result_count = False

    def get_queryset(self, request: HttpRequest) -> QuerySet[Customer]:
        rows = super().get_queryset(request).select_related("user")
        return rows.annotate(order_count=Count("orders"))

    @admin.display(description=_("e-mail address"))
    def show_email(self, customer: Customer) -> str:
        return customer.user.email if customer.user else "–"

    @admin.display(description=_("orders"), ordering="order_count")
    def show_orders(self, customer: Customer) -> int:
        return customer.order_count  # type: ignore[attr-defined]

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Orders and redemptions stay attached to their customer."""
        return False
