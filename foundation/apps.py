from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class FoundationConfig(AppConfig):
    name = "foundation"
    verbose_name = _("Model layer")

    def ready(self) -> None:
        from foundation import checks  # noqa: F401
