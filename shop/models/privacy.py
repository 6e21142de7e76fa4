"""What people have allowed."""

from typing import NoReturn

from django.db import models
from django.utils.translation import gettext_lazy as _


class ConsentDecision(models.Model):
    """One answer to the question what may be done with somebody's data. Rows are never changed.

    A guest is known by the browser alone. ``given`` are the codes of the purposes that were said
    yes to; all others were said no to.
    """

    class Source(models.TextChoices):
        BANNER = "banner", _("Banner")
        CENTRE = "centre", _("Your privacy")
        RAIL = "rail", _("Recommendations switched off on a page")
        API = "api", _("API")
        CHAT = "chat", _("Chat")
        MAIL = "mail", _("Link in a mail")
        SIGN_IN = "sign_in", _("Chosen as a guest, before signing in")
        DEMO = "demo", _("Part of the demo's data")
        EARLIER = "earlier", _("Before there was a choice for each purpose")

    customer = models.ForeignKey(
        "shop.Customer",
        null=True,
        on_delete=models.SET_NULL,
        related_name="consent_decisions",
        verbose_name=_("customer"),
    )
    visitor = models.CharField(max_length=40, blank=True, db_index=True)
    at = models.DateTimeField(_("time"), auto_now_add=True)
    given = models.JSONField(_("allowed"), default=list)
    source = models.CharField(_("where"), max_length=10, choices=Source.choices)
    version = models.CharField(
        _("version of the question"), max_length=12, help_text=_("Changes with what is asked for.")
    )
    policy_version = models.CharField(_("version of the policy"), max_length=12)

    class Meta:
        ordering = ["-at", "-id"]
        verbose_name = _("privacy choice")
        verbose_name_plural = _("privacy choices")

    def __str__(self) -> str:
        return f"{self.at:%Y-%m-%d %H:%M} {', '.join(self.given) or '-'}"

    def save(self, *args: object, **kwargs: object) -> None:
        if not self._state.adding:
            _refuse()
        super().save(*args, **kwargs)  # type: ignore[arg-type]


def _refuse() -> NoReturn:
    raise TypeError("A privacy choice is never changed: write the new one.")
