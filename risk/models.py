"""Assessments of checkouts, review cases, account freezes, rules, lists, and what was learned."""

from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy


class Decision(models.TextChoices):
    ALLOW = "allow", _("Allow")
    CHALLENGE = "challenge", _("Confirm by e-mail")
    REVIEW = "review", pgettext_lazy("decision", "Review")
    BLOCK = "block", _("Block")


class Assessment(models.Model):
    """What was thought of one checkout, and why. Written once, never changed afterwards.

    ``score`` is the share of the training orders that look more ordinary than this one, 0 to 1;
    null when no model could be loaded. Imported orders have an order and no checkout.
    """

    checkout_uuid = models.UUIDField(null=True, blank=True, db_index=True)
    order = models.ForeignKey(
        "shop.Order",
        null=True,
        blank=True,
        on_delete=models.CASCADE,
        related_name="risk_assessments",
    )
    customer = models.ForeignKey(
        "shop.Customer", null=True, blank=True, on_delete=models.SET_NULL, related_name="+"
    )
    score = models.FloatField(_("score"), null=True, blank=True)
    probability = models.FloatField(
        _("probability of fraud"),
        null=True,
        blank=True,
        help_text=_("By the model that learned from outcomes; empty when there is none."),
    )
    decision = models.CharField(_("decision"), max_length=10, choices=Decision.choices)
    shadow = models.JSONField(
        _("in shadow mode"),
        default=dict,
        blank=True,
        help_text=_("What models and rules on trial would have decided."),
    )
    reasons = models.JSONField(_("reasons"), default=list)
    features = models.JSONField(_("features"), default=dict)
    card_fingerprint = models.CharField(max_length=64, blank=True, db_index=True)
    visitor = models.CharField(max_length=40, blank=True, db_index=True)
    model = models.ForeignKey(
        "foundation.ModelVersion", null=True, blank=True, on_delete=models.SET_NULL
    )
    milliseconds = models.FloatField(_("time in ms"), default=0)
    at = models.DateTimeField(_("time"), db_index=True)

    class Meta:
        ordering = ["-at", "-id"]
        verbose_name = _("assessment")
        verbose_name_plural = _("assessments")

    def __str__(self) -> str:
        return f"{self.get_decision_display()} {self.at:%Y-%m-%d %H:%M}"


class Case(models.Model):
    """A person has to look: an order on hold, or a shopper who appeals against a block."""

    class State(models.TextChoices):
        OPEN = "open", _("Open")
        CLEARED = "cleared", _("Cleared")
        FRAUD = "fraud", _("Confirmed fraud")

    class Kind(models.TextChoices):
        REVIEW = "review", _("Order on hold")
        CHALLENGE = "challenge", _("Waiting for the customer's confirmation")
        APPEAL = "appeal", _("Appeal")

    assessment = models.ForeignKey(Assessment, on_delete=models.PROTECT, related_name="cases")
    kind = models.CharField(_("kind"), max_length=10, choices=Kind.choices)
    state = models.CharField(
        _("state"), max_length=10, choices=State.choices, default=State.OPEN, db_index=True
    )
    message = models.TextField(_("customer's message"), max_length=2000, blank=True)
    contact = models.EmailField(_("e-mail for the answer"), blank=True)
    note = models.TextField(_("note"), max_length=2000, blank=True)
    proposed_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        null=True,
        blank=True,
        on_delete=models.SET_NULL,
        related_name="+",
        verbose_name=_("fraud, says"),
        help_text=_("Much money is paid back only when a second person says the same."),
    )
    opened_at = models.DateTimeField(_("opened"), auto_now_add=True)
    decided_at = models.DateTimeField(_("decided"), null=True, blank=True)
    decided_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.SET_NULL, related_name="+"
    )

    class Meta:
        ordering = ["-opened_at", "-id"]
        verbose_name = _("case")
        verbose_name_plural = _("cases")
        constraints = [
            models.UniqueConstraint(fields=["assessment", "kind"], name="case_once_a_kind")
        ]

    def __str__(self) -> str:
        return f"#{self.pk} {self.get_kind_display()}"


class Freeze(models.Model):
    """A customer who may not order until a member of staff lifts it."""

    customer = models.ForeignKey("shop.Customer", on_delete=models.CASCADE, related_name="freezes")
    reason = models.CharField(_("reason"), max_length=200)
    is_active = models.BooleanField(_("active"), default=True)
    frozen_at = models.DateTimeField(_("frozen"), auto_now_add=True)
    frozen_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.SET_NULL, related_name="+"
    )
    lifted_at = models.DateTimeField(_("lifted"), null=True, blank=True)
    lifted_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.SET_NULL, related_name="+"
    )

    class Meta:
        ordering = ["-frozen_at"]
        verbose_name = _("freeze")
        verbose_name_plural = _("freezes")
        constraints = [
            models.UniqueConstraint(
                fields=["customer"], condition=models.Q(is_active=True), name="one_active_freeze"
            )
        ]

    def __str__(self) -> str:
        return f"{self.customer}: {self.reason}"


