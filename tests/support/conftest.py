"""The assistant with its own model, trained once for all tests of this folder."""

from collections.abc import Iterator

import pytest

from shop import events
from support import knowledge_files, serving
from support.learning.intents import IntentModel
from tests.shop import stock


@pytest.fixture(scope="session")
def intent_model() -> IntentModel:
    """All written utterances, none made from them: that takes seconds and is nearly as good."""
    return IntentModel(serving.encode, augmentations=()).fit(*knowledge_files.utterances())


@pytest.fixture
def assistant(settings, monkeypatch, intent_model) -> Iterator[None]:
    """The trained model answers, and the shop's stock is the tests' own."""
    monkeypatch.setattr(serving, "intent_model", lambda: intent_model)
    settings.AVAILABILITY_PROVIDER = "tests.shop.stock.availability"
    # Titles answer: there is no index, and that is not what these tests are about.
    settings.SEARCH_PROVIDER = "tests.support.world.no_search"
    stock.LEVELS.clear()
    yield
    stock.LEVELS.clear()
    # Behaviour of one test is not written by the next one.
    events._waiting.clear()
