"""Labels of our own models' fields, in the reader's language."""

import json

from django.apps import AppConfig, apps
from django.db.models import Field, Model
from django.db.models.signals import post_migrate
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext_lazy

OURS = frozenset({"foundation", "shop", "recommend", "inventory", "risk", "support"})
THEIRS = frozenset({"mfa", "usersessions"})
"""Of others, whose labels nobody marked for translation."""


def unlabelled(model: type[Model]) -> list[Field]:
    """The fields of a model whose label Django makes from their name: ``delivery fee``."""
    fields = [*model._meta.local_fields, *model._meta.local_many_to_many]
    return [field for field in fields if field._verbose_name is None]  # type: ignore[attr-defined]


def plain_json(value: object, encoder: type[json.JSONEncoder] | None) -> SafeString:
    return format_html(
        "<pre>{}</pre>", json.dumps(value, indent=2, ensure_ascii=False, cls=encoder)
    )


class ConfigConfig(AppConfig):
    """Translates the labels that Django makes from names like those that are written out.

    A label that is part of a field's definition is part of its migrations too; these are not.
    """

    name = "config"

    def ready(self) -> None:
        from unfold import fields

        from config import log
        from config.roles import make_groups

        log.connect()
        post_migrate.connect(make_groups, dispatch_uid="config.roles")
        # The theme colours JSON by styles written into the page, which the content policy forbids.
        fields.prettify_json = plain_json
        for label in OURS | THEIRS:
            for model in apps.get_app_config(label).get_models():
                for field in unlabelled(model):
                    field.verbose_name = gettext_lazy(str(field.verbose_name))
                names = model._meta
                if "verbose_name" not in names.original_attrs:
                    names.verbose_name = gettext_lazy(str(names.verbose_name))
                    names.verbose_name_plural = gettext_lazy(str(names.verbose_name_plural))
