"""The server of ``benchmarks.support load``: the chat, and a bare Channels echo beside it.

Run as a program it makes the database, the trained model and the visitors' sessions, and prints
the session keys.
"""

import json
import sys
from uuid import uuid4

from channels.auth import AuthMiddlewareStack
from channels.generic.websocket import AsyncWebsocketConsumer
from channels.routing import ProtocolTypeRouter, URLRouter
from django.core.asgi import get_asgi_application
from django.urls import path

http = get_asgi_application()

from config.lifespan import Lifespan  # noqa: E402
from support.routing import websocket_urlpatterns  # noqa: E402


class Echo(AsyncWebsocketConsumer):
    async def receive(self, text_data: str | None = None, bytes_data: bytes | None = None) -> None:
        await self.send(text_data=text_data)


routes = [*websocket_urlpatterns, path("ws/echo/", Echo.as_asgi())]
application = ProtocolTypeRouter(
    {
        "http": http,
        "websocket": AuthMiddlewareStack(URLRouter(routes)),
        "lifespan": Lifespan(),
    }
)


def prepare(count: int) -> list[str]:
    from django.contrib.sessions.backends.db import SessionStore
    from django.core.management import call_command

    from shop.middleware import VISITOR_KEY

    call_command("migrate", verbosity=0)
    call_command("train_intents", stdout=sys.stderr)
    keys = []
    for _number in range(count):
        store = SessionStore()
        store[VISITOR_KEY] = uuid4().hex
        store.save()
        keys.append(store.session_key)
    return keys


if __name__ == "__main__":
    print(json.dumps(prepare(int(sys.argv[1]))))
