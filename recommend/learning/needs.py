"""What a shopper means: "低于50元的咖啡" is coffee, at most 50; the rest is politeness."""

import re
from dataclasses import dataclass
from decimal import Decimal

from recommend.learning.tokens import normalise

_NUMBER = r"(?:[$¥€£]\s*)?(\d{1,7}(?:\.\d{1,2})?|[一二两三四五六七八九十百千]{1,7})"
_UNIT = r"(?:\s*(?:usd|dollars?|bucks|美元|块钱|元钱|块|元|\$))"
_MONEY = rf"{_NUMBER}{_UNIT}?"
_BETWEEN = (
    rf"(?:between|from)\s+{_MONEY}\s*(?:and|to|-)\s*{_MONEY}",
    rf"{_MONEY}\s*(?:到|至|~|-)\s*{_NUMBER}{_UNIT}(?:之间|的)?",
)
_AT_MOST = (
    rf"(?:under|below|less than|cheaper than|at most|up to|max(?:imum)?|no more than)\s+{_MONEY}",
    rf"(?:低于|少于|不超过|小于|不到|便宜过){_MONEY}",
    rf"{_NUMBER}{_UNIT}(?:以下|以内|之内|之下)",
    rf"<=?\s*{_MONEY}",
)
_AT_LEAST = (
    rf"(?:over|above|more than|at least|min(?:imum)?|no less than)\s+{_MONEY}",
    rf"(?:高于|多于|超过|大于|不低于){_MONEY}",
    rf"{_NUMBER}{_UNIT}(?:以上|起)",
    rf">=?\s*{_MONEY}",
)
_FILLER_EN = re.compile(
    r"^(?:hi|hello|hey)[\s,!.]+|"
    r"\b(?:i(?:'d|’d| would| am| want| need|'m|’m)?\s*(?:like|want|need|looking|wish|love)?"
    r"\s*(?:to|for)?\s*(?:buy|get|find|order|see|purchase|have)\b|"
    r"i(?:'m|’m| am)\s+looking\s+for|looking\s+for|i\s+(?:want|need|would\s+like)|"
    r"i(?:'d|’d)\s+like|"
    r"(?:can|could|would)\s+you\s+(?:please\s+)?(?:show|find|recommend|suggest|get)(?:\s+me)?|"
    r"(?:show|find|recommend|suggest|give|get)\s+me|do\s+you\s+(?:have|sell)|are\s+there|"
    r"where\s+(?:can\s+i\s+find|are|is)|please|some|any)\b"
)
_FILLER_ZH = re.compile(
    r"^(?:你好|您好|请问|嗨)+|"
    r"(?:我们?|咱们?)?(?:现在|今天)?(?:很?想要?|需要|打算|准备|要|在)?(?:去)?"
    r"(?:买|购买|找|看看|看一看|寻找|选购|挑选|订购|来)(?:一?点儿?|一?些|几[个双件款瓶包]|一?[个双件款瓶包]|一下)?|"
    r"(?:请|麻烦)?(?:帮我|给我)(?:推荐|找|看)?(?:一?些|几[个双件款]|一?[个双件款]|一下)?|"
    r"(?:请)?推荐(?:一?些|几[个双件款]|一?[个双件款]|一下)?|"
    r"(?:我们?)?(?:想要|需要|想)(?:一?些|一?点|几[个双件款]|一?[个双件款])?|"
    r"(?:你们)?(?:这里|店里)?有没有|有什么|有哪些|有卖|好的?吗|可以吗|吗[？?]?$|呢[？?]?$|谢谢|一些"
)
_TAIL_ZH = re.compile(r"^[的,，。!！?？、\s]+|[的用,，。!！?？、\s]+$")
_DIGITS = {c: i for i, c in enumerate("零一二三四五六七八九")} | {"两": 2}
_SCALES = {"十": 10, "百": 100, "千": 1000}


@dataclass(frozen=True)
class Need:
    """What is looked for (``text``, possibly empty) and price limits in the shop's currency."""

    text: str
    min_price: float | None = None
    max_price: float | None = None

    @property
    def is_limited(self) -> bool:
        return self.min_price is not None or self.max_price is not None

    def allows(self, price: Decimal) -> bool:
        """Whether a price is within the limits, if there are any."""
        low, high = (
            Decimal(str(limit)) if limit is not None else price
            for limit in (self.min_price, self.max_price)
        )
        return low <= price <= high


def parse_need(query: str) -> Need:
    """Take price limits and filler words out of a query.

    A unit of money that is named (元, dollars) is read as the shop's own currency. A query that is
    nothing but filler is kept as it is.

    >>> parse_need("低于50元的咖啡")
    Need(text='咖啡', min_price=None, max_price=50.0)
    >>> parse_need("I would like to buy snacks under $3").text
    'snacks'
    """
    text = " ".join(normalise(query).split())
    low: float | None = None
    high: float | None = None
    for pattern in _BETWEEN:
        if (found := re.search(pattern, text)) and (pair := _numbers(found)):
            low, high = min(pair), max(pair)
            text = _without(text, found)
            break
    for pattern in _AT_MOST:
        if high is None and (found := re.search(pattern, text)) and (pair := _numbers(found)):
            high, text = pair[0], _without(text, found)
    for pattern in _AT_LEAST:
        if low is None and (found := re.search(pattern, text)) and (pair := _numbers(found)):
            low, text = pair[0], _without(text, found)
    return Need(_stripped(text), low, high)


def _without(text: str, found: re.Match[str]) -> str:
    return f"{text[: found.start()]} {text[found.end() :]}"


def _numbers(found: re.Match[str]) -> list[float]:
    values = [_number(group) for group in found.groups() if group]
    return [value for value in values if value is not None]


def _number(digits: str) -> float | None:
    """Read 50, 3.5 or 五十; None for a row of characters that is no number."""
    if digits[0].isdigit():
        return float(digits)
    total, current = 0, 0
    for character in digits:
        if character in _SCALES:
            total += (current or 1) * _SCALES[character]
            current = 0
        else:
            current = _DIGITS[character]
    return float(total + current) or None


def _stripped(text: str) -> str:
    short = _FILLER_EN.sub(" ", text)
    short = _FILLER_ZH.sub(" ", short)
    short = " ".join(_TAIL_ZH.sub("", part) for part in short.split())
    return " ".join(short.split()) or " ".join(text.split())
