"""Keys of programs and who read what: staff look and revoke, nobody writes."""

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from foundation.admin_base import ReadOnlyAdmin
from shop.models import ApiToken, ConsentDecision, PersonalRead


@admin.register(ApiToken)
class ApiTokenAdmin(ReadOnlyAdmin):
    list_display = ["name", "prefix", "user", "scopes", "expires_at", "last_used_at", "revoked_at"]
    list_filter = ["revoked_at", "expires_at"]
    search_fields = ["name", "prefix", "user__email"]
    fields = ["name", "prefix", "user", "scopes", "created_at", "expires_at", "last_used_at"]
    list_select_related = ["user"]
    actions = ["revoke"]

    def has_revoke_permission(self, request: HttpRequest) -> bool:
        return request.user.has_perm("shop.change_apitoken")

    @admin.action(description=_("Revoke"), permissions=["revoke"])
    def revoke(self, request: HttpRequest, rows: QuerySet[ApiToken]) -> None:
        count = rows.filter(revoked_at=None).update(revoked_at=timezone.now())
        self.message_user(request, _("Keys revoked: %(count)d.") % {"count": count})


@admin.register(PersonalRead)
class PersonalReadAdmin(ReadOnlyAdmin):
    list_display = ["at", "by", "page", "subject"]
    list_filter = ["page", "at"]
    search_fields = ["subject", "by__email"]
    list_select_related = ["by"]


@admin.register(ConsentDecision)
class ConsentDecisionAdmin(ReadOnlyAdmin):
    list_display = ["at", "customer", "given", "source", "policy_version"]
    list_filter = ["source", "at"]
    search_fields = ["customer__user__email"]
    list_select_related = ["customer__user"]