class Signal(models.Model):
    """One event as risk sees it: an order, a declined payment, a refund, a sign-in or a review,
    with its identities.

    Append-only but for the outcome: ``fraud`` is empty until it is known, at ``known_at``. States
    and training data can be built again from these rows. Keys are opaque: a customer's number, a
    card's fingerprint, hashes of an address and of a browser session.
    """

    class Kind(models.TextChoices):
        ORDER = "order", _("Order")
        DECLINED = "declined", _("Declined payment")
        REFUND = "refund", _("Refund")
        LOGIN = "login", _("Login")
        REVIEW = "review", _("Review")

    class Source(models.TextChoices):
        CHECKOUT = "checkout", _("Checkout")
        SIMULATION = "simulation", _("Simulation")

    kind = models.CharField(_("kind"), max_length=10, choices=Kind.choices)
    source = models.CharField(_("source"), max_length=10, choices=Source.choices)
    at = models.DateTimeField(_("time"))
    reference = models.CharField(max_length=80, unique=True)
    order = models.ForeignKey(
        "shop.Order", null=True, blank=True, on_delete=models.SET_NULL, related_name="+"
    )
    customer = models.CharField(max_length=40, blank=True)
    card = models.CharField(max_length=64, blank=True)
    visitor = models.CharField(max_length=40, blank=True)
    address = models.CharField(max_length=40, blank=True)
    domain = models.CharField(max_length=120, blank=True)
    # With defaults in the database, so that processes of the release before can still insert.
    ip = models.CharField(max_length=40, blank=True, default="", db_default="")
    latitude = models.FloatField(default=0, db_default=0)
    longitude = models.FloatField(default=0, db_default=0)
    total = models.FloatField(default=0)
    discount = models.FloatField(default=0)
    coupons = models.PositiveSmallIntegerField(default=0)
    lines = models.PositiveIntegerField(default=0)
    units = models.PositiveIntegerField(default=0)
    max_quantity = models.PositiveIntegerField(default=0)
    max_unit_price = models.FloatField(default=0)
    hour = models.FloatField(default=12)
    departments = models.JSONField(default=dict, blank=True)
    categories = models.JSONField(
        default=dict, db_default=models.Value({}, models.JSONField()), blank=True
    )
    campaign = models.CharField(_("campaign"), max_length=40, blank=True)
    fraud = models.BooleanField(_("fraud"), null=True, blank=True)
    known_at = models.DateTimeField(_("known since"), null=True, blank=True)

    class Meta:
        ordering = ["-at", "-id"]
        verbose_name = _("signal")
        verbose_name_plural = _("signals")
        indexes = [models.Index(fields=["at", "id"], name="signal_time")]

    def __str__(self) -> str:
        return f"{self.kind} {self.at:%Y-%m-%d %H:%M}"


class IdentityState(models.Model):
    """What is remembered of one customer, card, browser, address or e-mail domain."""

    key = models.CharField(max_length=140, primary_key=True)
    state = models.JSONField(default=dict)
    updated_at = models.DateTimeField(auto_now=True)

    class Meta:
        verbose_name = _("identity")
        verbose_name_plural = _("identities")

    def __str__(self) -> str:
        return self.key


class Rule(models.Model):
    """A rule that staff wrote. A change makes a new version; the old text is kept."""

    class Mode(models.TextChoices):
        OFF = "off", _("Off")
        SHADOW = "shadow", _("On trial: noted, without effect")
        ACTIVE = "active", _("Active")

    name = models.CharField(pgettext_lazy("rule", "name"), max_length=80, unique=True)
    expression = models.TextField(_("holds when"), max_length=500)
    decision = models.CharField(
        _("then"), max_length=10, choices=Decision.choices, default=Decision.REVIEW
    )
    mode = models.CharField(_("mode"), max_length=10, choices=Mode.choices, default=Mode.SHADOW)
    version = models.PositiveIntegerField(_("version"), default=1, editable=False)

    class Meta:
        ordering = ["name"]
        verbose_name = _("rule")
        verbose_name_plural = _("rules")

    def __str__(self) -> str:
        return self.name


class RuleVersion(models.Model):
    """What a rule said, since when, and who wrote it."""

    rule = models.ForeignKey(Rule, on_delete=models.CASCADE, related_name="versions")
    version = models.PositiveIntegerField(_("version"))
    expression = models.TextField(_("holds when"))
    decision = models.CharField(_("then"), max_length=10, choices=Decision.choices)
    mode = models.CharField(_("mode"), max_length=10, choices=Rule.Mode.choices)
    at = models.DateTimeField(_("time"), auto_now_add=True)
    by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.SET_NULL, related_name="+"
    )

    class Meta:
        ordering = ["-version"]
        constraints = [
            models.UniqueConstraint(fields=["rule", "version"], name="rule_version_once")
        ]

    def __str__(self) -> str:
        return f"{self.rule} v{self.version}"


