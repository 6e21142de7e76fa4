"""Users, customers, addresses, wishlists."""

from typing import ClassVar

from django.conf import settings
from django.contrib.auth.models import AbstractUser, BaseUserManager
from django.db import models
from django.utils.translation import gettext_lazy as _

from foundation.encryption import EncryptedCharField
from shop.models.base import Timestamped


class UserManager(BaseUserManager["User"]):
    """Users are found by e-mail, whatever its case."""

    use_in_migrations = True

    def _create(self, email: str, password: str | None, **fields) -> "User":
        if not email:
            raise ValueError("A user needs an e-mail address.")
        user = self.model(email=self.normalize_email(email).lower(), **fields)
        user.set_password(password)
        user.save(using=self._db)
        return user

    def create_user(self, email: str, password: str | None = None, **fields) -> "User":
        return self._create(email, password, **fields)

    def create_superuser(self, email: str, password: str | None = None, **fields) -> "User":
        return self._create(email, password, is_staff=True, is_superuser=True, **fields)

    def get_by_natural_key(self, username: str | None) -> "User":
        return self.get(email__iexact=username)


class User(AbstractUser):
    """Somebody who can sign in: a shopper or a member of staff."""

    username = None  # type: ignore[assignment]
    email = models.EmailField(_("e-mail address"), unique=True)

    USERNAME_FIELD = "email"
    REQUIRED_FIELDS: ClassVar[list[str]] = []
    objects = UserManager()  # type: ignore[assignment,misc]

    class Meta:
        verbose_name = _("user")
        verbose_name_plural = _("users")

    def __str__(self) -> str:
        return self.email


class Customer(Timestamped):
    """A shopper: what the shop knows of them beyond the sign-in."""

    user = models.OneToOneField(
        settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.SET_NULL
    )
    household_key = models.PositiveIntegerField(
        _("household"), null=True, blank=True, unique=True, help_text=_("Key in the data set.")
    )
    name = models.CharField(_("name"), max_length=120, blank=True)
    phone = EncryptedCharField(_("phone"), max_length=40, blank=True)
    language = models.CharField(
        _("language"), max_length=10, choices=settings.LANGUAGES, default="en"
    )
    birth_date = models.DateField(_("date of birth"), null=True, blank=True)
    demographics = models.JSONField(_("demographics"), default=dict, blank=True)
    home_channel = models.ForeignKey(
        "shop.Channel", null=True, blank=True, on_delete=models.SET_NULL, verbose_name=_("channel")
    )
    # The newest of the customer's ConsentDecisions, kept by shop.privacy.consent and nobody else.
    personalisation = models.BooleanField(_("personal recommendations"), default=False)
    advertising = models.BooleanField(_("personal offers"), default=False)
    chat_training = models.BooleanField(_("learning from chats"), default=False)
    consent_version = models.CharField(
        _("version of the question"),
        max_length=12,
        blank=True,
        editable=False,
        help_text=_("Empty: not asked yet."),
    )

    class Meta:
        verbose_name = _("customer")
        verbose_name_plural = _("customers")

    def __str__(self) -> str:
        return self.name or (self.user.email if self.user else f"#{self.pk}")


class Address(Timestamped):
    """A postal address in a customer's address book."""

    customer = models.ForeignKey(Customer, on_delete=models.CASCADE, related_name="addresses")
    recipient = EncryptedCharField(_("recipient"), max_length=120)
    line1 = EncryptedCharField(_("address"), max_length=200)
    line2 = EncryptedCharField(_("address, second line"), max_length=200, blank=True)
    city = EncryptedCharField(_("city"), max_length=100)
    region = EncryptedCharField(_("state or province"), max_length=100, blank=True)
    postal_code = EncryptedCharField(_("postal code"), max_length=20)
    country = models.CharField(_("country"), max_length=2, default="US")
    phone = EncryptedCharField(_("phone"), max_length=40, blank=True)
    is_default = models.BooleanField(_("default address"), default=False)

    class Meta:
        verbose_name = _("address")
        verbose_name_plural = _("addresses")

    def __str__(self) -> str:
        return f"{self.recipient}, {self.line1}, {self.city}"


class WishlistItem(models.Model):
    customer = models.ForeignKey(Customer, on_delete=models.CASCADE, related_name="wishlist")
    product = models.ForeignKey("shop.Product", on_delete=models.CASCADE)
    added_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        verbose_name = _("wishlist item")
        verbose_name_plural = _("wishlist items")
        constraints = [
            models.UniqueConstraint(fields=["customer", "product"], name="wishlist_once")
        ]

    def __str__(self) -> str:
        return str(self.product)
