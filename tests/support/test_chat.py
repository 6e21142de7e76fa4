"""A conversation over HTTP and over a websocket, and the agents' side of it."""

import json

import pytest
from channels.db import database_sync_to_async
from channels.testing.websocket import WebsocketCommunicator
from django.test import Client

from shop.middleware import VISITOR_KEY
from shop.models import User
from shop.refusals import RefusalCode, Refused
from support import selectors, services
from support.consumers import ChatConsumer
from support.dialogue import articles
from support.models import Article, Conversation, Correction, Message
from support.watching import watch

pytestmark = pytest.mark.usefixtures("assistant")


def post(client: Client, text: object, client_id: object = "a1"):
    body = json.dumps({"id": client_id, "text": text})
    return client.post("/support/messages/", body, content_type="application/json")


@pytest.mark.django_db
def test_a_question_is_answered_in_its_language(client):
    english = post(client, "how do I return something", "a1").json()["messages"]
    assert [row["author"] for row in english] == ["customer", "bot"]
    chinese = post(client, "怎么退货", "a2").json()["messages"][-1]["text"]
    assert dialogue_language(english[-1]["text"]) == "en"
    assert dialogue_language(chinese) == "zh"


def dialogue_language(text: str) -> str:
    from support.dialogue import language_of

    return language_of(text)


@pytest.mark.django_db
def test_sending_again_with_the_same_id_changes_nothing(client):
    post(client, "hello")
    post(client, "hello")
    assert Message.objects.filter(author="customer").count() == 1
    assert Message.objects.count() == 2


@pytest.mark.django_db
def test_a_known_client_id_leaves_the_conversation_as_it_was():
    conversation = services.open_conversation(visitor="v", customer=None)
    services.say(conversation=conversation, text="hello", client_id="a1")
    before = conversation.last_seq
    services.say(conversation=conversation, text="hello", client_id="a1")
    assert conversation.last_seq == before == Message.objects.count()


@pytest.mark.django_db
def test_what_could_be_chosen_is_gone_after_a_hand_over(client):
    post(client, "asdf qwer", "a1")
    last = post(client, "I want to talk to a person", "a2").json()["messages"][-1]
    assert (last["author"], last["payload"].get("quick")) == ("bot", None)


@pytest.mark.django_db
@pytest.mark.parametrize("text", ["", "   ", "x" * 4001, None, 7, ["a"], {"a": 1}])
def test_bad_texts_are_refused_and_nothing_is_kept(client, text):
    response = post(client, text)
    assert response.status_code == 409
    assert Message.objects.count() == 0


@pytest.mark.django_db
@pytest.mark.parametrize("body", [b"", b"{", b"[]", b"\xff", b"null"])
def test_malformed_json_is_a_clear_error(client, body):
    response = client.post("/support/messages/", body, content_type="application/json")
    assert response.status_code == 400


@pytest.mark.django_db
@pytest.mark.parametrize("text", ["<script>alert(1)</script>", "'; DROP TABLE x; --", "a\x00b"])
def test_hostile_text_is_kept_as_text_and_shown_escaped(client, text):
    assert post(client, text).status_code == 200
    page = client.get("/support/chat/").content.decode()
    assert "<script>alert(1)</script>" not in page


@pytest.mark.django_db
def test_asking_for_a_person_hands_over_and_the_agent_answers(client, django_user_model):
    post(client, "I want to talk to a person")
    conversation = Conversation.objects.get()
    assert conversation.state == Conversation.State.WAITING
    agent = django_user_model.objects.create_superuser("agent@example.com", "secret-secret")
    staff = Client()
    staff.force_login(agent)
    staff.post(f"/support/console/{conversation.pk}/act/", {"act": "say", "text": "Here I am"})
    texts = [row["text"] for row in client.get("/support/messages/?after=0").json()["messages"]]
    assert texts[-1] == "Here I am"
    assert len(post(client, "thanks", "a9").json()["messages"]) > 0
    assert Message.objects.last().author == "customer"


@pytest.mark.django_db
def test_the_console_is_for_agents_only(client, django_user_model):
    assert client.get("/support/console/").status_code == 302
    client.force_login(django_user_model.objects.create_user("some@example.com", "secret-secret"))
    assert client.get("/support/console/").status_code == 403


async def connect(visitor: str) -> WebsocketCommunicator:
    from django.contrib.auth.models import AnonymousUser

    communicator = WebsocketCommunicator(ChatConsumer.as_asgi(), "/ws/chat/")
    communicator.scope["session"] = {VISITOR_KEY: visitor}
    communicator.scope["user"] = AnonymousUser()
    connected, _ = await communicator.connect()
    assert connected
    return communicator


