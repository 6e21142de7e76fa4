from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class RecommendConfig(AppConfig):
    name = "recommend"
    verbose_name = _("Recommendations")

    def ready(self) -> None:
        from recommend.ads import LIVE
        from recommend.models import AdCampaign, AdCreative
        from shop.selectors import kept

        kept.forget_with(AdCampaign, lambda _campaign: LIVE)
        kept.forget_with(AdCreative, lambda _creative: LIVE)
