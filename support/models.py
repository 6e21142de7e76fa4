"""Conversations, their messages, and what customers thought of them."""

import uuid

from django.conf import settings
from django.db import models
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from shop.models.base import Bilingual


class Conversation(models.Model):
    """One visitor's talk with the shop, from the first word to the close."""

    class State(models.TextChoices):
        BOT = "bot", _("With the assistant")
        WAITING = "waiting", _("Waiting for a person")
        AGENT = "agent", _("With an agent")
        CLOSED = "closed", _("Closed")

    uuid = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    customer = models.ForeignKey(
        "shop.Customer",
        null=True,
        blank=True,
        on_delete=models.SET_NULL,
        related_name="conversations",
        verbose_name=_("customer"),
    )
    visitor = models.CharField(max_length=40, db_index=True)
    agent = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        null=True,
        blank=True,
        on_delete=models.SET_NULL,
        related_name="conversations",
        verbose_name=_("agent"),
    )
    state = models.CharField(
        _("state"), max_length=10, choices=State.choices, default=State.BOT, db_index=True
    )
    language = models.CharField(_("language"), max_length=10, default="en")
    waiting_since = models.DateTimeField(_("waiting since"), null=True, blank=True)
    urgency = models.FloatField(
        _("urgency"), default=0.0, help_text=_("0 to 1: how much the last messages press.")
    )
    rating = models.PositiveSmallIntegerField(
        _("rating"), null=True, blank=True, help_text=_("1 to 5, given by the customer.")
    )
    rating_comment = models.TextField(_("comment"), max_length=1000, blank=True)
    last_seq = models.PositiveIntegerField(default=0)
    memory = models.JSONField(
        default=dict, blank=True, help_text=_("What the dialogue remembers between messages.")
    )
    created_at = models.DateTimeField(_("started"), auto_now_add=True)
    updated_at = models.DateTimeField(_("last message"), auto_now=True)

    class Meta:
        ordering = ["-updated_at"]
        verbose_name = _("conversation")
        verbose_name_plural = _("conversations")
        indexes = [models.Index(fields=["-updated_at"], name="conversation_moved")]

    def __str__(self) -> str:
        return f"#{self.pk}"


class Message(models.Model):
    """One message; ``seq`` counts from 1 in each conversation, without gaps."""

    class Author(models.TextChoices):
        CUSTOMER = "customer", _("Customer")
        BOT = "bot", _("Assistant")
        AGENT = "agent", _("Agent")
        SYSTEM = "system", _("System")

    conversation = models.ForeignKey(
        Conversation, on_delete=models.CASCADE, related_name="messages"
    )
    seq = models.PositiveIntegerField()
    author = models.CharField(_("author"), max_length=10, choices=Author.choices)
    client_id = models.CharField(max_length=40, null=True, blank=True)
    text = models.TextField(_("text"), max_length=4000)
    payload = models.JSONField(default=dict, blank=True, help_text=_("Cards and quick replies."))
    understanding = models.JSONField(
        _("understanding"),
        default=dict,
        blank=True,
        help_text=_("What the assistant took the message for."),
    )
    at = models.DateTimeField(_("time"), auto_now_add=True)

    class Meta:
        ordering = ["conversation", "seq"]
        verbose_name = _("message")
        verbose_name_plural = _("messages")
        constraints = [
            models.UniqueConstraint(fields=["conversation", "seq"], name="message_seq_once"),
            models.UniqueConstraint(
                fields=["conversation", "client_id"], name="message_client_id_once"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.seq} {self.author}"


class Note(models.Model):
    """What agents tell each other about a conversation; its customer never sees it."""

    conversation = models.ForeignKey(Conversation, on_delete=models.CASCADE, related_name="notes")
    author = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL, related_name="+"
    )
    text = models.TextField(_("note"), max_length=2000)
    at = models.DateTimeField(_("time"), auto_now_add=True)

    class Meta:
        ordering = ["at", "id"]
        verbose_name = _("note")
        verbose_name_plural = _("notes")

    def __str__(self) -> str:
        return self.text[:40]


class CannedAnswer(models.Model):
    """A text that agents send often, in both languages."""

    title = models.CharField(_("title"), max_length=80, unique=True)
    text_en = models.TextField(_("text (English)"), max_length=2000)
    text_zh = models.TextField(_("text (Chinese)"), max_length=2000)

    class Meta:
        ordering = ["title"]
        verbose_name = _("canned answer")
        verbose_name_plural = _("canned answers")

    def __str__(self) -> str:
        return self.title


class Correction(models.Model):
    """What a message really wanted, said by an agent; the next training learns from it."""

    message = models.OneToOneField(
        Message, null=True, blank=True, on_delete=models.SET_NULL, related_name="correction"
    )
    text = models.TextField(_("text"), max_length=4000)
    intent = models.CharField(_("intent"), max_length=40)
    before = models.CharField(_("taken for"), max_length=40, blank=True)
    by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL, related_name="+"
    )
    at = models.DateTimeField(_("time"), auto_now_add=True)

    class Meta:
        ordering = ["-at"]
        verbose_name = _("intent correction")
        verbose_name_plural = _("intent corrections")

    def __str__(self) -> str:
        return f"{self.intent}: {self.text[:40]}"


class Article(models.Model):
    """A page of the knowledge base: the assistant quotes it when no intent fits."""

    slug = models.SlugField(max_length=80, unique=True)
    title_en = models.CharField(_("title (English)"), max_length=160)
    title_zh = models.CharField(_("title (Chinese)"), max_length=160)
    body_en = models.TextField(_("text (English)"), max_length=8000)
    body_zh = models.TextField(_("text (Chinese)"), max_length=8000)
    is_published = models.BooleanField(_("published"), default=True)
    updated_at = models.DateTimeField(_("changed"), auto_now=True)
    title = Bilingual()
    body = Bilingual()

    class Meta:
        ordering = ["title_en"]
        verbose_name = _("article")
        verbose_name_plural = _("articles")

    def __str__(self) -> str:
        return str(self.title)

    def get_absolute_url(self) -> str:
        return reverse("support:article", args=[self.slug])
