"""Conversations, for reading. Answering happens in the console."""

from django.contrib import admin
from django.http import HttpRequest
from unfold.admin import ModelAdmin, TabularInline

from support.models import Conversation, Message


class ReadOnly:
    def has_add_permission(self, request: HttpRequest, obj: object = None) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: object = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: object = None) -> bool:
        return False


class MessageInline(ReadOnly, TabularInline):
    model = Message
    fields = ["seq", "author", "text", "at"]
    readonly_fields = fields
    extra = 0


@admin.register(Conversation)
class ConversationAdmin(ReadOnly, ModelAdmin):
    list_display = ["id", "customer", "state", "agent", "last_seq", "updated_at"]
    list_filter = ["state", "updated_at"]
    search_fields = ["customer__user__email", "messages__text"]
    list_select_related = ["customer__user", "agent"]
    fields = ["customer", "state", "agent", "language", "created_at", "updated_at"]
    inlines = [MessageInline]
