"""A freeze reaches chats that are open, within the second in which all sockets are looked after."""

import json

import pytest
from channels.db import database_sync_to_async
from channels.testing.websocket import WebsocketCommunicator

from risk import services
from shop.middleware import VISITOR_KEY
from shop.models import Customer
from support.consumers import FROZEN, ChatConsumer
from support.models import Message
from tests.shop.factories import CustomerFactory, UserFactory

pytestmark = pytest.mark.django_db(transaction=True)


@database_sync_to_async
def somebody() -> Customer:
    return CustomerFactory(user=UserFactory())


async def connect(customer: Customer) -> WebsocketCommunicator:
    socket = WebsocketCommunicator(ChatConsumer.as_asgi(), "/ws/chat/")
    socket.scope["session"] = {VISITOR_KEY: f"visitor-{customer.pk}"}
    socket.scope["user"] = customer.user
    connected, _ = await socket.connect()
    assert connected
    return socket


async def test_an_open_chat_is_told_and_closed_and_others_go_on():
    frozen, other = await somebody(), await somebody()
    shut, goes_on = await connect(frozen), await connect(other)
    await database_sync_to_async(services.freeze)(customer=frozen, reason="stolen", by=None)
    told = json.loads(await shut.receive_from(timeout=5))
    assert (told["type"], told["code"]) == ("error", "account_frozen")
    closed = await shut.receive_output(timeout=5)
    assert (closed["type"], closed["code"]) == ("websocket.close", FROZEN)
    assert await goes_on.receive_nothing(timeout=0.1)
    await shut.disconnect()
    await goes_on.disconnect()


async def test_a_message_right_after_the_freeze_is_not_taken():
    customer = await somebody()
    socket = await connect(customer)
    await database_sync_to_async(services.freeze)(customer=customer, reason="stolen", by=None)
    await socket.send_to(text_data=json.dumps({"type": "message", "id": "m1", "text": "hello"}))
    assert json.loads(await socket.receive_from(timeout=5))["code"] == "account_frozen"
    assert not await Message.objects.aexists()
    await socket.disconnect()
