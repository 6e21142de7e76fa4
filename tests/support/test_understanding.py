"""Intents by nearest example, on utterances that it has not seen."""

from collections import Counter

import pytest

from support import dialogue


@pytest.fixture(scope="module")
def results() -> list[tuple[str, str, float]]:
    texts, labels = dialogue.examples("evaluation")
    found = dialogue.classifier().predict(texts)
    return [(label, name, score) for label, (name, score) in zip(labels, found, strict=True)]


def test_knowledge_and_evaluation_share_no_utterance():
    known, _ = dialogue.examples("intents")
    asked, _ = dialogue.examples("evaluation")
    assert not set(known) & set(asked)


def test_accuracy_beats_the_most_frequent_intent_by_far(results):
    right = sum(label == name for label, name, _score in results) / len(results)
    most = Counter(label for label, _name, _score in results).most_common(1)[0][1] / len(results)
    assert right >= 0.8 > 4 * most


def test_the_threshold_lets_most_through(results):
    answered = sum(score >= dialogue.THRESHOLD for _label, _name, score in results)
    assert answered / len(results) >= 0.85


def test_language_follows_the_message():
    assert dialogue.language_of("我的 order 呢") == "zh"
    assert dialogue.language_of("where is it") == "en"
