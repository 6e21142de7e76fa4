"""Whether somebody may work as staff: with a second factor."""

from allauth.mfa.utils import is_mfa_enabled
from django.conf import settings


def lacks_second_factor(user: object) -> bool:
    """A member of staff who has to set up a second factor before doing anything as staff.

    Who has one was asked for it at the sign-in.
    """
    if not settings.STAFF_SECOND_FACTOR or not getattr(user, "is_staff", False):
        return False
    return not is_mfa_enabled(user)  # type: ignore[arg-type]
