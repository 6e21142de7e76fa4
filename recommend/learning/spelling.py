"""Mistyped queries: letters for English, sound for Chinese.

An unknown English word is read as the known word with most pairs of letters in common, if few
edits apart (Damerau 1964); two words may be one or one two. Chinese is typed by its sound, so an
unknown row of characters is read as the phrase of the catalogue that sounds the same, and letters
that spell a phrase's sound as that phrase.
"""

import re
from collections.abc import Iterable

import numpy as np
from pypinyin import lazy_pinyin

from recommend.learning.tokens import CJK, STOPWORDS, has_chinese, normalise, stem

_WORDS = re.compile(rf"[a-z]+|[{CJK}]+|[^a-z{CJK}]+")
LEAST_LETTERS = 4
CANDIDATES = 12
LONGEST_PHRASE = 6
LEAST_SOUND = 4
"""Letters of pinyin: shorter ones are English words far too often."""
HOMOPHONES = str.maketrans({"氺": "水"})


class Speller:
    """Knows the words and phrases of a catalogue.

    Parameters
    ----------
    words
        English words as :func:`stem` leaves them.
    phrases
        Chinese phrases.
    pairs
        Pairs of characters that occur in the catalogue's Chinese texts.
    """

    def __init__(self, words: Iterable[str], phrases: Iterable[str], pairs: Iterable[str]) -> None:
        self.words = sorted({w for w in words if w.isascii() and w.isalpha() and len(w) > 2})
        self._known = set(self.words)
        self._lengths = np.array([len(_pairs(w)) for w in self.words])
        rows: dict[str, list[int]] = {}
        for row, word in enumerate(self.words):
            for pair in _pairs(word):
                rows.setdefault(pair, []).append(row)
        self._rows = {pair: np.array(found) for pair, found in rows.items()}
        self._phrases = {p for p in phrases if has_chinese(p) and 2 <= len(p) <= LONGEST_PHRASE}
        self._pairs = set(pairs)
        self._sounds: dict[str, str] = {}
        for phrase in sorted(self._phrases, key=lambda p: (len(p), p)):
            self._sounds.setdefault(_sound(phrase), phrase)

    def correct(self, text: str) -> str:
        """Return the text with unknown words replaced; the same text when there are none."""
        parts = _WORDS.findall(normalise(text).translate(HOMOPHONES))
        found = [self._chinese(p) if has_chinese(p) else self._english(p) for p in parts]
        return self._joined("".join(found))

    def _english(self, word: str) -> str:
        if not word.isalpha() or word in STOPWORDS or stem(word) in self._known or len(word) < 3:
            return word
        if len(word) >= LEAST_SOUND and word in self._sounds:
            return self._sounds[word]
        for cut in range(3, len(word) - 2):
            left, right = word[:cut], word[cut:]
            if left in self._known and stem(right) in self._known:
                return f"{left} {right}"
        return self._closest(word) or word

    def _closest(self, word: str) -> str:
        if len(word) < LEAST_LETTERS:
            return ""
        own = _pairs(stem(word))
        common = np.zeros(len(self.words))
        for pair in own:
            if pair in self._rows:
                common[self._rows[pair]] += 1
        dice = 2 * common / (self._lengths + len(own))
        best, score = "", (99, 0.0)
        allowed = 1 if len(word) < 7 else 2
        for row in np.argsort(-dice, kind="stable")[:CANDIDATES]:
            candidate = self.words[row]
            edits = distance(stem(word), candidate)
            # A wrong first letter is rare, and most short words are another word with one.
            if edits > allowed - (candidate[0] != word[0]) or abs(len(candidate) - len(word)) > 2:
                continue
            if (edits, -dice[row]) < score:
                best, score = candidate, (edits, -float(dice[row]))
        return best

    def _joined(self, text: str) -> str:
        """Two words that are one in the catalogue: ``head phones``."""
        words = text.split(" ")
        place = 0
        while place + 1 < len(words):
            left, right = words[place], words[place + 1]
            one = left + stem(right) if (left + right).isascii() else ""
            if one in self._known and not {left, stem(right)} <= self._known:
                words[place : place + 2] = [one]
            place += 1
        return " ".join(words)

    def _chinese(self, piece: str) -> str:
        place = 0
        while place < len(piece):
            for length in range(min(LONGEST_PHRASE, len(piece) - place), 1, -1):
                window = piece[place : place + length]
                if window in self._phrases:
                    place += length - 1
                    break
                other = self._sounds.get(_sound(window))
                if other and self._is_strange(window) and set(other) & set(window):
                    piece = piece[:place] + other + piece[place + length :]
                    place += length - 1
                    break
            place += 1
        return piece

    def _is_strange(self, window: str) -> bool:
        """Some pair of its characters never stands together in the catalogue."""
        return any(window[i : i + 2] not in self._pairs for i in range(len(window) - 1))


def distance(left: str, right: str) -> int:
    """Count edits between words: letters put in, left out, replaced, swapped with the next.

    >>> distance("cofee", "coffee"), distance("mlik", "milk")
    (1, 1)
    """
    before: list[int] = []
    above = list(range(len(right) + 1))
    for i, a in enumerate(left):
        row = [i + 1]
        for j, b in enumerate(right):
            cost = min(above[j] + (a != b), above[j + 1] + 1, row[j] + 1)
            if i and j and a == right[j - 1] and left[i - 1] == b:
                cost = min(cost, before[j - 1] + 1)
            row.append(cost)
        before, above = above, row
    return above[-1]


def _pairs(word: str) -> set[str]:
    framed = f"^{word}$"
    return {framed[i : i + 2] for i in range(len(framed) - 1)}


def _sound(text: str) -> str:
    return "".join(lazy_pinyin(text))
