"""Trained models and their training runs."""

from django.db import models
from django.utils import timezone
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from foundation.encryption import EncryptedJSONField
from foundation.sayings import BROKE_OFF, LOST, told, told_log


class ModelVersion(models.Model):
    """One trained model of one capability. At most one per capability is active."""

    class Status(models.TextChoices):
        CANDIDATE = "candidate", _("Candidate")
        ACTIVE = "active", _("Active")
        RETIRED = "retired", _("Retired")

    capability = models.CharField(
        _("capability"), max_length=60, help_text="recommend.ease, risk.orders, …"
    )
    version = models.PositiveIntegerField(_("version"))
    status = models.CharField(
        _("status"), max_length=10, choices=Status.choices, default=Status.CANDIDATE
    )
    artefact = models.CharField(max_length=200, help_text=_("Path below the artefact folder."))
    sha256 = models.CharField(max_length=64)
    data_from = models.DateField(_("data from"), null=True, blank=True)
    data_to = models.DateField(_("data to"), null=True, blank=True)
    parameters = models.JSONField(_("parameters"), default=dict, blank=True)
    metrics = models.JSONField(_("metrics"), default=dict, blank=True)
    code_revision = models.CharField(max_length=40, blank=True)
    decision = models.CharField(
        _("decision"),
        max_length=300,
        blank=True,
        help_text=_("Why it was promoted, or was not."),
    )
    outdated_at = models.DateTimeField(
        _("to be trained anew since"),
        null=True,
        blank=True,
        help_text=_("Somebody whose data it learned from has been erased since."),
    )
    decision_parts = models.JSONField(default=dict, blank=True, editable=False)
    created_at = models.DateTimeField(_("trained"), auto_now_add=True)
    activated_at = models.DateTimeField(_("activated"), null=True, blank=True)

    class Meta:
        ordering = ["capability", "-version"]
        verbose_name = _("model version")
        verbose_name_plural = _("model versions")
        constraints = [
            models.UniqueConstraint(fields=["capability", "version"], name="version_once"),
            models.UniqueConstraint(
                fields=["capability"],
                condition=models.Q(status="active"),
                name="one_active_model",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.capability} v{self.version}"

    @property
    def decided(self) -> str:
        """The gate's words in the reader's language."""
        return told(self.decision, self.decision_parts)


class TrainingRun(models.Model):
    """One training or batch run, with progress a person can watch. One of a model at a time.

    The process at work writes ``heartbeat_at`` every few seconds; a run whose heart has stopped is
    marked failed by the sweeper.
    """

    class State(models.TextChoices):
        RUNNING = "running", _("Running")
        DONE = "done", _("Done")
        FAILED = "failed", _("Failed")
        CANCELLED = "cancelled", _("Cancelled")

    capability = models.CharField(_("capability"), max_length=60)
    state = models.CharField(
        _("state"), max_length=10, choices=State.choices, default=State.RUNNING
    )
    done = models.PositiveIntegerField(default=0)
    total = models.PositiveIntegerField(default=0)
    message = models.CharField(_("message"), max_length=500, blank=True)
    message_parts = models.JSONField(default=dict, blank=True, editable=False)
    curve = models.JSONField(
        _("loss curve"), default=list, blank=True, help_text="[[step, loss], …]"
    )
    log = models.TextField(_("log"), blank=True, default="")
    started_at = models.DateTimeField(_("started"), auto_now_add=True)
    heartbeat_at = models.DateTimeField(_("last sign of life"), default=timezone.now)
    finished_at = models.DateTimeField(_("finished"), null=True, blank=True)
    cancel_requested = models.BooleanField(_("asked to stop"), default=False)
    model = models.ForeignKey(ModelVersion, null=True, blank=True, on_delete=models.SET_NULL)

    class Meta:
        ordering = ["-started_at"]
        verbose_name = _("training run")
        verbose_name_plural = _("training runs")
        constraints = [
            models.UniqueConstraint(
                fields=["capability"],
                condition=models.Q(state="running"),
                name="one_run_at_a_time",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.capability} {self.started_at:%Y-%m-%d %H:%M}"

    @property
    def told(self) -> str:
        """The message in the reader's language."""
        if self.technical and not self.message_parts:
            # Of a release that kept nothing but the error.
            return gettext(BROKE_OFF)
        return told(self.message, self.message_parts)

    @property
    def technical(self) -> str:
        """The error of a run that failed, as the program words it; empty where there is none."""
        failed = self.state == self.State.FAILED
        return self.message if failed and self.message != LOST else ""

    @property
    def told_log(self) -> str:
        return told_log(self.log)


class Alert(models.Model):
    """Something about a model that a person should look at. Open until it is no longer so."""

    class Kind(models.TextChoices):
        DRIFT = "drift", _("Inputs or scores have shifted")
        DECAY = "decay", _("Worse than when it was promoted")
        STALE = "stale", _("Data or model out of date")

    kind = models.CharField(_("kind"), max_length=10, choices=Kind.choices)
    capability = models.CharField(_("capability"), max_length=60)
    subject = models.CharField(_("subject"), max_length=80)
    value = models.FloatField(_("value"))
    limit = models.FloatField(_("limit"))
    raised_at = models.DateTimeField(_("raised"), auto_now_add=True)
    seen_at = models.DateTimeField(_("last seen"), default=timezone.now)
    closed_at = models.DateTimeField(_("closed"), null=True, blank=True)

    class Meta:
        ordering = ["-raised_at"]
        verbose_name = _("model alert")
        verbose_name_plural = _("model alerts")
        constraints = [
            models.UniqueConstraint(
                fields=["kind", "capability", "subject"],
                condition=models.Q(closed_at__isnull=True),
                name="one_open_alert",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.get_kind_display()}: {self.capability} {self.subject}"


class Measurement(models.Model):
    """A figure of a day: stability of an input, a live metric, the age of data."""

    capability = models.CharField(_("capability"), max_length=60)
    name = models.CharField(_("name"), max_length=80)
    day = models.DateField(_("day"))
    value = models.FloatField(_("value"))
    against = models.FloatField(
        _("compared with"),
        null=True,
        blank=True,
        help_text=_("What it was at the promotion or in the weeks before, or its limit."),
    )

    class Meta:
        ordering = ["capability", "name", "day"]
        verbose_name = _("measurement")
        verbose_name_plural = _("measurements")
        constraints = [
            models.UniqueConstraint(fields=["capability", "name", "day"], name="measured_once"),
        ]

    def __str__(self) -> str:
        return f"{self.capability} {self.name} {self.day}: {self.value:.4g}"


class Node(models.Model):
    """A thing of the knowledge graph, known by kind and key: ``product`` ``17``, ``type`` ``TEA``.

    The graph knows no tables of the shop; who builds it gives names to show.
    """

    kind = models.CharField(max_length=20)
    key = models.CharField(max_length=160)
    name_en = models.CharField(max_length=160, blank=True)
    name_zh = models.CharField(max_length=160, blank=True)

    class Meta:
        verbose_name = _("graph node")
        verbose_name_plural = _("graph nodes")
        constraints = [models.UniqueConstraint(fields=["kind", "key"], name="node_once")]

    def __str__(self) -> str:
        return self.name_en or f"{self.kind} {self.key}"


class Edge(models.Model):
    """A typed, weighted relation. Written by one build after another, never changed by hand."""

    kind = models.CharField(max_length=20)
    source = models.ForeignKey(
        Node, on_delete=models.CASCADE, related_name="edges_out", verbose_name=_("relation source")
    )
    target = models.ForeignKey(
        Node, on_delete=models.CASCADE, related_name="edges_in", verbose_name=_("relation target")
    )
    weight = models.FloatField(_("relation weight"))

    class Meta:
        verbose_name = _("graph edge")
        verbose_name_plural = _("graph edges")
        constraints = [
            models.UniqueConstraint(fields=["kind", "source", "target"], name="edge_once"),
        ]
        indexes = [models.Index(fields=["source", "kind", "-weight"], name="edge_strongest")]

    def __str__(self) -> str:
        return f"{self.source} {self.kind} {self.target}"


class OutboxMessage(models.Model):
    """A mail or webhook on its way to the outside; see ``foundation.outbox``."""

    class State(models.TextChoices):
        WAITING = "waiting", _("Waiting")
        SENT = "sent", _("Sent")
        DROPPED = "dropped", _("No longer true, not sent")
        DEAD = "dead", _("Given up")

    key = models.CharField(_("key"), max_length=150, unique=True)
    kind = models.CharField(_("kind"), max_length=40)
    args = EncryptedJSONField(
        _("composed from"),
        default=dict,
        help_text=_("What it is composed from; forgotten when it is sent."),
    )
    state = models.CharField(_("state"), max_length=8, choices=State.choices, default=State.WAITING)
    attempts = models.PositiveSmallIntegerField(_("attempts"), default=0)
    error = models.CharField(_("last error"), max_length=200, blank=True)
    created_at = models.DateTimeField(_("created"), default=timezone.now)
    next_at = models.DateTimeField(_("next attempt"))
    sent_at = models.DateTimeField(_("sent at"), null=True, blank=True)

    class Meta:
        ordering = ["-created_at"]
        verbose_name = _("message to the outside")
        verbose_name_plural = _("messages to the outside")
        indexes = [
            models.Index(
                fields=["next_at"], condition=models.Q(state="waiting"), name="outbox_due"
            ),
            models.Index(fields=["state", "sent_at"], name="outbox_state"),
        ]

    def __str__(self) -> str:
        return f"{self.kind} {self.pk}"
