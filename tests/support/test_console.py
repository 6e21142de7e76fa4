"""Agents among themselves: one chat is one agent's, whatever they do at the same moment."""

from datetime import timedelta
from functools import partial

import pytest
from django.test import Client
from django.utils import timezone
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from shop.models import User
from shop.refusals import RefusalCode, Refused
from support import console, knowledge_files, opinions, selectors, services, words
from support.models import Conversation, Glance, Message, Note, Presence
from tests.inventory.conftest import Runner, in_threads  # noqa: F401
from tests.shop.factories import StaffFactory, UserFactory

State = Conversation.State


def waiting(count: int = 1) -> list[Conversation]:
    now = timezone.now()
    return [
        Conversation.objects.create(
            visitor=f"w{n}", state=State.WAITING, waiting_since=now - timedelta(minutes=count - n)
        )
        for n in range(count)
    ]


def agents(count: int = 2) -> list[User]:
    made = [StaffFactory(is_superuser=False) for _ in range(count)]
    for agent in made:
        console.be_there(agent=agent)
    return made


def test_four_agents_at_once_get_three_different_chats(in_threads: Runner):  # noqa: F811
    waiting(3)
    four = agents(4)
    got = in_threads([partial(console.take_next, agent=who) for who in four])
    taken = [one.pk for one in got if isinstance(one, Conversation)]
    assert got.count(None) == 1
    assert len(taken) == len(set(taken)) == 3
    held = Conversation.objects.filter(state=State.AGENT)
    assert in_threads([held.count]) == [3]


def test_of_agents_who_answer_one_chat_at_once_one_has_it(in_threads: Runner):  # noqa: F811
    (talk,) = waiting()
    got = in_threads(
        [partial(services.agent_says, conversation=talk, agent=who, text="me") for who in agents(3)]
    )
    assert sum(isinstance(one, Message) for one in got) == 1
    assert {one.code for one in got if isinstance(one, Refused)} == {RefusalCode.TAKEN}


def test_clicks_at_once_do_not_go_beyond_what_an_agent_takes(in_threads: Runner):  # noqa: F811
    waiting(3)
    (one,) = agents(1)
    console.set_presence(agent=one, away=False, capacity=2)
    in_threads([partial(console.take_next, agent=one)] * 3)
    assert in_threads([selectors.chats_of(one).count]) == [2]


DEEDS = st.lists(
    st.tuples(
        st.sampled_from(["take", "say", "back", "close", "next", "pass:agent", "pass:queue"]),
        st.integers(0, 2),
        st.integers(0, 2),
    ),
    max_size=12,
)


