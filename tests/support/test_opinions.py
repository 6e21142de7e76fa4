"""What customers say, by aspect: from their words to the page of staff, in both languages."""

import json
from datetime import timedelta

import pytest
from django.test import Client
from django.utils import timezone
from hypothesis import given
from hypothesis import strategies as st

from shop.models import Review
from support import opinions, services
from support.learning import aspects
from support.models import Conversation, Message, Opinion
from tests.shop.factories import CustomerFactory, ProductFactory, StaffFactory


@pytest.mark.parametrize(
    ("text", "aspect", "sign"),
    [
        ("The parcel came late and nobody answered", "delivery", -1),
        ("Great quality, but the price is bad", "quality", 1),
        ("Great quality, but the price is bad", "price", -1),
        ("the strawberries were rotten, disgusting", "freshness", -1),
        ("客服态度太差", "service", -1),
        ("物流很慢，但是质量不错", "delivery", -1),
        ("物流很慢，但是质量不错", "quality", 1),
        ("牛奶过期了，垃圾", "freshness", -1),
        ("价格便宜，满意", "price", 1),
    ],
)
def test_a_clause_is_about_its_own_aspect(text, aspect, sign):
    found = {one.aspect: one.feeling for one in aspects.opinions(text)}
    assert found[aspect] * sign > 0


def test_the_stars_speak_where_words_do_not():
    assert aspects.opinions("About the delivery", otherwise=-1.0)[0].feeling == -1.0


@given(st.text(max_size=200))
def test_any_text_gives_each_aspect_once_with_a_feeling_in_range(text):
    found = aspects.opinions(text)
    assert len({one.aspect for one in found}) == len(found)
    assert all(-1 <= one.feeling <= 1 and one.aspect in aspects.ASPECTS for one in found)


@pytest.mark.parametrize(
    ("new", "word"), [("mouldy bread again", "mouldy"), ("面包发霉了", "发霉")]
)
def test_a_new_topic_is_what_is_said_more_than_chance_allows(new, word):
    usual = ["where is my parcel", "我的包裹在哪里"] * 30
    found = [one.term for one in aspects.emerging([new] * 6 + usual[:20], usual)]
    assert word in found
    assert not {"parcel", "包裹"} & set(found)
    assert aspects.emerging(usual[:20], usual) == []


def say(visitor: str, *texts: str, days: float = 0, acts: str = "late") -> list[Message]:
    talk = Conversation.objects.create(visitor=visitor)
    made = []
    for place, text in enumerate(texts):
        seq = 2 * place + 1
        understanding = {"intents": [["late_delivery", 0.9]], "language": "en", "acts": [acts]}
        row = talk.messages.create(
            seq=seq, author="customer", text=text, understanding=understanding
        )
        talk.messages.create(seq=seq + 1, author="bot", text="I see")
        made.append(row)
    at = timezone.now() - timedelta(days=days)
    Message.objects.filter(conversation=talk).update(at=at)
    return made


@pytest.fixture
def staff() -> Client:
    client = Client()
    client.force_login(StaffFactory())
    return client


@pytest.mark.django_db
def test_chats_and_reviews_are_read_once_and_found_behind_their_number(staff):
    say("a", "The delivery is late, terrible")
    Review.objects.create(
        product=ProductFactory(), customer=CustomerFactory(), rating=5, body="包装很好",
        state=Review.State.APPROVED,
    )  # fmt: skip
    assert opinions.gather() > 0
    count = Opinion.objects.count()
    assert opinions.gather() == 0
    assert Opinion.objects.count() == count
    chosen = opinions.chosen(aspect="delivery", topic="late_delivery", feeling="bad")
    assert [row.message.text for row in chosen] == ["The delivery is late, terrible"]
    page = staff.get("/admin/support/conversation/voices/")
    assert page.status_code == 200
    assert page.content.decode().count("<canvas") == 2
    listed = staff.get("/admin/support/conversation/voices/?aspect=packaging&feeling=good")
    assert "包装很好" in listed.content.decode()
    shown = staff.get("/admin/support/conversation/voices/?aspect=nothing&page=x&topic=%00")
    assert shown.status_code == 200


@pytest.mark.django_db
def test_the_page_stands_without_anything(staff):
    page = staff.get("/admin/support/conversation/voices/", headers={"accept-language": "zh-hans"})
    assert "顾客反馈" in page.content.decode()


@pytest.mark.django_db
def test_answers_fail_when_people_give_up_or_say_so():
    for number in range(4):
        say(f"good-{number}", "hello", "thanks", acts="facts")
        (first,) = say(f"bad-{number}", "where is it", acts="late")
        first.conversation.messages.filter(author="bot").update(helpful=False)
    found = {row["name"]: row for row in opinions.failing_answers()}
    assert found.keys() == {"late"}
    assert (found["late"]["failed"], found["late"]["down"], found["late"]["share"]) == (4, 4, 1.0)


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("body", "status"),
    [
        ({"seq": 2, "helpful": False}, 200),
        ({"seq": 1, "helpful": True}, 409),
        ({"seq": 99, "helpful": True}, 409),
        ({"seq": "2", "helpful": True}, 409),
        ({"seq": 2, "helpful": 1}, 409),
        ([], 400),
    ],
)
def test_a_thumb_is_for_an_answer_of_ones_own(client, body, status):
    client.get("/support/messages/")
    talk = Conversation.objects.get()
    talk.messages.create(seq=1, author="customer", text="hello")
    answer = talk.messages.create(seq=2, author="bot", text="hi")
    sent = client.post("/support/thumb/", json.dumps(body), content_type="application/json")
    assert sent.status_code == status
    answer.refresh_from_db()
    assert answer.helpful is (False if status == 200 else None)
    with pytest.raises(services.Refused):
        services.thumb(
            conversation=services.open_conversation(visitor="other", customer=None),
            seq=2,
            helpful=True,
        )
