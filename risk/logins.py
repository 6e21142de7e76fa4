"""Watching sign-ins: a notice when somebody signs in from a new device, an alert when one address
tries many accounts. How often anybody may try at all is allauth's business (its rate limits)."""

import hashlib

from allauth.account.adapter import get_adapter
from django.core.cache import cache
from django.http import HttpRequest
from django.utils import timezone

from risk import alerts
from risk.models import Alert, KnownDevice
from shop.models import User
from shop.services.mail import queue

MANY_ACCOUNTS, WITHIN_SECONDS = 8, 600


def device_of(request: HttpRequest) -> str:
    """What a browser says of itself, hashed; the same for every sign-in from it."""
    parts = (request.headers.get("User-Agent", ""), request.headers.get("Accept-Language", ""))
    return hashlib.sha256("|".join(parts).encode()).hexdigest()[:32]


def signed_in(*, request: HttpRequest, user: User) -> bool:
    """Remember the device; return whether it is a new one of somebody who had others before."""
    device, new = KnownDevice.objects.get_or_create(user=user, digest=device_of(request))
    if not new:
        KnownDevice.objects.filter(pk=device.pk).update(last_at=timezone.now())
        return False
    if not KnownDevice.objects.filter(user=user).exclude(pk=device.pk).exists():
        return False
    agent = request.headers.get("User-Agent", "")[:200]
    queue("risk.tasks.tell_of_new_device", user.pk, agent)
    return True


def failed(*, request: HttpRequest | None, email: str) -> None:
    """Count the accounts that one address failed to get into; many of them are an attack."""
    if request is None or not email:
        return
    address = get_adapter().get_client_ip(request)
    key = f"risk-failed-{hashlib.sha256(str(address).encode()).hexdigest()[:32]}"
    tried = set(cache.get(key, ())) | {hashlib.sha256(email.lower().encode()).hexdigest()[:16]}
    cache.set(key, sorted(tried)[: 4 * MANY_ACCOUNTS], WITHIN_SECONDS)
    if len(tried) >= MANY_ACCOUNTS:
        text = f"{len(tried)} accounts were tried within {WITHIN_SECONDS // 60} minutes."
        alerts.raise_alert(kind=Alert.Kind.LOGINS, subject=str(address), text=text)
