"""Websocket addresses."""

from django.urls import path

from foundation.consumers import TrainingConsumer

websocket_urlpatterns = [path("ws/training/", TrainingConsumer.as_asgi())]