async def ask(communicator: WebsocketCommunicator, content: object) -> dict:
    text = content if isinstance(content, str) else json.dumps(content)
    await communicator.send_to(text_data=text)
    return json.loads(await communicator.receive_from(timeout=20))


@pytest.mark.django_db(transaction=True)
async def test_a_socket_resumes_where_it_stopped():
    first = await connect("v1")
    answer = await ask(first, {"type": "message", "id": "m1", "text": "hello"})
    assert [row["seq"] for row in answer["messages"]] == [1, 2]
    await first.disconnect()
    second = await connect("v1")
    answer = await ask(second, {"type": "resume", "after": 1})
    assert [row["seq"] for row in answer["messages"]] == [2]
    await second.disconnect()


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize(
    ("content", "code"),
    [
        ("x" * 10_000_000, "too_long"),
        ("{", "invalid"),
        ("[]", "invalid"),
        ({"type": "resume", "after": "1"}, "invalid"),
        ({"type": "message", "id": "m", "text": ""}, "message_length"),
        ({"type": "message", "id": None, "text": "hello"}, "invalid_input"),
    ],
)
async def test_a_socket_answers_bad_input_with_an_error(content, code):
    communicator = await connect("v2")
    answer = await ask(communicator, content)
    assert (answer["type"], answer["code"]) == ("error", code)
    await communicator.disconnect()


@pytest.mark.django_db
def test_signing_in_takes_the_conversation_along(django_user_model):
    from shop.models import Customer

    customer = Customer.objects.create(name="A")
    guest = services.open_conversation(visitor="v3", customer=None)
    assert services.open_conversation(visitor="v3", customer=customer).pk == guest.pk
    other = Customer.objects.create(name="B")
    assert services.open_conversation(visitor="v3", customer=other).pk != guest.pk


@pytest.mark.django_db
def test_anothers_order_is_like_an_unknown_one(client, django_user_model):
    from tests.shop.factories import OrderFactory

    order = OrderFactory(number="M-20260101-ABCDEF")
    user = django_user_model.objects.create_user("me@example.com", "secret-secret")
    client.force_login(user)
    theirs = post(client, f"where is {order.number}", "o1").json()["messages"][-1]
    unknown = post(client, "where is M-20260101-ZZZZZZ", "o2").json()["messages"][-1]
    assert (theirs["text"], theirs["payload"]) == (unknown["text"], unknown["payload"])


@pytest.mark.django_db
def test_a_product_question_is_answered_with_cards(client):
    from tests.shop.factories import VariantFactory

    variant = VariantFactory()
    rows = post(client, f"do you have {variant.product.title_en}", "p1").json()["messages"]
    assert rows[-1]["author"] == "bot"
    assert rows[-1]["text"] != ""


@pytest.fixture
def agent(django_user_model):
    return django_user_model.objects.create_superuser("agent@example.com", "secret-secret")


@pytest.fixture
def staff(agent) -> Client:
    client = Client()
    client.force_login(agent)
    return client


@pytest.mark.django_db
def test_two_agents_never_get_the_same_chat(client, agent, django_user_model):
    post(client, "hello")
    conversation = Conversation.objects.get()
    services.take_over(conversation=conversation, agent=agent)
    other = django_user_model.objects.create_superuser("other@example.com", "secret-secret")
    with pytest.raises(Refused) as refusal:
        services.agent_says(conversation=conversation, agent=other, text="me too")
    assert refusal.value.code == RefusalCode.TAKEN
    services.hand_back(conversation=conversation)
    assert services.take_over(conversation=conversation, agent=other).agent == other


@pytest.mark.django_db
def test_the_urgent_are_helped_first_then_those_who_wait_longest(client):
    for visitor, text in (
        ("first", "I want a human"),
        ("second", "let me talk to a person"),
        ("third", "I need a human RIGHT NOW, this is urgent!!!"),
    ):
        conversation = services.open_conversation(visitor=visitor, customer=None)
        services.say(conversation=conversation, text=text, client_id=visitor)
    waiting = [row.visitor for row in selectors.console_list("waiting")]
    assert waiting == ["third", "first", "second"]


@pytest.mark.django_db
def test_one_click_corrects_an_intent(client, staff, agent):
    post(client, "any vouchers around")
    message = Message.objects.get(author="customer")
    thread = f"/support/console/{message.conversation_id}/"
    staff.post(f"/support/console/message/{message.pk}/correct/", {"intent": "coupon"})
    assert not Correction.objects.exists(), "the customer has not allowed it"
    client.post("/privacy/choose/", {"choice": "these", "allow": "chat_training"})
    assert 'name="intent"' in staff.get(thread).content.decode()
    staff.post(f"/support/console/message/{message.pk}/correct/", {"intent": "coupon"})
    staff.post(f"/support/console/message/{message.pk}/correct/", {"intent": "no such"})
    correction = Correction.objects.get()
    assert (correction.intent, correction.text, correction.by) == ("coupon", message.text, agent)
    assert "✓ Coupons and deals" in staff.get(thread).content.decode()


