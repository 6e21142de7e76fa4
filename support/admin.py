"""Conversations, for reading. Answering happens in the console."""

from django.contrib import admin
from django.http import HttpRequest
from django.urls import URLPattern, path
from unfold.admin import ModelAdmin, TabularInline

from foundation.admin_base import ReadOnlyAdmin
from support import pages
from support.models import Article, CannedAnswer, Conversation, Correction, Message


class MessageInline(TabularInline):
    model = Message
    fields = ["seq", "author", "text", "understanding", "at"]
    readonly_fields = fields
    extra = 0
    can_delete = False

    def has_add_permission(self, request: HttpRequest, obj: object = None) -> bool:
        return False


@admin.register(Conversation)
class ConversationAdmin(ReadOnlyAdmin):
    list_display = ["id", "customer", "state", "agent", "urgency", "rating", "updated_at"]
    list_filter = ["state", "updated_at"]
    search_fields = ["customer__user__email", "messages__text"]
    list_before_template = "admin/support/voices_link.html"
    list_select_related = ["customer__user", "agent"]
    fields = [
        "customer",
        "state",
        "agent",
        "language",
        "urgency",
        "rating",
        "rating_comment",
        "created_at",
        "updated_at",
    ]
    inlines = [MessageInline]

    def get_urls(self) -> list[URLPattern]:
        view = self.admin_site.admin_view(pages.voices)
        return [path("voices/", view, name="support_voices"), *super().get_urls()]


@admin.register(CannedAnswer)
class CannedAnswerAdmin(ModelAdmin):
    list_display = ["title", "text_en", "text_zh"]
    search_fields = ["title", "text_en", "text_zh"]


@admin.register(Correction)
class CorrectionAdmin(ReadOnlyAdmin):
    list_display = ["text", "before", "intent", "by", "at"]
    list_filter = ["intent"]
    list_select_related = ["by"]


@admin.register(Article)
class ArticleAdmin(ModelAdmin):
    list_display = ["title_en", "title_zh", "is_published", "updated_at"]
    list_filter = ["is_published"]
    search_fields = ["title_en", "title_zh", "body_en", "body_zh"]
    prepopulated_fields = {"slug": ["title_en"]}
