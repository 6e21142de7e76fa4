"""Progress of training runs over a websocket, for staff."""

import asyncio
import contextlib

from channels.db import database_sync_to_async
from channels.generic.websocket import AsyncJsonWebsocketConsumer
from django.conf import settings
from django.utils import translation
from django.utils.translation import get_supported_language_variant
from django.utils.translation.trans_real import parse_accept_lang_header

from foundation import selectors
from foundation.second_factor import lacks_second_factor

SECONDS = 1.0
DENIED = 4003


class TrainingConsumer(AsyncJsonWebsocketConsumer):
    """Sends ``{"runs": [...]}`` whenever something about the newest runs has changed.

    Runs are at work in other processes, so the database is looked at once a second; few people
    watch at a time.
    """

    async def connect(self) -> None:
        self.task: asyncio.Task | None = None
        if not await self._allowed():
            await self.close(code=DENIED)
            return
        await self.accept()
        self.task = asyncio.create_task(self._tell())

    async def receive(
        self, text_data: str | None = None, bytes_data: bytes | None = None, **kwargs: object
    ) -> None:
        """Nothing is asked of this socket, so whatever comes is not even read."""

    async def disconnect(self, code: int) -> None:
        if self.task is not None:
            self.task.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await self.task

    async def _tell(self) -> None:
        told = None
        while True:
            runs = await self._runs()
            if runs != told:
                await self.send_json({"runs": runs})
                told = runs
            await asyncio.sleep(SECONDS)

    @database_sync_to_async
    def _allowed(self) -> bool:
        user = self.scope.get("user")
        if not user or not user.is_staff or lacks_second_factor(user):
            return False
        return bool(user.has_perm("foundation.view_trainingrun"))

    @database_sync_to_async
    def _runs(self) -> list[dict]:
        with translation.override(language_of(self.scope)):
            return selectors.run_states()


def language_of(scope: dict) -> str:
    """The reader's language: the middleware that finds it for a page is for HTTP alone."""
    chosen = scope.get("cookies", {}).get(settings.LANGUAGE_COOKIE_NAME, "")
    if chosen in dict(settings.LANGUAGES):
        return chosen
    accepted = dict(scope.get("headers", [])).get(b"accept-language", b"").decode("latin-1")
    for code, _ in parse_accept_lang_header(accepted.lower()):
        with contextlib.suppress(LookupError):
            return get_supported_language_variant(code)
    return settings.LANGUAGE_CODE