@pytest.mark.django_db
def test_customers_never_see_notes(client, staff):
    post(client, "hello")
    conversation = Conversation.objects.get()
    staff.post(
        f"/support/console/{conversation.pk}/act/", {"act": "note", "text": "a known troublemaker"}
    )
    assert (
        "a known troublemaker" in staff.get(f"/support/console/{conversation.pk}/").content.decode()
    )
    assert "troublemaker" not in str(client.get("/support/messages/?after=0").json())


@pytest.mark.django_db
def test_a_closed_conversation_can_be_rated_by_its_customer_only(client, staff):
    post(client, "hello")
    conversation = Conversation.objects.get()
    staff.post(f"/support/console/{conversation.pk}/act/", {"act": "close"})
    assert Message.objects.last().payload == {"rate": str(conversation.uuid)}

    def rate(who: Client, stars: object):
        body = json.dumps({"conversation": str(conversation.uuid), "stars": stars})
        return who.post("/support/rate/", body, content_type="application/json").status_code

    assert rate(Client(), 1) == 409
    assert rate(client, 6) == 409
    assert rate(client, True) == 409
    assert rate(client, 4) == 200
    conversation.refresh_from_db()
    assert conversation.rating == 4


@pytest.mark.django_db
@pytest.mark.parametrize("body", [b"", b"[]", b"{}", b'{"conversation": "x", "stars": 3}', b"\xff"])
def test_a_malformed_rating_changes_nothing(client, body):
    post(client, "hello")
    response = client.post("/support/rate/", body, content_type="application/json")
    assert response.status_code in (400, 409)
    assert Conversation.objects.get().rating is None


@pytest.mark.django_db
def test_what_was_understood_is_kept_with_the_message(client):
    post(client, "I need the invoice for M-20260301-AB12CD today")
    kept = Message.objects.get(author="customer").understanding
    assert kept["slots"]["orders"] == ["M-20260301-AB12CD"]
    assert kept["language"] == "en"
    assert kept["acts"] == ["ask_sign_in"]


@pytest.mark.django_db(transaction=True)
async def test_another_conversation_is_sent_from_its_start():
    socket = await connect("v9")
    answer = await ask(socket, {"type": "message", "id": "m1", "text": "hello"})
    await socket.disconnect()
    again = await connect("v9")
    known = {"type": "resume", "after": 2, "conversation": "of another time"}
    assert [row["seq"] for row in (await ask(again, known))["messages"]] == [1, 2]
    assert answer["conversation"]
    await again.disconnect()


@pytest.mark.django_db
def test_a_question_beyond_the_intents_is_answered_from_the_knowledge_base(client):
    Article.objects.create(
        slug="gifts",
        title_en="Gift wrapping",
        title_zh="礼品包装",
        body_en="We wrap gifts for free; write your message into the second address line.",
        body_zh="礼品包装免费，结算时在地址第二行写上祝福语。",
    )
    assert articles.find("do you wrap gifts and write a message", "en").title == "Gift wrapping"
    assert articles.find("可以礼品包装吗", "zh").title == "礼品包装"
    assert articles.find("who won the football match last night", "en") is None
    assert "We wrap gifts" in client.get("/support/help/gifts/").content.decode()
    Article.objects.update(is_published=False)
    assert articles.find("do you wrap gifts and write a message", "en") is None
    assert client.get("/support/help/gifts/").status_code == 404


@pytest.mark.django_db(transaction=True)
async def test_what_agents_write_reaches_every_open_socket_once():
    first, second = await connect("v10"), await connect("v10")
    answer = await ask(first, {"type": "message", "id": "m1", "text": "hello"})
    await second.receive_from(timeout=20)
    conversation = await Conversation.objects.aget(uuid=answer["conversation"])
    say = database_sync_to_async(services.agent_says)
    agent = await User.objects.acreate(email="agent@example.com", is_staff=True)
    await say(conversation=conversation, agent=agent, text="Here I am")
    for socket in (first, second):
        rows = json.loads(await socket.receive_from(timeout=20))["messages"]
        assert [row["text"] for row in rows] == ["Here I am"]
        assert await socket.receive_nothing(timeout=1.5)
        await socket.disconnect()
    assert watch().watchers == {}
