"""What is looked at when Django starts."""

import os
from collections.abc import Sequence
from pathlib import Path

from django.apps import AppConfig
from django.conf import settings
from django.core.checks import CheckMessage, Error, register


@register()
def artefact_folder(
    app_configs: Sequence[AppConfig] | None, **kwargs: object
) -> list[CheckMessage]:
    """Models are written to ``ARTEFACT_DIR``; find out now, not at the end of a training run."""
    folder = Path(settings.ARTEFACT_DIR)
    existing = next(path for path in (folder, *folder.parents) if path.exists())
    if existing.is_dir() and os.access(existing, os.W_OK | os.X_OK):
        return []
    return [
        Error(
            f"The folder for trained models cannot be written: {folder}",
            hint=f"Make {existing} a folder this user may write to, or set MERCATO_VAR to one.",
            id="foundation.E001",
        )
    ]
