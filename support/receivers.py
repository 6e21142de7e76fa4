"""What support does when people change what they allow."""

from typing import Any

from django.db.models import Q

from shop.models import Customer
from shop.privacy.consent import CHAT_TRAINING
from shop.signals import consent_changed
from support.models import Correction


def connect() -> None:
    consent_changed.connect(on_consent, dispatch_uid="support.consent")


def on_consent(
    sender: object,
    customer: Customer | None,
    visitor: str,
    before: frozenset[str],
    after: frozenset[str],
    **kwargs: Any,
) -> None:
    """Messages that were kept to learn from go when the consent to it does."""
    if CHAT_TRAINING not in before - after:
        return
    path = "message__conversation__"
    theirs = Q(**{f"{path}customer": customer}) if customer else Q(pk__in=[])
    if visitor:
        theirs |= Q(**{f"{path}customer": None, f"{path}visitor": visitor})
    Correction.objects.filter(theirs).delete()
