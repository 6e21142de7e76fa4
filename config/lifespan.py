"""What happens when a web process starts and when it is told to stop."""

from asgiref.sync import sync_to_async

from shop import events


class Lifespan:
    """Answer the server's ``lifespan`` messages; write buffered events before the process ends."""

    async def __call__(self, scope, receive, send) -> None:
        while True:
            message = await receive()
            if message["type"] == "lifespan.startup":
                await send({"type": "lifespan.startup.complete"})
            elif message["type"] == "lifespan.shutdown":
                await sync_to_async(events.flush)()
                await send({"type": "lifespan.shutdown.complete"})
                return