class ListEntry(models.Model):
    """Somebody who is always let through, or never, until it expires."""

    class Effect(models.TextChoices):
        BLOCK = "block", _("Never accept")
        ALLOW = "allow", _("Always accept")

    class Field(models.TextChoices):
        CUSTOMER = "customer", _("Customer (number)")
        CARD = "card", _("Card (fingerprint)")
        VISITOR = "visitor", _("Browser (key)")
        ADDRESS = "address", _("Address (key)")
        EMAIL = "email", _("E-mail address")
        DOMAIN = "domain", _("E-mail domain")

    effect = models.CharField(_("effect"), max_length=10, choices=Effect.choices)
    field = models.CharField(_("of"), max_length=10, choices=Field.choices)
    value = models.CharField(pgettext_lazy("list entry", "value"), max_length=120)
    reason = models.CharField(_("reason"), max_length=200, blank=True)
    expires_at = models.DateTimeField(_("expires"), null=True, blank=True)
    created_at = models.DateTimeField(_("added"), auto_now_add=True)
    created_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.SET_NULL, related_name="+"
    )

    class Meta:
        ordering = ["-created_at"]
        verbose_name = _("list entry")
        verbose_name_plural = _("block and allow lists")
        constraints = [models.UniqueConstraint(fields=["field", "value"], name="listed_once")]

    def __str__(self) -> str:
        return f"{self.get_effect_display()}: {self.value}"


class Chargeback(models.Model):
    """A bank took an order's money back, or said that the payment was fraudulent."""

    order = models.ForeignKey("shop.Order", on_delete=models.CASCADE, related_name="chargebacks")
    reference = models.CharField(_("reference"), max_length=80, unique=True)
    amount = models.DecimalField(_("amount"), max_digits=12, decimal_places=2)
    reason = models.CharField(_("reason"), max_length=80, blank=True)
    fraud = models.BooleanField(_("for fraud"), default=True)
    received_at = models.DateTimeField(_("received"))

    class Meta:
        ordering = ["-received_at"]
        verbose_name = _("chargeback")
        verbose_name_plural = _("chargebacks")

    def __str__(self) -> str:
        return self.reference


class AuditEntry(models.Model):
    """Who did what, in a chain: each entry's hash covers the one before, so none can be changed
    or taken out unseen. Rows are written by :mod:`risk.audit` and never changed."""

    number = models.PositiveBigIntegerField(_("number"), unique=True)
    at = models.DateTimeField(_("time"))
    actor = models.CharField(_("who"), max_length=254)
    action = models.CharField(_("what"), max_length=40)
    subject = models.CharField(_("whom or what"), max_length=80)
    data = models.JSONField(default=dict, blank=True)
    previous = models.CharField(max_length=64, blank=True)
    digest = models.CharField(max_length=64)

    class Meta:
        ordering = ["-number"]
        verbose_name = _("audit entry")
        verbose_name_plural = _("audit log")

    def __str__(self) -> str:
        return f"{self.number} {self.action}"


class Alert(models.Model):
    """Something people were told of; repetitions within a short time only count up."""

    class Kind(models.TextChoices):
        BLOCKED = "blocked", _("Blocked orders")
        LATE = "late", _("Model missing or slow")
        CHARGEBACK = "chargeback", _("Chargeback")
        LOGINS = "logins", _("Many accounts tried")

    kind = models.CharField(_("kind"), max_length=12, choices=Kind.choices)
    subject = models.CharField(_("subject"), max_length=120)
    text = models.TextField(_("text"), max_length=1000)
    parts = models.JSONField(
        _("parts"),
        default=dict,
        db_default=models.Value({}, models.JSONField()),
        blank=True,
        editable=False,
    )
    """The text's template and values, for each reader's language."""
    times = models.PositiveIntegerField(_("times"), default=1)
    at = models.DateTimeField(_("time"), auto_now_add=True)

    class Meta:
        ordering = ["-at"]
        verbose_name = _("alert")
        verbose_name_plural = _("alerts")
        indexes = [models.Index(fields=["kind", "subject", "-at"], name="alert_group")]

    def __str__(self) -> str:
        return f"{self.get_kind_display()}: {self.subject}"


class KnownDevice(models.Model):
    """A browser from which somebody has signed in before, as a hash of what it says of itself."""

    user = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="known_devices"
    )
    digest = models.CharField(max_length=32)
    first_at = models.DateTimeField(_("first sign-in"), auto_now_add=True)
    last_at = models.DateTimeField(_("last sign-in"), auto_now_add=True)
    latitude = models.FloatField(_("latitude"), null=True, blank=True)
    longitude = models.FloatField(_("longitude"), null=True, blank=True)

    class Meta:
        verbose_name = _("known device")
        verbose_name_plural = _("known devices")
        constraints = [models.UniqueConstraint(fields=["user", "digest"], name="device_once")]

    def __str__(self) -> str:
        return f"{self.user_id} {self.digest[:8]}"
