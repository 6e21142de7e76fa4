"""What customers talk about, how they feel about it, and what is new: both languages.

A text is cut into clauses; a clause names the aspects whose words it holds, and its mood
(:mod:`support.learning.mood`) is what is felt about them (Hu and Liu 2004, Mining and summarizing
customer reviews, does the same with a lexicon). New topics are terms that are used more than before
by more than chance allows: z-scores of smoothed log-odds (Monroe, Colaresi and Quinn
2008, Fightin' words).
"""

import re
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass

import jieba
import numpy as np

from support.learning.mood import mood

jieba.setLogLevel(60)
ASPECTS: dict[str, re.Pattern] = {
    name: re.compile(words, re.IGNORECASE)
    for name, words in {
        "delivery": r"deliver\w*|shipp\w*|arriv\w*|courier|parcel|package\b|tracking|dispatch\w*"
        r"|快递|物流|送货|配送|发货|到货|收货|送达|包裹|签收|运输",
        "price": r"pric\w*|cheap\w*|expensive|cost\w*|overpriced|value for money"
        r"|discount\w*|coupon\w*"
        r"|价格|价钱|便宜|太贵|[很好真]贵|性价比|优惠|折扣|降价|涨价|划算",
        "quality": r"quality|broke\w*|durab\w*|sturdy|flimsy|defect\w*"
        r"|material|well made|falls? apart|works?\b"
        r"|质量|品质|做工|材质|耐用|坏了|瑕疵|结实|掉色|开裂",
        "freshness": r"fresh\w*|stale|rotten|mou?ldy?|expired?|expiry|spoil\w*|ripe\w*|best before"
        r"|新鲜|过期|变质|发霉|烂了|坏果|腐烂|保质期|不鲜",
        "service": r"service|support|staff|agent|help(?:ful|ed|s)?|rude|polite"
        r"|respon[ds]\w*|answered"
        r"|客服|服务|态度|回复|处理|售后|耐心",
        "packaging": r"packag(?:ing|ed)|wrapp\w*|box(?:es)?\b|leak\w*|crushed|dented"
        r"|包装|盒子|箱子|压坏|漏|破损",
        "size": r"\bsiz\w+|\bfits?\b|too (?:small|big|large|tight|loose|long|short)"
        r"|尺码|尺寸|大小|偏[大小]|合身|太[大小]",
        "refund": r"refund\w*|money back|return(?:ed|ing|s)?\b|reimburs\w*|退款|退货|退钱|换货",
        "website": r"website|\bapp\b|page|login|log in|sign in|password|checkout|payment|search"
        r"|网站|网页|页面|登录|密码|结算|支付|付款|搜索|系统",
    }.items()
}
CLAUSE = re.compile(
    r"[,;.!?，。；！？\n]+|\b(?:but|however|although|while)\b|但是|不过|然而|可是|但", re.IGNORECASE
)
CHINESE = re.compile(r"[\u4e00-\u9fff]")
WORD = re.compile(r"[a-z][a-z'-]{2,}")
ENGLISH_STOP = (
    "the and for you are was were that this with have has had not but from they what when where "
    "how can will would could should just get got does did its it's i'm i've don't there here your "
    "our please want need order orders hello hi thanks thank yes"
)
CHINESE_STOP = (
    "的 了 我 你 您 是 在 有 和 就 都 不 也 还 这 那 吗 呢 吧 啊 很 要 请问 一个 什么 怎么 "
    "没有 可以 订单 你们 我们 我的 谢谢 你好"
)
STOP = frozenset((*ENGLISH_STOP.split(), *CHINESE_STOP.split()))


@dataclass(frozen=True)
class Opinion:
    """``feeling`` from -1 to 1 about one of :data:`ASPECTS`."""

    aspect: str
    feeling: float


def opinions(text: str, *, otherwise: float = 0.0) -> list[Opinion]:
    """What a text says of which aspect, each once, in the order of :data:`ASPECTS`.

    A clause without words of feeling takes on that of the whole text, and a text without any
    takes on ``otherwise``: the stars of a review, for example.

    >>> opinions("Fast delivery, great! But the size is wrong.")
    [Opinion(aspect='delivery', feeling=0.67), Opinion(aspect='size', feeling=-0.33)]
    """
    whole = mood(text).feeling or otherwise
    found: dict[str, list[float]] = {}
    clauses = [clause for clause in CLAUSE.split(text) if clause and clause.strip()]
    for place, clause in enumerate(clauses):
        named = [name for name, words in ASPECTS.items() if words.search(clause)]
        if not named:
            continue
        feeling = mood(clause).feeling
        if not feeling and place + 1 < len(clauses):
            # "Fast delivery, great!": what follows and names nothing belongs to it.
            following = clauses[place + 1]
            if not any(words.search(following) for words in ASPECTS.values()):
                feeling = mood(following).feeling
        for name in named:
            found.setdefault(name, []).append(feeling or whole)
    return [
        Opinion(name, round(float(np.mean(found[name])), 2)) for name in ASPECTS if name in found
    ]


def terms(text: str) -> set[str]:
    """Words that may make a topic: three letters in English, two characters in Chinese."""
    lower = text.lower()
    found = {word for word in WORD.findall(lower) if word not in STOP}
    if CHINESE.search(lower):
        found |= {
            word
            for word in jieba.lcut(lower)
            if len(word) >= 2 and CHINESE.match(word) and word not in STOP
        }
    return found


@dataclass(frozen=True)
class Emerging:
    """A term, in how many texts it was lately and before, and how sure its rise is (z-score)."""

    term: str
    lately: int
    before: int
    score: float


def emerging(
    lately: Iterable[str], before: Iterable[str], *, least: int = 3, score: float = 1.96
) -> list[Emerging]:
    """Terms that are in more of the late texts than before, the surest first.

    ``least`` is in how many late texts a term has to be; ``score`` the z-score it has to exceed.
    """
    new, old = Counter[str](), Counter[str]()
    counts = [0, 0]
    for place, (texts, into) in enumerate(((lately, new), (before, old))):
        for text in texts:
            counts[place] += 1
            into.update(terms(text))
    found = []
    for term, n in new.items():
        if n < least:
            continue
        # Half a text each way, so that a term that is new altogether has odds, too.
        odds = [
            np.log((k + 0.5) / (total - k + 0.5))
            for k, total in ((n, counts[0]), (old[term], counts[1]))
        ]
        spread = np.sqrt(1.0 / (n + 0.5) + 1.0 / (old[term] + 0.5))
        z = float((odds[0] - odds[1]) / spread)
        if z > score:
            found.append(Emerging(term, n, old[term], round(z, 2)))
    return sorted(found, key=lambda one: (-one.score, one.term))
