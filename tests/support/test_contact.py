"""Pictures, messages left while nobody is there, transcripts, marks of what was read."""

import io
import json

import pytest
from channels.db import database_sync_to_async
from django.core import mail
from django.core.cache import cache
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone
from PIL import Image

from shop.models import Customer, User
from support import console, contact, services
from support.models import Conversation, Message, Picture, Presence
from tests.shop.factories import CustomerFactory, StaffFactory
from tests.support.test_chat import ask, connect, post

pytestmark = pytest.mark.usefixtures("assistant")


def photo(place: str = "GPS 52.5N") -> SimpleUploadedFile:
    written = io.BytesIO()
    image = Image.new("RGB", (40, 30), "red")
    exif = image.getexif()
    exif[0x010E] = place
    image.save(written, "JPEG", exif=exif)
    return SimpleUploadedFile("../../evil.php", written.getvalue(), "text/html")


def show(client: Client, **more: object):
    return client.post("/support/picture/", {"id": "p1", "file": photo(), **more})


@pytest.mark.django_db
def test_a_picture_is_written_anew_and_seen_by_its_own_customer_and_agents_only(client):
    address = show(client).json()["messages"][0]["payload"]["pictures"][0]
    answer = client.get(address)
    kept = b"".join(answer.streaming_content)
    assert answer["Content-Type"] == "image/jpeg"
    assert b"GPS" not in kept
    assert not Image.open(io.BytesIO(kept)).getexif()
    assert "evil" not in Picture.objects.get().file.name
    assert Client().get(address).status_code == 404
    agent = Client()
    agent.force_login(StaffFactory())
    assert agent.get(address).status_code == 200


@pytest.mark.django_db
def test_a_picture_sent_twice_is_one_message_and_one_file(client):
    show(client)
    show(client)
    assert Message.objects.filter(author="customer").count() == Picture.objects.count() == 1


@pytest.mark.django_db
@pytest.mark.parametrize(
    "file", [SimpleUploadedFile("a.jpg", b"no picture"), SimpleUploadedFile("a.jpg", b"")]
)
def test_what_is_no_picture_is_refused_and_nothing_is_kept(client, file):
    answer = client.post("/support/picture/", {"id": "p1", "file": file})
    assert answer.status_code == 409
    assert not Message.objects.exists()


@pytest.mark.django_db
@pytest.mark.parametrize(("text", "acts"), [("", ["picture"]), ("怎么退货", None)])
def test_a_picture_with_a_word_is_answered_by_the_word(client, text, acts):
    rows = show(client, text=text).json()["messages"]
    assert [row["author"] for row in rows] == ["customer", "bot"]
    understood = Message.objects.get(author="customer").understanding
    assert understood["acts"] == acts if acts else understood["language"] == "zh"


@pytest.mark.django_db
@pytest.mark.parametrize("there", [True, False])
def test_a_message_may_be_left_when_nobody_is_there(client, there):
    if there:
        console.be_there(agent=StaffFactory())
    last = post(client, "I want to talk to a person").json()["messages"][-1]
    assert last["payload"].get("offline", False) is not there


def leave(client: Client, **changes: object):
    body = {"email": "ada@example.com", "text": "please call me", "id": "l1"} | changes
    return client.post("/support/leave/", json.dumps(body), content_type="application/json")


@pytest.mark.django_db
def test_a_left_message_waits_in_the_queue_and_its_answer_goes_by_mail(
    client, django_capture_on_commit_callbacks, monkeypatch
):
    from support import tasks

    assert leave(client).status_code == 200
    assert leave(client).status_code == 200
    conversation = Conversation.objects.get()
    assert (conversation.state, conversation.email) == ("waiting", "ada@example.com")
    assert Message.objects.filter(author="customer").count() == 1
    queued: list[int] = []
    monkeypatch.setattr(tasks.mail_answer, "delay", queued.append)
    with django_capture_on_commit_callbacks(execute=True):
        services.agent_says(
            conversation=conversation, agent=StaffFactory(), text="It is on its way"
        )
    for _again in range(2):
        tasks.mail_answer(*queued)
    assert [message.to for message in mail.outbox] == [["ada@example.com"]]
    assert "It is on its way" in mail.outbox[0].body


