"""What risk holds about people, for the register of :mod:`shop.privacy.register`."""

from django.conf import settings
from django.utils.translation import gettext_lazy as _

from foundation.encryption import blind_index
from risk import audit
from shop.privacy.recipients import host_of
from shop.privacy.register import (
    DEVICES,
    PURPOSES,
    RISK,
    STAFF,
    Ending,
    Erasure,
    NotPersonal,
    Personal,
    Reader,
    Recipient,
)

_fraud, _security, _work = PURPOSES["fraud"], PURPOSES["security"], PURPOSES["work"]
_SEEN = (Reader.RISK, Reader.ADMINISTRATORS)

DECLARED = (
    Personal(
        "risk.Assessment",
        ("customer", "visitor", "card_fingerprint", "features", "reasons", "shadow"),
        _("What was thought of an order's risk, and why"),
        *(_fraud, RISK, _SEEN, Erasure.UNLINK),
        person="customer",
        since="at",
        ends={
            "customer": None,
            "order": None,
            "checkout_uuid": None,
            "visitor": "",
            "card_fingerprint": "",
            "features": {},
            "reasons": [],
            "shadow": {},
        },
    ),
    Personal(
        "risk.Case",
        ("message", "contact"),
        _("Your appeal against a blocked order and where to answer it"),
        *(_fraud, RISK, _SEEN, Erasure.CLEAR),
        person="assessment__customer",
        since="opened_at",
        ends={"message": "", "contact": ""},
    ),
    Personal(
        "risk.Case",
        ("note",),
        _("Notes of staff on a case"),
        *(_fraud, RISK, _SEEN, Erasure.CLEAR),
        person="assessment__customer",
        since="opened_at",
        exported=False,
        ends={"note": ""},
    ),
    Personal(
        "risk.Freeze",
        ("customer", "reason"),
        _("Whether and why an account may not order"),
        *(_fraud, RISK, (*_SEEN, Reader.SUPPORT), Erasure.DELETE),
        person="customer",
        since="frozen_at",
    ),
    Personal(
        "risk.Signal",
        (
            *("customer", "card", "visitor", "address", "domain", "order", "ip"),
            *("latitude", "longitude"),
        ),
        _("Orders, payments, refunds, reviews and sign-ins as risk sees them, by keys and hashes"),
        *(_fraud, RISK, (*_SEEN, Reader.MODELS), Erasure.UNLINK),
        person="order__customer",
        since="at",
        exported=False,
        ends={
            **dict.fromkeys(("customer", "card", "visitor", "address", "domain", "ip"), ""),
            "order": None,
            "latitude": 0.0,
            "longitude": 0.0,
            # It names the order, and has to stay unlike all others.
            "reference": lambda old: blind_index("risk.Signal", old),
        },
    ),
    Personal(
        "risk.IdentityState",
        ("key", "state"),
        _("Counts remembered of one customer, card, browser or address"),
        *(_fraud, RISK, _SEEN, Erasure.DELETE),
        since="updated_at",
        exported=False,
    ),
    Personal(
        "risk.ListEntry",
        ("value", "reason"),
        _("Who is always or never let through"),
        *(_fraud, RISK, _SEEN, Erasure.KEEP),
        since="created_at",
        exported=False,
        ends=Erasure.DELETE,
    ),
    Personal(
        "risk.Chargeback",
        ("reference", "reason"),
        _("What your bank wrote about a payment"),
        *(_fraud, RISK, _SEEN, Erasure.CLEAR),
        person="order__customer",
        since="received_at",
        ends={"reason": ""},
    ),
    Personal(
        "risk.KnownDevice",
        ("user", "digest", "latitude", "longitude"),
        _("Browsers you signed in from, as hashes, and roughly where"),
        *(_security, DEVICES, _SEEN, Erasure.DELETE),
        person="user__customer",
        since="last_at",
    ),
    Personal(
        "risk.Alert",
        ("subject", "text", "parts"),
        _("Alerts about blocked orders and many failed sign-ins"),
        *(_fraud, RISK, _SEEN, Erasure.KEEP),
        since="at",
        exported=False,
        ends=Erasure.DELETE,
    ),
    Personal(
        "risk.AuditEntry",
        ("actor", "subject", "data"),
        _("Who of the staff decided what about whom, in a chain that cannot be changed"),
        *(_security, STAFF, _SEEN, Erasure.KEEP),
        since="at",
        exported=False,
        ends=Ending(audit.count_over, audit.trim),
    ),
    Personal(
        "risk.Case",
        ("proposed_by", "decided_by"),
        _("Who of the staff decided a case"),
        *(_work, RISK, _SEEN, Erasure.KEEP),
        since="opened_at",
        exported=False,
        ends={"proposed_by": None, "decided_by": None},
    ),
    Personal(
        "risk.Freeze",
        ("frozen_by", "lifted_by"),
        _("Who of the staff froze or freed an account"),
        *(_work, RISK, _SEEN, Erasure.KEEP),
        since="frozen_at",
        exported=False,
    ),
    Personal(
        "risk.RuleVersion",
        ("by",),
        _("Who of the staff wrote a rule"),
        *(_work, STAFF, _SEEN, Erasure.KEEP),
        since="at",
        exported=False,
        ends={"by": None},
    ),
    Personal(
        "risk.ListEntry",
        ("created_by",),
        _("Who of the staff made a list's entry"),
        *(_work, RISK, _SEEN, Erasure.KEEP),
        since="created_at",
        exported=False,
    ),
    NotPersonal("risk.Rule", ("name", "expression"), "a rule about orders, not about somebody"),
    NotPersonal("risk.RuleVersion", ("expression",), "a rule about orders, not about somebody"),
    NotPersonal("risk.Signal", ("departments", "categories"), "shares of a basket"),
)


def recipients() -> list[Recipient]:
    """Who is sent alerts; they name orders and accounts by their numbers."""
    if not settings.RISK_WEBHOOK_URL:
        return []
    told = _("alerts about blocked orders and attacked accounts")
    return [Recipient(host_of(settings.RISK_WEBHOOK_URL), told)]
