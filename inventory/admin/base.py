"""What inventory's admin pages share."""

from django.http import HttpRequest
from unfold.admin import ModelAdmin

from shop.models import User


class ReadOnlyAdmin(ModelAdmin):
    """Rows that services write and nobody edits."""

    show_full_result_count = False

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: object = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: object = None) -> bool:
        return False


def staff(request: HttpRequest) -> User | None:
    """Who is at work, for the audit columns."""
    return request.user if isinstance(request.user, User) else None


def may(request: HttpRequest, permission: str) -> bool:
    """Whether the member of staff has ``inventory.<permission>``."""
    return request.user.has_perm(f"inventory.{permission}")
