"""Pages of the support app."""

from django.urls import path

from support import views

app_name = "support"
urlpatterns = [
    path("chat/", views.chat, name="chat"),
    path("messages/", views.messages, name="messages"),
    path("thumb/", views.thumb, name="thumb"),
    path("rate/", views.rate, name="rate"),
    path("picture/", views.show, name="show"),
    path("pictures/<uuid:key>.jpg", views.picture, name="picture"),
    path("leave/", views.leave, name="leave"),
    path("transcript.txt", views.transcript, name="transcript"),
    path("transcript/mail/", views.transcript_mail, name="transcript_mail"),
    path("help/", views.articles, name="articles"),
    path("help/<slug:slug>/", views.article, name="article"),
    path("console/", views.console, name="console"),
    path("console/team/", views.team, name="team"),
    path("console/presence/", views.presence, name="presence"),
    path("console/next/", views.take_next, name="next"),
    path("console/<int:pk>/here/", views.here, name="here"),
    path("console/<int:pk>/", views.console, name="thread"),
    path("console/<int:pk>/act/", views.console_act, name="act"),
    path("console/<int:pk>/messages/", views.console_messages, name="thread_messages"),
    path("console/message/<int:pk>/correct/", views.correct, name="correct"),
]
