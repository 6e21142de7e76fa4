"""Texts as units: English words, Chinese words by jieba with the catalogue's own phrases.

jieba (a prefix dictionary and the most probable path) knows everyday Chinese but not 健步鞋 or
洗碗精; what the catalogue calls its things is added with a weight that keeps it whole.
"""

import logging
import re
import threading
from collections.abc import Iterable

import jieba

from recommend.learning.tokens import CJK, STOPWORDS, has_chinese, normalise, stem

_PIECES = re.compile(rf"[a-z0-9]+(?:\.[0-9]+)?|[{CJK}]+")
_EMPTY = """的 了 吗 呢 吧 我 你 您 他 她 们 我们 你们 有 没有 没 是 在 和 与 或 用 什么 怎么 怎么办
一 一些 一点 一个 一双 一款 个 双 款 件 瓶 包 盒 给 想 要 想要 买 购买 需要 请问 推荐 帮
帮我 看看 好 很 太 最 又 也 都 就 还 能 可以 可 东西 适合 这 那 这个 那个 哪里 哪个
有没有 卖 卖不卖 店里 家里 里 上 下 点 些 种 用来 用的 吃的 喝的 穿的 做 去 来 到 放
时候 比较 便宜"""
EMPTY = frozenset(_EMPTY.split())
"""Words that say nothing of what is looked for."""
CATALOGUE_WEIGHT = 100_000
LONGEST = 8
"""Phrases of more units are not looked up."""


class Segmenter:
    """Cuts texts into units. The dictionary is read on the first Chinese text.

    Parameters
    ----------
    phrases
        What must stay whole, Chinese ones among them.
    """

    def __init__(self, phrases: Iterable[str] = ()) -> None:
        self._phrases = [p for p in phrases if len(p) > 1 and has_chinese(p)]
        self._jieba: jieba.Tokenizer | None = None
        self._lock = threading.Lock()

    def units(self, text: str) -> list[str]:
        """Return the units that say something, in order.

        >>> Segmenter(["健步鞋"]).units("Two pairs of 健步鞋")
        ['two', 'pair', '健步鞋']
        """
        found: list[str] = []
        for piece in _PIECES.findall(normalise(text)):
            if has_chinese(piece):
                found += [word for word in self._cut(piece) if word not in EMPTY]
            elif piece not in STOPWORDS:
                found.append(stem(piece))
        return found

    def _cut(self, piece: str) -> list[str]:
        if self._jieba is None:
            with self._lock:
                if self._jieba is None:
                    self._jieba = self._dictionary()
        return self._jieba.lcut(piece, HMM=False)

    def _dictionary(self) -> jieba.Tokenizer:
        jieba.setLogLevel(logging.WARNING)
        cutter = jieba.Tokenizer()
        # Read here and not by initialize(), which keeps a copy in the shared temporary folder.
        cutter.FREQ, cutter.total = cutter.gen_pfdict(cutter.get_dict_file())
        cutter.initialized = True
        for phrase in self._phrases:
            cutter.add_word(phrase, CATALOGUE_WEIGHT)
        return cutter


def phrase_key(units: Iterable[str]) -> str:
    """Join units into the form phrases are looked up by.

    >>> phrase_key(["running", "shoe"]), phrase_key(["有机", "牛奶"])
    ('running shoe', '有机牛奶')
    """
    joined = " ".join(units)
    return re.sub(rf"(?<=[{CJK}]) (?=[{CJK}])", "", joined)
