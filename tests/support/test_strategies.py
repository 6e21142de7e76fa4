"""The choice of a strategy: what is logged can value another policy, and rules stay the default."""

from datetime import timedelta

import numpy as np
import pytest
from django.utils import timezone
from hypothesis import given
from hypothesis import strategies as st

from foundation.learning.bandits import FLOOR, LinearThompson, doubly_robust, ips, snips, weights
from foundation.models import ModelVersion
from support import services, strategies
from support.learning import strategy_simulator as simulator
from support.learning.strategies import FEATURES, STRATEGIES, bandit
from support.models import Conversation, Message

EVERY = np.ones(len(STRATEGIES), dtype=bool)


@given(
    st.lists(st.floats(-1, 1), min_size=len(FEATURES), max_size=len(FEATURES)),
    st.lists(st.booleans(), min_size=4, max_size=4).filter(any),
    st.integers(0, 1000),
)
def test_probabilities_are_of_what_is_allowed_and_never_nothing(x, allowed, seed):
    mask = np.array(allowed)
    found = bandit().probabilities(np.array(x), mask, np.random.default_rng(seed))
    assert found.sum() == pytest.approx(1)
    assert (found[~mask] == 0).all()
    assert (found[mask] >= FLOOR * 0.999).all()


def test_it_learns_what_pays_and_is_read_as_it_was_written(tmp_path):
    rng = np.random.default_rng(1)
    model = bandit()
    for _ in range(400):
        x = rng.random(len(FEATURES))
        arm = int(rng.integers(4))
        model.update(x, arm, float(arm == 2) + rng.normal(0, 0.1))
    x = rng.random(len(FEATURES))
    model.save(tmp_path / "model.npz")
    for one in (model, LinearThompson.load(tmp_path / "model.npz", len(STRATEGIES), len(FEATURES))):
        assert one.probabilities(x, EVERY, rng).argmax() == 2


def test_one_by_one_and_at_once_it_learns_the_same():
    people = simulator.Customers(np.random.default_rng(2)).draw(200)
    log = simulator.logged(people)
    slow = bandit()
    for x, arm, value in zip(log.x, log.arms, log.rewards, strict=True):
        slow.update(x, int(arm), float(value))
    assert bandit().fit(log.x, log.arms, log.rewards).mean == pytest.approx(slow.mean)


@pytest.mark.parametrize("estimate", [ips, snips, doubly_robust])
def test_a_log_values_a_policy_that_did_not_write_it(estimate):
    people = simulator.Customers(np.random.default_rng(3)).draw(6000)
    log = simulator.logged(people)

    def offers(x):
        return np.tile([0.0, 0.0, 1.0, 0.0], (len(x), 1))

    truth = people.expected[:, simulator.OFFER].mean()
    terms = weights(log, offers) * log.rewards
    assert abs(estimate(log, offers) - truth) < 4 * terms.std() / np.sqrt(len(terms))


def test_the_bandit_regrets_less_than_every_fixed_strategy_in_the_end():
    rng = np.random.default_rng(4)
    people = simulator.Customers(rng).draw(1500)
    chooser = bandit()
    for row, x in enumerate(people.x[:1000]):
        arm = int(rng.choice(4, p=chooser.probabilities(x, EVERY, rng)))
        chooser.update(x, arm, people.outcome(row, arm))
    late = slice(1000, None)
    chances = chooser.policy()(people.x[late])
    value = (chances * people.expected[late]).sum(axis=1).mean()
    assert value > people.expected[late].mean(axis=0).max()


TEXT = "where is my refund"


def say(number: int) -> Message:
    talk = services.open_conversation(visitor=f"s{number}", customer=None)
    return services.say(conversation=talk, text=TEXT, client_id="1")[0]


@pytest.mark.django_db
def test_by_default_nothing_is_tried_and_nothing_logged(assistant):
    assert all("strategy" not in say(number).understanding for number in range(5))


@pytest.mark.django_db
def test_exploring_logs_what_was_done_and_how_likely_it_was(assistant, settings, monkeypatch):
    settings.SUPPORT_STRATEGY = "explore"
    monkeypatch.setattr(strategies, "EXPLORED", 1.0)
    rng = np.random.default_rng(5)
    monkeypatch.setattr(strategies, "_dice", lambda: rng)
    done = [say(number).understanding for number in range(40)]
    assert {one["strategy"]["name"] for one in done} == set(STRATEGIES)
    for one in done:
        assert one["strategy"]["p"] == pytest.approx(0.25)
        assert len(one["strategy"]["x"]) == len(FEATURES)
        wanted = {"clarify": "clarify", "hand_over": "person"}.get(one["strategy"]["name"])
        assert wanted is None or one["acts"] == [wanted]
        assert TEXT not in str(one["strategy"])


@pytest.mark.django_db
@pytest.mark.parametrize("text", ["I want to talk to a person", "hello", "track M-20260301-AAAA11"])
def test_who_says_what_they_want_is_not_experimented_on(assistant, settings, monkeypatch, text):
    settings.SUPPORT_STRATEGY = "explore"
    monkeypatch.setattr(strategies, "EXPLORED", 1.0)
    talk = services.open_conversation(visitor="v", customer=None)
    said = services.say(conversation=talk, text=text, client_id="1")[0]
    assert "strategy" not in said.understanding


@pytest.mark.django_db
def test_without_a_model_the_rules_serve(assistant, settings):
    settings.SUPPORT_STRATEGY = "learned"
    assert {say(number).understanding["strategy"]["name"] for number in range(5)} == {"answer"}


def write_log(count: int) -> None:
    """Conversations as exploring leaves them: offering a person pays, answering does not."""
    rng = np.random.default_rng(6)
    day = timezone.now() - timedelta(days=3)
    talks = Conversation.objects.bulk_create(
        Conversation(
            visitor=f"log-{n}", rating=5 if n % 4 == 2 else 1, last_seq=1,
            agent=None, state=Conversation.State.BOT,
        )
        for n in range(count)
    )  # fmt: skip
    Message.objects.bulk_create(
        Message(
            conversation=talk,
            seq=1,
            author="customer",
            text=TEXT,
            understanding={
                "intents": [["refund_status", 0.9]],
                "strategy": {
                    "name": STRATEGIES[n % 4],
                    "p": 0.25,
                    "x": [1.0, *rng.random(len(FEATURES) - 1).round(4)],
                },
            },
        )
        for n, talk in enumerate(talks)
    )
    Message.objects.update(at=day)


@pytest.mark.django_db
def test_what_is_learned_passes_the_gate_only_if_it_is_worth_more():
    with pytest.raises(strategies.NotEnoughData):
        strategies.train()
    write_log(300)
    version = strategies.train()
    assert version.metrics["value"] > version.metrics["value_of_rules"]
    assert version.status == ModelVersion.Status.ACTIVE
    assert strategies.train() == version
    model = strategies.loaded()
    assert model is not None
    x = np.full(len(FEATURES), 0.5)
    x[0] = 1.0
    assert STRATEGIES[model.probabilities(x, EVERY, np.random.default_rng(0)).argmax()] == "offer"
