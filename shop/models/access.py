"""Keys of programs, and who of the staff read what of whom."""

from django.conf import settings
from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _


class ApiToken(models.Model):
    """A program's key. Only its digest is kept; ``prefix`` lets a person tell keys apart."""

    class Scope(models.TextChoices):
        READ = "read", _("Read")
        WRITE = "write", _("Change")
        STAFF = "staff", _("Work of staff")

    user = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="api_tokens"
    )
    name = models.CharField(_("name"), max_length=60)
    prefix = models.CharField(_("begins with"), max_length=12)
    digest = models.CharField(max_length=64, unique=True)
    scopes = models.JSONField(_("may"), default=list)
    created_at = models.DateTimeField(_("made"), auto_now_add=True)
    expires_at = models.DateTimeField(_("expires"))
    last_used_at = models.DateTimeField(_("last used"), null=True, blank=True)
    revoked_at = models.DateTimeField(_("revoked"), null=True, blank=True)

    class Meta:
        ordering = ["-created_at", "-id"]
        verbose_name = _("API key")
        verbose_name_plural = _("API keys")

    def __str__(self) -> str:
        return f"{self.name} ({self.prefix}…)"

    @property
    def is_valid(self) -> bool:
        return self.revoked_at is None and self.expires_at > timezone.now()

    @property
    def may(self) -> str:
        """The scopes in the reader's words."""
        return ", ".join(str(self.Scope(scope).label) for scope in self.scopes)


class PersonalRead(models.Model):
    """A member of staff opened a page with personal data of others. Rows are never changed."""

    by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL, related_name="+"
    )
    at = models.DateTimeField(_("time"), auto_now_add=True, db_index=True)
    page = models.CharField(_("page"), max_length=80)
    subject = models.CharField(
        _("whom or what"), max_length=60, blank=True, help_text=_("Empty for a list.")
    )

    class Meta:
        ordering = ["-at", "-id"]
        verbose_name = _("read of personal data")
        verbose_name_plural = _("reads of personal data")

    def __str__(self) -> str:
        return f"{self.page} {self.subject}"


class SavedFilter(models.Model):
    """A list of the administration as a member of staff likes to see it."""

    owner = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="saved_filters"
    )
    page = models.CharField(_("list"), max_length=80, help_text=_("App and model: shop.order."))
    name = models.CharField(_("name"), max_length=60)
    query = models.CharField(_("query string"), max_length=500, blank=True)

    class Meta:
        ordering = ["name"]
        verbose_name = _("saved filter")
        verbose_name_plural = _("saved filters")
        constraints = [
            models.UniqueConstraint(fields=["owner", "page", "name"], name="saved_filter_once"),
        ]

    def __str__(self) -> str:
        return self.name
