"""Which trainings there are: ``MODEL_TRAINERS`` in the settings, each a callable without arguments.

The same callable is run by ``manage.py train``, by the schedule and from the admin; it records its
run through :func:`foundation.runs.training_run`.
"""

from collections.abc import Callable

from django.conf import settings
from django.utils.module_loading import import_string


class UnknownTrainer(Exception):
    """There is no training of this name; the message lists those there are."""


def names() -> list[str]:
    return sorted(settings.MODEL_TRAINERS)


def trainer(name: str) -> Callable[[], object]:
    """Return what trains ``name``. Raises UnknownTrainer."""
    path = settings.MODEL_TRAINERS.get(name)
    if path is None:
        raise UnknownTrainer(f"No training is called {name}. There are: {', '.join(names())}.")
    return import_string(path)
