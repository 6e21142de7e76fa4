"""The register of personal data: every field about a person, what for, for how long, who sees it.

One declaration, from which the privacy policy is written, data is downloaded and erased, and old
rows go. Apps above the shop declare theirs in a module that ``settings.PERSONAL_DATA`` names; a
test walks all models and fails for a field that looks personal and is in none of them.

The columns follow article 30 of the GDPR (records of processing activities).
"""

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from functools import cache
from hashlib import sha256
from typing import Any

from django.apps import apps
from django.conf import settings
from django.db import models
from django.utils.functional import Promise
from django.utils.module_loading import import_string
from django.utils.translation import gettext_lazy as _

Text = str | Promise


class Basis(models.TextChoices):
    """Legal basis, as article 6 of the GDPR counts them."""

    CONTRACT = "contract", _("needed for what you asked us to do")
    CONSENT = "consent", _("your consent, which you can take back at any time")
    LAW = "law", _("the law asks us to")
    INTEREST = "interest", _("our legitimate interest")


class Reader(models.TextChoices):
    """Who gets to see it besides the person: roles of staff, or the world."""

    PUBLIC = "public", _("everybody who visits the shop")
    SUPPORT = "support", _("support agents")
    RISK = "risk", _("risk analysts")
    MARKETING = "marketing", _("marketing")
    STOCK = "stock", _("stock managers")
    ADMINISTRATORS = "administrators", _("administrators")
    MODELS = "models", _("models in training, under a pseudonym")
    NOBODY = "nobody", _("nobody; only the program compares it")


class Erasure(models.TextChoices):
    """What happens to the field when a person is erased, and when its time is over."""

    DELETE = "delete", _("deleted")
    CLEAR = "clear", _("emptied; the row stays")
    UNLINK = "unlink", _("no longer tied to you")
    KEEP = "keep", _("kept until its time is over")


@dataclass(frozen=True)
class Purpose:
    """What data is used for. ``weighed`` says why, where the basis is a legitimate interest."""

    code: str
    title: Text
    text: Text
    basis: Basis
    weighed: Text = ""


@dataclass(frozen=True)
class Period:
    """How long: ``days`` after the moment that the entry's ``since`` names; None: no fixed end."""

    days: int | None
    text: Text


@dataclass(frozen=True)
class Ending:
    """An end that takes more than values.

    ``count(before)`` says how many rows a run would end, ``end(before)`` ends them and returns
    their number; ``before`` is the moment up to which their time is over.
    """

    count: Callable[[datetime], int]
    end: Callable[[datetime], int]


@dataclass(frozen=True)
class Personal:
    """Fields of one model that are about one person and share one fate.

    Attributes
    ----------
    model
        Label, as ``shop.Order``.
    fields
        Names of its fields.
    what
        What that is, in words for the person.
    person
        Look-up path from a row to the :class:`shop.models.Customer` it is about; empty when only
        a browser's key or a member of staff is named.
    since
        Field from which ``period`` counts; a look-up path is fine. Empty: the period has no days.
    exported
        Whether it is part of the download of all one's data.
    ends
        What becomes of the row when the period is over, if it is not deleted with its person: new
        values by field, a function of the old value where a part stays; or ``Erasure.DELETE``; or
        a function that does it (:class:`Ending`). Empty for what is deleted, and for what is
        nobody's once another entry of the row it hangs on has ended.
    """

    model: str
    fields: tuple[str, ...]
    what: Text
    purpose: Purpose
    period: Period
    seen_by: tuple[Reader, ...]
    erased: Erasure
    person: str = ""
    since: str = ""
    exported: bool = True
    ends: "Mapping[str, Any] | Erasure | Ending" = field(default_factory=dict, compare=False)

    @property
    def deleted_at_end(self) -> bool:
        return self.erased == Erasure.DELETE or self.ends == Erasure.DELETE

    @property
    def table(self) -> type[models.Model]:
        return apps.get_model(self.model)


@dataclass(frozen=True)
class NotPersonal:
    """Fields that look personal and are not, with the reason."""

    model: str
    fields: tuple[str, ...]
    reason: str


@dataclass(frozen=True)
class Recipient:
    """Somebody outside who gets data, if the settings are such."""

    who: Text
    what: Text


