"""API of the support app."""

from django.urls import path

from support import api

urlpatterns = [
    path("support/messages/", api.Messages.as_view(), name="api-messages"),
    path("support/rating/", api.Rating.as_view()),
    path("support/conversations/", api.ConversationList.as_view(), name="api-conversations"),
    path(
        "support/conversations/<int:pk>/messages/",
        api.ConversationMessages.as_view(),
        name="api-conversation",
    ),
]
