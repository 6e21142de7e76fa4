"""What inventory's admin pages share."""

from django.http import HttpRequest

from shop.models import User


def staff(request: HttpRequest) -> User | None:
    """Who is at work, for the audit columns."""
    return request.user if isinstance(request.user, User) else None


def may(request: HttpRequest, permission: str) -> bool:
    """Whether the member of staff has ``inventory.<permission>``."""
    return request.user.has_perm(f"inventory.{permission}")
