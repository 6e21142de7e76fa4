"""Behaviour events: append-only, the training data of every model."""

from django.db import models
from django.utils.translation import gettext_lazy as _


class Event(models.Model):
    class Kind(models.TextChoices):
        VIEW = "view", _("View")
        SEARCH = "search", _("Search")
        IMPRESSION = "impression", _("Impression")
        CLICK = "click", _("Click")
        CART = "cart", _("Add to cart")
        PURCHASE = "purchase", _("Purchase")
        REVIEW = "review", _("Review")
        RETURN = "return", _("Return")
        LOGIN = "login", _("Login")
        MESSAGE = "message", _("Chat message")

    kind = models.CharField(max_length=12, choices=Kind.choices)
    at = models.DateTimeField()
    visitor = models.CharField(max_length=40, help_text=_("Random key of the browser session."))
    customer = models.ForeignKey(
        "shop.Customer", null=True, on_delete=models.CASCADE, related_name="+", db_constraint=False
    )
    product = models.ForeignKey(
        "shop.Product", null=True, on_delete=models.CASCADE, related_name="+", db_constraint=False
    )
    surface = models.CharField(max_length=40, blank=True)
    query = models.CharField(max_length=200, blank=True)
    data = models.JSONField(default=dict, blank=True)

    class Meta:
        verbose_name = _("event")
        verbose_name_plural = _("events")
        indexes = [
            models.Index(fields=["visitor", "-at"], name="event_visitor_time"),
            models.Index(fields=["kind", "-at"], name="event_kind_time"),
        ]

    def __str__(self) -> str:
        return f"{self.kind} {self.at:%Y-%m-%d %H:%M:%S}"
