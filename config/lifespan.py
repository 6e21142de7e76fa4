"""What happens when a web process starts and when it is told to stop."""

import gc

from asgiref.sync import sync_to_async

from config.checkpoints import Checkpoints
from shop import events
from support import threads as chat_threads


class Lifespan:
    """Answer the server's ``lifespan`` messages; write buffered events before the process ends."""

    async def __call__(self, scope, receive, send) -> None:
        checkpoints = Checkpoints()
        while True:
            message = await receive()
            if message["type"] == "lifespan.startup":
                # What is loaded by now stays: a full collection need not walk through it, which
                # would hold up every request for a third of a second.
                gc.collect()
                gc.freeze()
                checkpoints.start()
                await send({"type": "lifespan.startup.complete"})
            elif message["type"] == "lifespan.shutdown":
                await sync_to_async(events.flush)()
                await sync_to_async(chat_threads.stop)()
                await sync_to_async(checkpoints.stop)()
                await send({"type": "lifespan.shutdown.complete"})
                return
