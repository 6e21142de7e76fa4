"""ASGI entry point: HTTP by Django, websockets by Channels, a clean stop by the lifespan."""

import os

from channels.auth import AuthMiddlewareStack
from channels.routing import ProtocolTypeRouter, URLRouter
from channels.security.websocket import AllowedHostsOriginValidator
from django.core.asgi import get_asgi_application

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
django_application = get_asgi_application()

# Imported late: they need the app registry that get_asgi_application() has just loaded.
from config.lifespan import Lifespan  # noqa: E402
from config.log import WithRequestId  # noqa: E402
from config.tracing import start  # noqa: E402
from foundation.routing import websocket_urlpatterns as training  # noqa: E402
from support.routing import websocket_urlpatterns as chat  # noqa: E402

start("web")
application = WithRequestId(
    ProtocolTypeRouter(
        {
            "http": django_application,
            "websocket": AllowedHostsOriginValidator(
                AuthMiddlewareStack(URLRouter([*chat, *training]))
            ),
            "lifespan": Lifespan(),
        }
    )
)
