"""How the account pages speak for this shop."""

from allauth.account.adapter import DefaultAccountAdapter
from django.conf import settings
from django.contrib.sites.requests import RequestSite


class AccountAdapter(DefaultAccountAdapter):
    """Mails call the shop by its name; the address in their links stays the request's."""

    def send_mail(self, template_prefix: str, email: str, context: dict) -> None:
        site = RequestSite(self.request)
        site.name = settings.SITE_NAME
        super().send_mail(template_prefix, email, {"current_site": site} | context)
