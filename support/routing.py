"""Websocket addresses."""

from django.urls import path

from support.consumers import ChatConsumer

websocket_urlpatterns = [path("ws/chat/", ChatConsumer.as_asgi())]
