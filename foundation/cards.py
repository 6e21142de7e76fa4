"""What a model card says in words; figures, data and intervals come from the registry."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from django.conf import settings
from django.utils.functional import Promise
from django.utils.module_loading import import_string
from django.utils.translation import gettext_lazy as _
from django.utils.translation import override

from foundation.learning.said import Said


@dataclass(frozen=True)
class Words:
    """What a model is for and where it should not be trusted, in the reader's language."""

    purpose: str | Promise
    limits: Sequence[str | Promise]
    figures: Mapping[str, str | Promise] = field(default_factory=dict)
    """What the figures that the registry keeps are called."""


def words(capability: str) -> Words | None:
    """Return what the app of a model says of it; ``MODEL_CARDS`` names where."""
    for path in settings.MODEL_CARDS:
        found: dict[str, Words] = import_string(path)
        if capability in found:
            return found[capability]
    return None


def figure_name(capability: str, name: str) -> str:
    """A figure as its reader calls it; by its key where the app of the model has no word for it."""
    said = words(capability)
    return str(said.figures.get(name, name)) if said else name


def figure_said(capability: str, name: str) -> str:
    """The same for a sentence that is kept: whoever reads it is told in his own language."""
    with override("en"):
        return Said(figure_name(capability, name).replace("%", "%%"))


GROUPS = {
    "age": _("Age"),
    "income": _("Yearly income"),
    "unknown": _("not told"),
    "Under 15K": _("under 15K"),
}
"""What the words of a group's name are called; ages and sums are the same in every language."""


def group_name(group: str) -> str:
    """A group of people as its reader calls it, from ``kind: value``."""
    return ": ".join(str(GROUPS.get(word, word)) for word in group.split(": "))
