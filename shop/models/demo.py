"""Bookkeeping of the demo import."""

from django.db import models


class DemoStage(models.Model):
    """A stage of ``load_demo`` that is complete; written in the stage's own transaction."""

    name = models.CharField(max_length=40, unique=True)
    summary = models.JSONField(default=dict)
    finished_at = models.DateTimeField(auto_now_add=True)

    def __str__(self) -> str:
        return self.name
