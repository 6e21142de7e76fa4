"""Reviews: praise or complaint, learned from few and asked about others."""

from support.learning.sentiment import ReviewSentiment, word_terms

PRAISE = [
    "很好，很喜欢",
    "质量不错，满意",
    "物流很快，好评",
    "味道很好，下次还买",
    "非常好用，推荐",
    "服务态度好",
]
COMPLAINT = [
    "很差，不喜欢",
    "质量太差，失望",
    "物流很慢，差评",
    "味道不好，不会再买",
    "非常难用，后悔",
    "服务态度差",
]


def test_praise_is_told_from_complaint():
    model = ReviewSentiment().fit([*PRAISE, *COMPLAINT] * 3, ([1] * 6 + [0] * 6) * 3)
    assert list(model.predict(["质量很好，喜欢", "太差了，失望"])) == [1, 0]


def test_terms_are_words_and_their_neighbours():
    assert word_terms("质量满意") == ["质量", "满意", "质量_满意"]
