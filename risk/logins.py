"""Watching sign-ins: a notice when somebody signs in from a new device, an alert when one address
tries many accounts, a code by mail for whoever then gets in or cannot have travelled so fast. How
often anybody may try at all is allauth's business (its rate limits)."""

import hashlib
from dataclasses import astuple

from allauth.account.adapter import get_adapter
from django.core.cache import cache
from django.http import HttpRequest
from django.utils import timezone
from django.utils.translation import gettext_noop

from foundation import outbox
from foundation.learning.said import Said
from risk import alerts, memory, places
from risk.models import Alert, KnownDevice
from shop.middleware import visitor_key
from shop.models import Customer, User
from shop.views.requests import client_ip

TOO_FAR = gettext_noop("A sign-in came from too far away from the one before.")
MANY_TRIED = gettext_noop("%(accounts)s accounts were tried within %(minutes)s minutes.")
MANY_ACCOUNTS, WITHIN_SECONDS = 8, 600
FAR_KM, FASTEST_KMH = 500.0, 1000.0
"""Nobody travels faster than an airliner; what is nearer may be one person behind two networks."""


def device_of(request: HttpRequest) -> str:
    """What a browser says of itself, hashed; the same for every sign-in from it."""
    parts = (request.headers.get("User-Agent", ""), request.headers.get("Accept-Language", ""))
    return hashlib.sha256("|".join(parts).encode()).hexdigest()[:32]


def signed_in(*, request: HttpRequest, user: User) -> bool:
    """Remember the device; return whether it is a new one of somebody who had others before."""
    device, new = KnownDevice.objects.get_or_create(user=user, digest=device_of(request))
    place = places.place_of(request)
    device.last_at = timezone.now()
    device.latitude, device.longitude = astuple(place) if place else (None, None)
    device.save(update_fields=["last_at", "latitude", "longitude"])
    customer = Customer.objects.filter(user=user).values_list("pk", flat=True).first()
    if customer is not None:
        memory.signed_in(
            customer=customer,
            visitor=visitor_key(request),
            ip=client_ip(request),
            place=astuple(place) if place else None,
        )
    if not new or not KnownDevice.objects.filter(user=user).exclude(pk=device.pk).exists():
        return False
    agent = request.headers.get("User-Agent", "")[:200]
    outbox.put("risk.new_device", str(device.pk), user_id=user.pk, agent=agent)
    return True


def is_risky(*, request: HttpRequest, user: User) -> bool:
    """Whether a right password is not enough: it comes from further away than one can have gone
    since the last sign-in, or, on a new device, from an address that tried many accounts."""
    if _travelled_too_fast(request, user):
        alerts.raise_alert(kind=Alert.Kind.LOGINS, subject=f"user {user.pk}", text=Said(TOO_FAR))
        return True
    known = KnownDevice.objects.filter(user=user, digest=device_of(request)).exists()
    return not known and len(cache.get(_failed_key(request), ())) >= MANY_ACCOUNTS


def _travelled_too_fast(request: HttpRequest, user: User) -> bool:
    here = places.place_of(request)
    before = (
        KnownDevice.objects.filter(user=user, latitude__isnull=False, longitude__isnull=False)
        .order_by("-last_at")
        .values_list("latitude", "longitude", "last_at")
        .first()
    )
    if here is None or before is None:
        return False
    north, east, at = before
    distance = here.kilometres_to(places.Place(north or 0.0, east or 0.0))
    hours = max((timezone.now() - at).total_seconds(), 1.0) / 3600
    return distance > FAR_KM and distance / hours > FASTEST_KMH


def _failed_key(request: HttpRequest) -> str:
    address = str(get_adapter().get_client_ip(request))
    return f"risk-failed-{hashlib.sha256(address.encode()).hexdigest()[:32]}"


def failed(*, request: HttpRequest | None, email: str) -> None:
    """Count the accounts that one address failed to get into; many of them are an attack."""
    if request is None or not email:
        return
    key = _failed_key(request)
    tried = set(cache.get(key, ())) | {hashlib.sha256(email.lower().encode()).hexdigest()[:16]}
    cache.set(key, sorted(tried)[: 4 * MANY_ACCOUNTS], WITHIN_SECONDS)
    if len(tried) >= MANY_ACCOUNTS:
        text = Said(MANY_TRIED, accounts=len(tried), minutes=WITHIN_SECONDS // 60)
        alerts.raise_alert(
            kind=Alert.Kind.LOGINS, subject=str(get_adapter().get_client_ip(request)), text=text
        )
