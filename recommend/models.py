"""What shoppers took out of their history."""

from django.db import models
from django.utils.translation import gettext_lazy as _


class Forgotten(models.Model):
    """A product whose views and purchases no longer choose what a shopper is shown.

    Orders stay as they are: they are the shop's books. A guest is known by the browser alone.
    """

    customer = models.ForeignKey(
        "shop.Customer",
        null=True,
        on_delete=models.CASCADE,
        related_name="+",
        verbose_name=_("customer"),
    )
    visitor = models.CharField(max_length=40, blank=True)
    product = models.ForeignKey(
        "shop.Product", on_delete=models.CASCADE, related_name="+", verbose_name=_("product")
    )
    at = models.DateTimeField(_("time"), auto_now_add=True)

    class Meta:
        verbose_name = _("forgotten product")
        verbose_name_plural = _("forgotten products")
        constraints = [
            models.UniqueConstraint(
                fields=["customer", "product"],
                condition=models.Q(customer__isnull=False),
                name="forgotten_once_by_customer",
            ),
            models.UniqueConstraint(
                fields=["visitor", "product"],
                condition=models.Q(customer__isnull=True),
                name="forgotten_once_by_guest",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.customer_id or self.visitor}: {self.product_id}"