PURPOSES: dict[str, Purpose] = {
    purpose.code: purpose
    for purpose in (
        Purpose(
            "account",
            _("Your account"),
            _("To let you sign in and keep what you want kept: addresses, wishlist, cart."),
            Basis.CONTRACT,
        ),
        Purpose(
            "orders",
            _("Orders, deliveries and returns"),
            _("To send what you ordered, to tell you about it and to take things back."),
            Basis.CONTRACT,
        ),
        Purpose(
            "books",
            _("The shop's books"),
            _("Sales, payments and refunds are kept as tax and commercial law ask."),
            Basis.LAW,
        ),
        Purpose(
            "reviews",
            _("Reviews"),
            _("To show other customers what you think of a product you bought."),
            Basis.CONTRACT,
        ),
        Purpose(
            "support",
            _("Help in the chat"),
            _("To answer what you ask, and to know what was said when you come back."),
            Basis.CONTRACT,
        ),
        Purpose(
            "fraud",
            _("Protection against fraud"),
            _("To recognise stolen cards and taken-over accounts; models learn from past orders."),
            Basis.INTEREST,
            _(
                "Fraud harms the people whose cards and accounts are misused. Whoever commits it "
                "would say no, so there is no switch for it; decisions against you are checked by "
                "a person on request."
            ),
        ),
        Purpose(
            "security",
            _("Security"),
            _("To notice sign-ins that are not yours and to know who of the staff saw what."),
            Basis.INTEREST,
            _("Nobody else can keep your account safe, and little is stored for it."),
        ),
        Purpose(
            "personalisation",
            _("Personal recommendations"),
            _("To choose products for you from what you viewed and bought, and to train models."),
            Basis.CONSENT,
        ),
        Purpose(
            "advertising",
            _("Personal offers"),
            _("To offer you coupons and campaigns that fit what you buy."),
            Basis.CONSENT,
        ),
        Purpose(
            "chat_training",
            _("Learning from your chats"),
            _("To let the assistant learn what a message meant when an agent corrects it."),
            Basis.CONSENT,
        ),
        Purpose(
            "choices",
            _("Your privacy choices"),
            _("To do as you chose, and to be able to show that we do."),
            Basis.LAW,
        ),
        Purpose(
            "work",
            _("The work of our staff"),
            _("To know which member of staff decided or changed something."),
            Basis.INTEREST,
            _("Mistakes can only be put right when it is known who made which decision."),
        ),
    )
}
CONSENTS = ("personalisation", "advertising", "chat_training")
"""Purposes that a person can say yes or no to, in the order they are asked."""

ACCOUNT = Period(None, _("as long as you have an account"))
BOOKS = Period(3650, _("ten years, as the law asks"))
CART = Period(90, _("90 days after the last change"))
BEHAVIOUR = Period(395, _("13 months"))
CHATS = Period(730, _("two years after the last message"))
RISK = Period(730, _("two years"))
DEVICES = Period(365, _("a year after the last sign-in"))
SESSION = Period(14, _("14 days after your last visit"))
ATTEMPT = Period(90, _("90 days"))
MAILS = Period(30, _("30 days; no longer than until it is sent"))
PROOF = Period(1095, _("three years"))
STAFF = Period(1825, _("five years"))


@cache
def register() -> tuple[Personal, ...]:
    """All entries of all apps, in the order of the settings."""
    return tuple(entry for entry in _declared() if isinstance(entry, Personal))


@cache
def exceptions() -> tuple[NotPersonal, ...]:
    return tuple(entry for entry in _declared() if isinstance(entry, NotPersonal))


def _declared() -> Iterator[Personal | NotPersonal]:
    for path in settings.PERSONAL_DATA:
        yield from import_string(path)


def of_purpose(code: str) -> tuple[Personal, ...]:
    return tuple(entry for entry in register() if entry.purpose.code == code)


def of_model(label: str) -> tuple[Personal, ...]:
    """The entries of one model, whatever the case of its label."""
    return tuple(entry for entry in register() if entry.model.lower() == label.lower())


@cache
def policy_version() -> str:
    """Changes whenever the register does: which fields, what for, how long, who, what then."""
    return _digest(register())


@cache
def consent_version() -> str:
    """Changes with what people are asked for; an answer given before covers nothing new."""
    return _digest(entry for entry in register() if entry.purpose.basis == Basis.CONSENT)


def _digest(entries: Iterable[Personal]) -> str:
    rows = sorted(
        f"{entry.model}.{field} {entry.purpose.code} {entry.purpose.basis} {entry.period.days} "
        f"{sorted(entry.seen_by)} {entry.exported} {entry.erased}"
        for entry in entries
        for field in entry.fields
    )
    return sha256("\n".join(rows).encode()).hexdigest()[:12]
