"""A freeze reaches chats that are open, within the second in which all sockets are looked after."""

import json
from datetime import timedelta

import pytest
from channels.db import database_sync_to_async
from channels.testing.websocket import WebsocketCommunicator
from django.contrib.auth.models import AnonymousUser
from django.utils import timezone

from risk import services
from risk.models import Freeze
from shop.middleware import VISITOR_KEY
from shop.models import Customer
from support.consumers import FROZEN, ChatConsumer
from support.models import Message
from support.services import open_conversation
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


async def test_a_frozen_account_opens_no_chat():
    customer = await somebody()
    await database_sync_to_async(services.freeze)(customer=customer, reason="stolen", by=None)
    socket = await connect(customer)
    assert json.loads(await socket.receive_from(timeout=5))["code"] == "account_frozen"
    assert (await socket.receive_output(timeout=5))["code"] == FROZEN
    await socket.disconnect()


async def test_signing_in_to_a_frozen_account_closes_a_chat_that_a_guest_began():
    customer = await somebody()
    socket = WebsocketCommunicator(ChatConsumer.as_asgi(), "/ws/chat/")
    socket.scope["session"] = {VISITOR_KEY: "guest"}
    socket.scope["user"] = AnonymousUser()
    assert (await socket.connect())[0]
    await database_sync_to_async(services.freeze)(customer=customer, reason="stolen", by=None)
    await Freeze.objects.aupdate(frozen_at=timezone.now() - timedelta(days=1))
    await database_sync_to_async(open_conversation)(visitor="guest", customer=customer)
    assert json.loads(await socket.receive_from(timeout=5))["code"] == "account_frozen"
    await socket.disconnect()