@pytest.mark.django_db
@pytest.mark.parametrize(
    "changes", [{"email": "no address"}, {"email": None}, {"text": " "}, {"id": 5}]
)
def test_a_left_message_without_an_address_is_refused_and_nothing_is_kept(client, changes):
    assert leave(client, **changes).status_code == 409
    assert not Message.objects.exists()
    assert not Conversation.objects.exclude(email="").exists()


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("language", "words"), [("en", "Your conversation with"), ("zh-hans", "您与")]
)
def test_a_transcript_is_all_of_ones_own_conversation(client, language, words):
    post(client, "<b>hello</b>")
    client.cookies["django_language"] = language
    answer = client.get("/support/transcript.txt")
    text = answer.content.decode()
    assert words in text
    for message in Message.objects.all():
        assert message.text in text
    assert "hello" not in Client().get("/support/transcript.txt").content.decode()


@pytest.mark.django_db
def test_a_transcript_is_mailed_to_the_own_address_and_to_no_other(client, monkeypatch):
    from support import tasks

    cache.clear()
    monkeypatch.setattr(tasks.mail_transcript, "delay", tasks.mail_transcript)
    post(client, "hello")
    assert client.post("/support/transcript/mail/", {"email": "eve@example.com"}).status_code == 409
    ada: Customer = CustomerFactory()
    client.force_login(ada.user, backend="django.contrib.auth.backends.ModelBackend")
    for _again in range(2):
        answer = client.post("/support/transcript/mail/", {"email": "eve@example.com"})
        assert ada.user.email in answer.json()["message"]
    assert [message.to for message in mail.outbox] == [[ada.user.email]]


@pytest.mark.django_db(transaction=True)
async def test_each_side_learns_what_the_other_has_seen():
    socket = await connect("v20")
    answer = await ask(socket, {"type": "message", "id": "m1", "text": "hello"})
    conversation = await Conversation.objects.aget(uuid=answer["conversation"])
    agent = await User.objects.acreate(email="agent@example.com", is_staff=True)
    look, say = map(database_sync_to_async, (console.look, services.agent_says))
    await look(conversation=conversation, agent=agent, seen=2, typing=False)
    assert json.loads(await socket.receive_from(timeout=20)) == {"type": "read", "seq": 2}
    await say(conversation=conversation, agent=agent, text="Here I am")
    assert json.loads(await socket.receive_from(timeout=20))["messages"][0]["seq"] == 3
    for seq in (3, 99, 1):
        await socket.send_to(text_data=json.dumps({"type": "read", "seq": seq}))
    await look(conversation=conversation, agent=agent, seen=3, typing=True)
    frames = [json.loads(await socket.receive_from(timeout=20)) for _ in range(2)]
    assert {"type": "typing"} in frames
    await socket.disconnect()
    await conversation.arefresh_from_db()
    assert (conversation.customer_read, conversation.agent_read) == (3, 3)


@pytest.mark.django_db
def test_nobody_has_seen_what_was_not_written():
    conversation = services.open_conversation(visitor="v", customer=None)
    services.say(conversation=conversation, text="hello", client_id="1")
    console.customer_saw(conversation=conversation, seen=1000)
    console.look(conversation=conversation, agent=StaffFactory(), seen=1000, typing=False)
    conversation.refresh_from_db()
    assert (conversation.customer_read, conversation.agent_read) == (0, 0)


@pytest.mark.django_db
@pytest.mark.parametrize("minutes", [0, 5])
def test_who_has_gone_is_not_there(minutes):
    from datetime import timedelta

    from support import selectors

    seen = timezone.now() - timedelta(minutes=minutes)
    Presence.objects.create(agent=StaffFactory(), seen_at=seen)
    assert selectors.somebody_is_there() is (minutes == 0)


@pytest.mark.django_db
def test_pictures_marks_and_presence_add_no_statement_to_a_plain_answer():
    conversation = services.open_conversation(visitor="v", customer=None)
    services.say(conversation=conversation, text="hello", client_id="1")
    with CaptureQueriesContext(connection) as captured:
        services.say(conversation=conversation, text="hello", client_id="2")
    kinds = [query["sql"].split()[0] for query in captured if "SAVEPOINT" not in query["sql"]]
    # The count and the message; then what it was taken for, the count and the answer.
    assert kinds == ["UPDATE", "INSERT", "UPDATE", "UPDATE", "INSERT"]


def test_contact_languages():
    assert contact.locale_of(Conversation(language="zh")) == "zh-hans"
