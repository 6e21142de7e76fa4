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

    class Queue(models.TextChoices):
        GENERAL = "general", _("General")
        ORDERS = "orders", _("Orders and delivery")
        RETURNS = "returns", _("Returns and refunds")
        PAYMENT = "payment", _("Payment and accounts")

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
    queue = models.CharField(
        _("queue"), max_length=10, choices=Queue.choices, default=Queue.GENERAL
    )
    email = models.EmailField(
        _("e-mail"), blank=True, help_text=_("Left by a customer when nobody was there.")
    )
    customer_read = models.PositiveIntegerField(
        _("seen by the customer"), default=0, help_text=_("The last message the customer has seen.")
    )
    agent_read = models.PositiveIntegerField(
        _("seen by an agent"), default=0, help_text=_("The last message an agent has seen.")
    )
    read_at = models.DateTimeField(_("seen at"), null=True, blank=True, db_index=True)
    waited = models.PositiveIntegerField(
        _("waited, seconds"), null=True, blank=True, help_text=_("Until a person came.")
    )
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
    helpful = models.BooleanField(
        _("helpful"), null=True, blank=True, help_text=_("The customer's thumb, if any.")
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


def _picture_path(picture: "Picture", name: str) -> str:
    """A name that nobody outside chose and nobody can guess."""
    return f"chat/{picture.key}.jpg"


class Picture(models.Model):
    """What a customer shows in a message, written anew by us; seen by both sides of the chat."""

    key = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    message = models.ForeignKey(Message, on_delete=models.CASCADE, related_name="pictures")
    file = models.FileField(_("picture"), upload_to=_picture_path)

    class Meta:
        verbose_name = _("picture of a message")
        verbose_name_plural = _("pictures of messages")

    def __str__(self) -> str:
        return str(self.key)


class Presence(models.Model):
    """Whether an agent is there, and how many chats at once they take."""

    agent = models.OneToOneField(
        settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="presence"
    )
    away = models.BooleanField(_("away"), default=False)
    capacity = models.PositiveSmallIntegerField(_("chats at once"), default=4)
    seen_at = models.DateTimeField(_("seen"))

    class Meta:
        verbose_name = _("presence of an agent")
        verbose_name_plural = _("presence of agents")

    def __str__(self) -> str:
        return str(self.agent)


class Glance(models.Model):
    """An agent who has a conversation on the screen, and when they last typed an answer."""

    conversation = models.ForeignKey(Conversation, on_delete=models.CASCADE, related_name="glances")
    agent = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="+")
    at = models.DateTimeField(_("time"))
    typing_at = models.DateTimeField(_("typed at"), null=True, db_index=True)

    class Meta:
        verbose_name = _("look at a conversation")
        verbose_name_plural = _("looks at conversations")
        constraints = [
            models.UniqueConstraint(fields=["conversation", "agent"], name="glance_once"),
        ]

    def __str__(self) -> str:
        return f"{self.agent} {self.conversation}"


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


class Opinion(models.Model):
    """What a message or a review says about one aspect; made from their text, never by hand."""

    message = models.ForeignKey(
        Message, null=True, on_delete=models.CASCADE, related_name="opinions"
    )
    review = models.ForeignKey(
        "shop.Review", null=True, on_delete=models.CASCADE, related_name="opinions"
    )
    aspect = models.CharField(_("aspect"), max_length=20)
    topic = models.CharField(_("topic"), max_length=40, blank=True)
    feeling = models.FloatField(_("feeling"), help_text=_("-1 to 1"))
    language = models.CharField(_("language"), max_length=10)
    at = models.DateTimeField(_("time"), db_index=True)

    class Meta:
        ordering = ["-at"]
        verbose_name = _("opinion")
        verbose_name_plural = _("opinions")
        constraints = [
            models.UniqueConstraint(fields=["message", "aspect"], name="opinion_message_once"),
            models.UniqueConstraint(fields=["review", "aspect"], name="opinion_review_once"),
        ]

    def __str__(self) -> str:
        return f"{self.aspect} {self.feeling:+.1f}"


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
