"""Trained models and their training runs."""

from django.db import models
from django.utils.translation import gettext_lazy as _


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


class TrainingRun(models.Model):
    """One training or batch run, with progress a person can watch."""

    class State(models.TextChoices):
        RUNNING = "running", _("Running")
        DONE = "done", _("Done")
        FAILED = "failed", _("Failed")

    capability = models.CharField(_("capability"), max_length=60)
    state = models.CharField(
        _("state"), max_length=10, choices=State.choices, default=State.RUNNING
    )
    done = models.PositiveIntegerField(default=0)
    total = models.PositiveIntegerField(default=0)
    message = models.CharField(_("message"), max_length=500, blank=True)
    started_at = models.DateTimeField(_("started"), auto_now_add=True)
    finished_at = models.DateTimeField(_("finished"), null=True, blank=True)
    model = models.ForeignKey(ModelVersion, null=True, blank=True, on_delete=models.SET_NULL)

    class Meta:
        ordering = ["-started_at"]
        verbose_name = _("training run")
        verbose_name_plural = _("training runs")

    def __str__(self) -> str:
        return f"{self.capability} {self.started_at:%Y-%m-%d %H:%M}"
