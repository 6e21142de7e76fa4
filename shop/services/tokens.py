"""Keys for programs: made once, shown once, kept as a digest."""

import hashlib
import secrets
from datetime import timedelta

from django.utils import timezone

from shop.models import ApiToken, User
from shop.refusals import RefusalCode, Refused

PREFIX = "mct_"
MAX_TOKENS = 20
MAX_DAYS = 366
USED_EVERY = timedelta(minutes=5)


def digest_of(secret: str) -> str:
    """SHA-256 in hex: a key has 256 random bits, which no slow hash makes harder to guess."""
    return hashlib.sha256(secret.encode("utf-8", "replace")).hexdigest()


def make(*, user: User, name: str, scopes: list[str], days: int) -> tuple[ApiToken, str]:
    """Make a key; the second value is the secret, which nobody can read again.

    Raises
    ------
    Refused
        No or unknown scopes, staff's scope for somebody else, a life that is not 1 to 366 days,
        or too many keys.
    """
    known = set(ApiToken.Scope.values)
    allowed = known if user.is_staff else known - {ApiToken.Scope.STAFF.value}
    if not name.strip() or not scopes or not set(scopes) <= allowed or not 1 <= days <= MAX_DAYS:
        raise Refused(RefusalCode.INVALID_INPUT)
    now = timezone.now()
    if user.api_tokens.filter(revoked_at=None, expires_at__gt=now).count() >= MAX_TOKENS:
        raise Refused(RefusalCode.INVALID_INPUT)
    secret = PREFIX + secrets.token_urlsafe(32)
    token = ApiToken.objects.create(
        user=user,
        name=name.strip()[:60],
        prefix=secret[: len(PREFIX) + 6],
        digest=digest_of(secret),
        scopes=sorted(set(scopes)),
        expires_at=now + timedelta(days=days),
    )
    return token, secret


def find(secret: str) -> ApiToken | None:
    """The valid key with that secret, of an active user."""
    rows = ApiToken.objects.select_related("user").filter(user__is_active=True)
    token = rows.filter(digest=digest_of(secret)).first()
    if token is None or not token.is_valid:
        return None
    now = timezone.now()
    if token.last_used_at is None or now - token.last_used_at > USED_EVERY:
        ApiToken.objects.filter(pk=token.pk).update(last_used_at=now)
    return token


def revoke(*, user: User, pk: int) -> None:
    """End one of the user's own keys at once; twice is once."""
    if not user.api_tokens.filter(pk=pk).exists():
        raise Refused(RefusalCode.NOT_FOUND)
    user.api_tokens.filter(pk=pk, revoked_at=None).update(revoked_at=timezone.now())
