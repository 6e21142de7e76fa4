"""The customer's websocket: messages in, messages out, nothing lost or doubled.

Messages of others (agents, workers) are found by :mod:`support.watching`, once a second for all
sockets of the process together.
"""

import asyncio
import json
import time
from collections import deque

from channels.generic.websocket import AsyncWebsocketConsumer

from risk.selectors import frozen_among
from shop.middleware import VISITOR_KEY
from shop.models import Customer
from shop.refusals import Refused
from support import console, selectors, services
from support.models import Conversation, Message
from support.threads import in_thread
from support.watching import watch

MAX_FRAME = 20_000
FROZEN = 4003
"""Closes the socket of a frozen account; the page does not connect again."""
BURST, BURST_SECONDS = 20, 10.0


class ChatConsumer(AsyncWebsocketConsumer):
    """Speaks JSON: ``{"type": "message", "id", "text"}``, ``{"type": "resume", "after"}`` and, for
    what an agent wrote, ``{"type": "read", "seq"}``.

    A resume may name the ``conversation`` that it counted in: another one is sent from its start.
    """

    async def connect(self) -> None:
        visitor = self.scope["session"].get(VISITOR_KEY)
        if not visitor:
            await self.close(code=4001)
            return
        self.conversation, frozen = await self._open(visitor)
        self.sent = 0
        self.seen = self.agent_read = 0
        self.times: deque[float] = deque(maxlen=BURST)
        self.sending = asyncio.Lock()
        await self.accept()
        if frozen:
            await self.shut_frozen()
            return
        watch().add(self.conversation.pk, self)

    async def disconnect(self, code: int) -> None:
        if hasattr(self, "conversation"):
            await watch().remove(self.conversation.pk, self)

    async def receive(self, text_data: str | None = None, bytes_data: bytes | None = None) -> None:
        if text_data is None or len(text_data) > MAX_FRAME:
            await self._error("too_long" if text_data else "invalid")
            return
        try:
            content = json.loads(text_data)
        except (ValueError, RecursionError):
            content = None
        kind = content.get("type") if isinstance(content, dict) else None
        if kind == "message":
            await self._message(content)
        elif kind == "resume" and type(content.get("after")) is int:
            same = content.get("conversation", "") in ("", str(self.conversation.uuid))
            self.sent = max(0, min(content["after"], 2**31 - 1)) if same else 0
            await self.send_new()
            if self.conversation.agent_read > self.agent_read:
                await self.send_read(self.conversation.agent_read)
        elif kind == "read" and type(content.get("seq")) is int:
            # At most one write for each message that was sent.
            if self.seen < content["seq"] <= self.sent:
                self.seen = content["seq"]
                await in_thread(console.customer_saw)(
                    conversation=self.conversation, seen=self.seen
                )
        else:
            await self._error("invalid")

    async def _message(self, content: dict) -> None:
        now = time.monotonic()
        if len(self.times) == BURST and now - self.times[0] < BURST_SECONDS:
            await self._error("too_fast", content.get("id"))
            return
        self.times.append(now)
        try:
            said = await self._say(content)
        except Refused as refusal:
            await self._error(refusal.code.value, content.get("id"))
            return
        if said is None:
            await self.shut_frozen(content.get("id"))
            return
        async with self.sending:
            if said[0].seq == self.sent + 1:
                await self._send([selectors.as_json(message) for message in said])
                return
        await self.send_new()

    async def send_new(self) -> None:
        """Send what this socket has not been sent yet, in order, each row once."""
        async with self.sending:
            new = await in_thread(selectors.messages_after)(self.conversation, self.sent)
            if new:
                await self._send(new)

    async def send_read(self, seq: int) -> None:
        """Say up to which message an agent has seen."""
        self.agent_read = seq
        await self.send(text_data=json.dumps({"type": "read", "seq": seq}))

    async def send_typing(self) -> None:
        await self.send(text_data=json.dumps({"type": "typing"}))

    async def _send(self, messages: list[dict]) -> None:
        """The caller holds ``sending``; the messages follow on what was sent."""
        self.sent = messages[-1]["seq"]
        frame = {
            "type": "messages",
            "messages": messages,
            "conversation": str(self.conversation.uuid),
        }
        await self.send(text_data=json.dumps(frame))

    async def shut_frozen(self, client_id: object = None) -> None:
        """A frozen account is told so and writes no more; appeals have a page of their own."""
        await self._error("account_frozen", client_id)
        await self.close(code=FROZEN)

    @in_thread
    def _say(self, content: dict) -> list[Message] | None:
        """The new messages; None for a frozen account."""
        customer = self.conversation.customer_id
        if customer is not None and frozen_among({customer}):
            return None
        return services.say(
            conversation=self.conversation, text=content.get("text"), client_id=content.get("id")
        )

    async def _error(self, code: str, client_id: object = None) -> None:
        answer = {"type": "error", "code": code, "id": client_id}
        await self.send(text_data=json.dumps(answer))

    @in_thread
    def _open(self, visitor: str) -> tuple[Conversation, bool]:
        """The conversation, and whether the customer's account is frozen."""
        user = self.scope["user"]
        customer = Customer.objects.filter(user=user).first() if user.is_authenticated else None
        conversation = services.open_conversation(visitor=visitor, customer=customer)
        return conversation, customer is not None and bool(frozen_among({customer.pk}))