@pytest.mark.django_db
@settings(
    max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(deeds=DEEDS)
def test_whatever_agents_do_nobody_touches_a_colleagues_chat(db, deeds):
    Conversation.objects.all().delete()
    Presence.objects.all().delete()
    talks, team = waiting(2), agents(3)
    for deed, who, which in deeds:
        agent, talk = team[who], talks[which % 2]
        talk.refresh_from_db()
        holder = talk.agent if talk.state == State.AGENT else None
        others = list(selectors.chats_of(agent).values_list("pk", flat=True))
        try:
            if deed == "next":
                console.take_next(agent=agent)
            else:
                act, _colon, kind = deed.partition(":")
                to = f"agent:{team[which].pk}" if kind == "agent" else "queue:orders"
                services.act(conversation=talk, agent=agent, act=act, text="hello", to=to)
        except Refused:
            pass
        talk.refresh_from_db()
        if deed != "next" and holder not in (None, agent):
            assert (talk.state, talk.agent) == (State.AGENT, holder)
        if deed == "next":
            kept = set(selectors.chats_of(agent).values_list("pk", flat=True))
            assert set(others) <= kept
    for talk in Conversation.objects.filter(state=State.AGENT):
        assert talk.agent is not None
        assert talk.waiting_since is None


@pytest.mark.django_db
def test_a_chat_is_passed_to_a_queue_and_to_a_colleague_with_a_note():
    (talk,) = waiting()
    one, other = agents(2)
    services.take_over(conversation=talk, agent=one)
    console.transfer(conversation=talk, agent=one, to="queue:returns")
    talk.refresh_from_db()
    assert (talk.state, talk.queue, talk.agent) == (State.WAITING, "returns", None)
    console.transfer(conversation=talk, agent=one, to=f"agent:{other.pk}")
    talk.refresh_from_db()
    assert (talk.state, talk.agent) == (State.AGENT, other)
    assert [note.author for note in Note.objects.all()] == [one, one]


@pytest.mark.django_db
@pytest.mark.parametrize("why", ["away", "full", "gone", "customer", "self", "nonsense"])
def test_a_chat_is_not_passed_to_who_cannot_take_it(why):
    talk, held = waiting(2)
    one, other = agents(2)
    services.take_over(conversation=held, agent=other)
    to = f"agent:{other.pk}"
    if why == "away":
        console.set_presence(agent=other, away=True, capacity=4)
    elif why == "full":
        console.set_presence(agent=other, away=False, capacity=1)
    elif why == "gone":
        Presence.objects.filter(agent=other).update(seen_at=timezone.now() - timedelta(hours=1))
    elif why == "customer":
        to = f"agent:{UserFactory().pk}"
    elif why == "self":
        to = f"agent:{one.pk}"
    else:
        to = "queue:nowhere"
    with pytest.raises(Refused):
        console.transfer(conversation=talk, agent=one, to=to)
    talk.refresh_from_db()
    assert (talk.state, talk.agent) == (State.WAITING, None)


@pytest.fixture
def staff() -> Client:
    client = Client()
    client.force_login(StaffFactory())
    return client


@pytest.mark.django_db
def test_a_form_sent_twice_is_one_message(staff):
    (talk,) = waiting()
    for _again in range(2):
        staff.post(f"/support/console/{talk.pk}/act/", {"act": "say", "text": "Hi", "id": "form-1"})
    assert Message.objects.filter(author="agent").count() == 1


@pytest.mark.django_db
def test_who_opens_a_chat_learns_who_else_looks_and_types(staff):
    (talk,) = waiting()
    other = StaffFactory()
    console.look(conversation=talk, agent=other, seen=0, typing=True)

    def seen() -> list[dict]:
        return staff.post(f"/support/console/{talk.pk}/here/", {"seen": "x"}).json()["others"]

    assert seen() == [{"name": str(other), "typing": True}]
    Glance.objects.update(typing_at=timezone.now() - timedelta(seconds=10))
    assert seen() == [{"name": str(other), "typing": False}]
    Glance.objects.filter(agent=other).update(at=timezone.now() - timedelta(minutes=1))
    assert seen() == []


@pytest.mark.django_db
def test_the_console_counts_down_and_says_who_is_late(staff, settings):
    settings.SUPPORT_ANSWER_MINUTES = 5
    early, late = waiting(2)
    Conversation.objects.filter(pk=late.pk).update(
        waiting_since=timezone.now() - timedelta(minutes=9)
    )
    rows = {row.pk: selectors.timer(row) for row in selectors.console_list("open")}
    assert (rows[early.pk]["late"], rows[late.pk]["late"]) == (False, True)
    page = staff.get("/support/console/").content.decode()
    assert page.count("data-due=") == 2
    assert staff.get("/support/console/team/").context["queues"][0]["late"] == 1


@pytest.mark.django_db
def test_an_unanswered_customer_runs_a_timer_again():
    (talk,) = waiting()
    (one,) = agents(1)
    services.agent_says(conversation=talk, agent=one, text="hello")
    assert selectors.timer(selectors.console_list("open").get()) is None
    talk.refresh_from_db()
    assert talk.waited >= 60
    services.say(conversation=talk, text="and now?", client_id="1")
    assert selectors.timer(selectors.console_list("open").get()) is not None


@pytest.mark.django_db
def test_only_supervisors_see_the_team_and_may_take_a_colleagues_chat():
    (talk,) = waiting()
    one, other = agents(2)
    services.take_over(conversation=talk, agent=one)
    with pytest.raises(Refused):
        services.hand_back(conversation=talk, agent=other)
    services.take_over(conversation=talk, agent=StaffFactory())
    talk.refresh_from_db()
    assert talk.agent.is_superuser


@pytest.mark.django_db
def test_replies_are_suggested_in_the_customers_language(assistant, staff):
    talk = services.open_conversation(visitor="v", customer=None)
    services.say(conversation=talk, text="退款政策是什么", client_id="1")
    talk.refresh_from_db()
    texts = [one["text"] for one in selectors.suggestions(talk)]
    assert any("退" in text for text in texts)
    assert texts[0][:10] in staff.get(f"/support/console/{talk.pk}/").content.decode()


@pytest.mark.django_db
def test_intents_are_told_in_the_agents_language(assistant, staff):
    talk = services.open_conversation(visitor="v", customer=None)
    services.say(conversation=talk, text="退款政策是什么", client_id="1")
    address, chinese = f"/support/console/{talk.pk}/", {"accept-language": "zh-hans"}
    for headers, name in (({}, "How refunds work"), (chinese, "退款规定")):
        page = staff.get(address, headers=headers).content.decode()
        assert f'<option value="refund_policy" selected>{name}</option>' in page
        assert f"<p>{name}</p>" in page


def test_every_intent_has_a_name():
    assert words.INTENTS.keys() == {*knowledge_files.intent_names(), opinions.REVIEWS}
