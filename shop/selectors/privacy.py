"""The privacy policy and the page of choices, read from the register and the settings."""

from collections.abc import Sequence
from dataclasses import dataclass

from django.conf import settings
from django.http import HttpRequest

from shop.models import ConsentDecision
from shop.privacy import consent
from shop.privacy.recipients import recipients
from shop.privacy.register import (
    CONSENTS,
    PURPOSES,
    Basis,
    Personal,
    Purpose,
    Recipient,
    of_purpose,
    policy_version,
)

SHOWN_DECISIONS = 10


@dataclass(frozen=True)
class Section:
    """A purpose, and everything that is held for it."""

    purpose: Purpose
    entries: Sequence[Personal]


@dataclass(frozen=True)
class Policy:
    """What the policy says, as rows: no sentence of it is about data that is not there."""

    version: str
    contact: str
    sections: Sequence[Section]
    recipients: Sequence[Recipient]
    cookies: Sequence[str]


@dataclass(frozen=True)
class Question:
    """A purpose that can be allowed or refused, and how it stands."""

    purpose: Purpose
    entries: Sequence[Personal]
    allowed: bool


def policy() -> Policy:
    sections = [Section(purpose, of_purpose(code)) for code, purpose in PURPOSES.items()]
    return Policy(
        version=policy_version(),
        contact=settings.DEFAULT_FROM_EMAIL,
        sections=[section for section in sections if section.entries],
        recipients=recipients(),
        cookies=[
            settings.SESSION_COOKIE_NAME,
            settings.CSRF_COOKIE_NAME,
            settings.LANGUAGE_COOKIE_NAME,
        ],
    )


def questions(request: HttpRequest) -> list[Question]:
    given = consent.allowed(request)
    return [Question(PURPOSES[code], of_purpose(code), code in given) for code in CONSENTS]


def necessary() -> list[Purpose]:
    """What happens whatever is chosen."""
    return [
        purpose
        for purpose in PURPOSES.values()
        if purpose.basis != Basis.CONSENT and of_purpose(purpose.code)
    ]


def decisions(request: HttpRequest) -> list[ConsentDecision]:
    """The sender's own latest answers, newest first."""
    customer = request.customer or None  # type: ignore[attr-defined]
    if customer is not None:
        rows = ConsentDecision.objects.filter(customer=customer)
    else:
        visitor = str(request.visitor_key)  # type: ignore[attr-defined]
        rows = ConsentDecision.objects.filter(customer=None, visitor=visitor)
    return list(rows[:SHOWN_DECISIONS])
