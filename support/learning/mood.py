"""How a customer feels and how much it presses: words, punctuation and capitals, both languages.

A chat message is a line, not a review; what matters is who should be helped first. Words with
weights (Hutto and Gilbert 2014, VADER, work the same way), flipped by a negation before them.
"""

import re
from dataclasses import dataclass

BAD = {
    3: "scam fraud disgusting furious unacceptable disgrace thieves sue lawyer police wtf fuck fucking "
    "骗子 诈骗 恶心 垃圾 气死 投诉 举报 消协 起诉 律师 滚 妈的 操 黑店 坑爹",
    2: "angry terrible awful worst rude useless hate horrible ridiculous upset annoyed fed cheated lied "
    "damn bloody stupid idiots incompetent "
    "生气 太差 失望 过分 离谱 坑 烂 差劲 态度 骗 不负责 差评 受不了 火大 无语",
    1: "bad late missing broken wrong problem disappointed sad slow unhappy waiting never again delayed "
    "慢 坏 错 还没 没收到 怎么还 破 少发 漏 迟 不满 不行 催",
}
GOOD = {
    2: "love great excellent amazing perfect fantastic awesome wonderful brilliant delighted best "
    "太好 太棒 完美 满意 喜欢 点赞 好评 赞 优秀 爱了",
    1: "good nice thanks thank happy fine glad pleased helpful 谢谢 不错 很好 感谢 辛苦 好的 开心",
}
PRESSING = {
    2: "urgent urgently immediately asap emergency right now today tonight 紧急 马上 立刻 立即 赶紧 今天就 十万火急",
    1: "soon hurry quickly quick tomorrow waiting still deadline 急 尽快 快点 催 明天 等着用 急用",
}
NEGATIONS = re.compile(
    r"\b(?:not|no|never|isn't|wasn't|don't|didn't|hardly)\s+(?:\w+\s)?$|[不没别](?:太|怎么)?$"
)
WORDS = re.compile(r"[a-z']+")


@dataclass(frozen=True)
class Mood:
    """``feeling`` from -1 (furious) to 1 (delighted), ``urgency`` from 0 to 1."""

    feeling: float
    urgency: float


def mood(text: str) -> Mood:
    lower = text.lower()
    bad, good = _weight(lower, BAD), _weight(lower, GOOD)
    letters = [c for c in text if c.isascii() and c.isalpha()]
    shouting = len(letters) >= 8 and sum(c.isupper() for c in letters) / len(letters) > 0.7
    emphasis = (
        min(2, text.count("!") + text.count("！") - 1) if ("!" in text or "！" in text) else 0
    )
    strength = bad + (1 if shouting else 0) + (0.5 * emphasis if bad else 0)
    feeling = max(-1.0, min(1.0, (good - strength) / 3.0))
    pressing = _weight(lower, PRESSING) + (1 if shouting else 0) + 0.5 * max(0, emphasis)
    urgency = max(0.0, min(1.0, pressing / 3.0 + 0.3 * max(0.0, -feeling)))
    return Mood(round(feeling, 2), round(urgency, 2))


def _weight(text: str, lexicon: dict[int, str]) -> float:
    words = set(WORDS.findall(text))
    total = 0.0
    for weight, listed in lexicon.items():
        for word in listed.split():
            at = text.find(word)
            if at < 0 or (word.isascii() and word not in words):
                continue
            total += -0.5 * weight if NEGATIONS.search(text[:at]) else weight
    return max(0.0, total)
