"""What people ask of their data: a copy of it, and its end; and what retention did."""

import uuid

from django.conf import settings
from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from foundation.encryption import EncryptedJSONField


class DataDownload(models.Model):
    """A copy of everything about one customer, as a file that is there for a while."""

    class State(models.TextChoices):
        WAITING = "waiting", _("Being made")
        READY = "ready", _("Ready")
        FAILED = "failed", _("Could not be made")

    key = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    customer = models.ForeignKey(
        "shop.Customer",
        on_delete=models.CASCADE,
        related_name="downloads",
        verbose_name=_("customer"),
    )
    state = models.CharField(
        _("state"), max_length=10, choices=State.choices, default=State.WAITING
    )
    requested_at = models.DateTimeField(_("asked for"), auto_now_add=True)
    ready_at = models.DateTimeField(_("ready since"), null=True, blank=True)
    expires_at = models.DateTimeField(_("expires"), null=True, blank=True)
    fetched = models.PositiveIntegerField(_("times fetched"), default=0)
    fetched_at = models.DateTimeField(_("last fetched"), null=True, blank=True)
    size = models.PositiveBigIntegerField(_("bytes"), default=0)

    class Meta:
        ordering = ["-requested_at", "-id"]
        verbose_name = _("download of data")
        verbose_name_plural = _("downloads of data")

    def __str__(self) -> str:
        return f"{self.key} {self.state}"

    @property
    def is_open(self) -> bool:
        """Whether it can be fetched."""
        ready = self.state == self.State.READY and self.expires_at is not None
        return ready and self.expires_at > timezone.now()  # type: ignore[operator]

    @property
    def place(self) -> str:
        """Its name in the default storage; the file is encrypted."""
        return f"downloads/{self.key}.zip.sealed"


class ErasureRequest(models.Model):
    """Somebody is to be taken out of the shop. What stays says what was done, and to nobody."""

    class State(models.TextChoices):
        WAITING = "waiting", _("Waiting")
        APPROVAL = "approval", _("Needs a second person")
        RUNNING = "running", _("At work")
        DONE = "done", _("Done")
        CANCELLED = "cancelled", _("Cancelled")

    key = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    customer = models.ForeignKey(
        "shop.Customer",
        null=True,
        blank=True,
        on_delete=models.SET_NULL,
        related_name="erasures",
        verbose_name=_("customer"),
        help_text=_("Empty when it is done."),
    )
    state = models.CharField(
        _("state"), max_length=10, choices=State.choices, default=State.WAITING, db_index=True
    )
    by_staff = models.BooleanField(_("asked for by staff"), default=False)
    requested_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        null=True,
        blank=True,
        on_delete=models.SET_NULL,
        related_name="+",
        verbose_name=_("asked for by"),
    )
    approved_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        null=True,
        blank=True,
        on_delete=models.SET_NULL,
        related_name="+",
        verbose_name=_("approved by"),
    )
    language = models.CharField(_("language"), max_length=10, default="en")
    requested_at = models.DateTimeField(_("asked for"), auto_now_add=True)
    due_at = models.DateTimeField(_("due"), db_index=True)
    started_at = models.DateTimeField(_("started"), null=True, blank=True)
    finished_at = models.DateTimeField(_("finished"), null=True, blank=True)
    subject = EncryptedJSONField(
        default=dict,
        blank=True,
        editable=False,
        help_text=_("By what the person is found while the erasure is at work; then empty."),
    )
    report = models.JSONField(
        _("report"), default=dict, blank=True, help_text=_("By part of the shop, what was done.")
    )

    class Meta:
        ordering = ["-requested_at", "-id"]
        verbose_name = _("erasure")
        verbose_name_plural = _("erasures")
        constraints = [
            models.UniqueConstraint(
                fields=["customer"],
                condition=models.Q(state__in=["waiting", "approval", "running"]),
                name="one_open_erasure",
            )
        ]

    def __str__(self) -> str:
        return f"{self.key} {self.state}"


class ErasedPerson(models.Model):
    """The keyed hash of somebody who was erased: a backup that is restored brings them back."""

    digest = models.CharField(max_length=32, unique=True)
    at = models.DateTimeField(auto_now_add=True)

    class Meta:
        verbose_name = _("erased person")
        verbose_name_plural = _("erased persons")

    def __str__(self) -> str:
        return self.digest[:8]


class RetentionRun(models.Model):
    """What one run of the retention task took away, by table."""

    started_at = models.DateTimeField(_("started"), auto_now_add=True)
    finished_at = models.DateTimeField(_("finished"), null=True, blank=True)
    removed = models.JSONField(_("removed"), default=dict, blank=True)

    class Meta:
        ordering = ["-started_at", "-id"]
        verbose_name = _("retention run")
        verbose_name_plural = _("retention runs")

    def __str__(self) -> str:
        return f"{self.started_at:%Y-%m-%d %H:%M}"
