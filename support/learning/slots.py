"""What a message names: order numbers, quantities, dates, amounts, e-mail, city, which one.

Rules, in both languages: what they find is checked before it is used, and a wrong one costs a
question, so that a reader can see why something was taken.
"""

import re
import unicodedata
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal

from support.learning.texts import ORDER_NUMBER

# Chinese characters count as letters at a word's edge unless a pattern is ASCII.
EMAIL = re.compile(r"[A-Za-z0-9._%+-]{1,64}@[A-Za-z0-9.-]{1,255}\.[A-Za-z]{2,24}")
AMOUNT = re.compile(
    r"(?:[$€£¥￥]\s*(\d{1,7}(?:[.,]\d{1,2})?))"
    r"|(?:(\d{1,7}(?:[.,]\d{1,2})?)\s*(?:dollars?|bucks|usd|euros?|块|元|美元|美金|刀))",
    re.IGNORECASE,
)
QUANTITY = re.compile(
    r"\b(\d{1,3})\s*(?:pcs|pieces?|items?|units?|packs?|bottles?|boxes|pairs?|of them|x)\b"
    r"|([0-9]{1,3}|[一二两三四五六七八九十])\s*(?:个|件|双|瓶|盒|包|箱|条|台|份|只)",
    re.IGNORECASE | re.ASCII,
)
ISO_DAY = re.compile(r"\b(20\d\d)[-/.年](\d{1,2})[-/.月](\d{1,2})日?", re.ASCII)
ZH_DAY = re.compile(r"(\d{1,2})月(\d{1,2})[日号]")
ENGLISH_DAY = re.compile(
    r"\b(\d{1,2})(?:st|nd|rd|th)?\s+(?:of\s+)?(jan|feb|mar|apr|may|jun|jul|aug|sep|oct|nov|dec)[a-z]*"
    r"|\b(jan|feb|mar|apr|may|jun|jul|aug|sep|oct|nov|dec)[a-z]*\.?\s+(\d{1,2})(?:st|nd|rd|th)?\b",
    re.IGNORECASE,
)
MONTHS = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")
RELATIVE = {
    "day before yesterday": -2,
    "前天": -2,
    "yesterday": -1,
    "last night": -1,
    "昨天": -1,
    "昨晚": -1,
    "today": 0,
    "this morning": 0,
    "今天": 0,
    "今早": 0,
    "day after tomorrow": 2,
    "后天": 2,
    "tomorrow": 1,
    "明天": 1,
    "last week": -7,
    "上周": -7,
}
CHINESE_DIGITS = {c: n for n, c in enumerate("零一二三四五六七八九十")} | {"两": 2}
ORDINALS = {
    0: r"\b(?:1st|first|number one|no\. ?1|former|top one)\b|第一|头一|前一个|前面那|上面那|1号",
    1: r"\b(?:2nd|second|number two|no\. ?2|latter)\b|第二|后一个|后面那|下面那|2号",
    2: r"\b(?:3rd|third|number three|no\. ?3)\b|第三|3号",
    3: r"\b(?:4th|fourth|number four)\b|第四|4号",
    -1: r"\b(?:last one|the last|bottom one)\b|最后(?:一|那)|最下面",
}
THAT = re.compile(
    r"\b(?:that one|this one|that|this|it|the same one)\b|那个|这个|那款|这款|这件|那件|这双|那双|它|这单|那单",
    re.IGNORECASE,
)
LATEST = re.compile(
    r"\b(?:latest|newest|most recent|my last order)\b|最近(?:一|的|那)|最新|上一单|刚刚?(?:下|买|拍)",
    re.IGNORECASE,
)
ALL = re.compile(
    r"\b(?:all|everything|both|the whole)\b|全部|都(?:要)?退|所有|整单|全退", re.IGNORECASE
)
POSTCODE = re.compile(r"\b(\d{5,6}(?:-\d{4})?|[A-Z]\d[A-Z] ?\d[A-Z]\d)\b", re.ASCII)
CITY = re.compile(
    r"(?:寄到|送到|发到|在|搬到|到)([\u4e00-\u9fff]{2,4}?)(?:市|要|几天|多久|吗|的|，|。|$)"
    r"|\b(?:to|in|from|city(?: is)?:?)\s+([A-Z][a-z]+(?: [A-Z][a-z]+)?)\b"
)


@dataclass(frozen=True)
class Slots:
    """What was found, normalised: upper-case numbers, ISO days, decimal amounts."""

    orders: tuple[str, ...] = ()
    quantity: int | None = None
    day: date | None = None
    amount: Decimal | None = None
    email: str = ""
    city: str = ""
    postcode: str = ""
    ordinals: tuple[int, ...] = ()
    """Places in the list that was shown, from 0; -1 is the last."""
    that: bool = False
    latest: bool = False
    everything: bool = False

    def as_dict(self) -> dict:
        """Only what was found, JSON-ready."""
        found = {name: value for name, value in vars(self).items() if value not in ((), "", None)}
        plain = {name: value for name, value in found.items() if value is not False}
        return {
            name: list(value)
            if isinstance(value, tuple)
            else value
            if isinstance(value, (int, bool))
            else str(value)
            for name, value in plain.items()
        }


def find(text: str, today: date) -> Slots:
    """Return what a message names."""
    text = unicodedata.normalize("NFKC", text)
    orders = tuple(dict.fromkeys(number.upper() for number in ORDER_NUMBER.findall(text)))
    rest = EMAIL.sub(" ", ORDER_NUMBER.sub(" ", text))
    email, postcode, city = EMAIL.search(text), POSTCODE.search(rest), CITY.search(rest)
    return Slots(
        orders=orders,
        quantity=_quantity(rest),
        day=_day(rest, today),
        amount=_amount(rest),
        email=email[0].lower() if email else "",
        city=next((part for part in city.groups() if part), "") if city else "",
        postcode=postcode[1] if postcode else "",
        ordinals=_ordinals(rest),
        that=bool(THAT.search(rest)),
        latest=bool(LATEST.search(rest)),
        everything=bool(ALL.search(rest)),
    )


def _ordinals(text: str) -> tuple[int, ...]:
    lower = text.lower()
    places = {place: re.search(pattern, lower) for place, pattern in ORDINALS.items()}
    found = {place: match.start() for place, match in places.items() if match}
    return tuple(sorted(found, key=lambda place: found[place]))


def _quantity(text: str) -> int | None:
    # "那个", "一个" after 第 and bare 这个 are no counts.
    match = QUANTITY.search(re.sub(r"第[一二三四五六七八九十\d]+个?", " ", text))
    if not match:
        return None
    said = match[1] or match[2]
    return CHINESE_DIGITS.get(said) if said in CHINESE_DIGITS else int(said)


def _amount(text: str) -> Decimal | None:
    match = AMOUNT.search(text)
    return Decimal((match[1] or match[2]).replace(",", ".")) if match else None


def _day(text: str, today: date) -> date | None:
    lower = text.lower()
    for words, offset in RELATIVE.items():
        if words in lower:
            return today + timedelta(days=offset)
    try:
        if match := ISO_DAY.search(text):
            return date(int(match[1]), int(match[2]), int(match[3]))
        if match := ZH_DAY.search(text):
            return _nearest_year(int(match[1]), int(match[2]), today)
        if match := ENGLISH_DAY.search(text):
            name, day = (match[2], match[1]) if match[2] else (match[3], match[4])
            return _nearest_year(MONTHS.index(name.lower()[:3]) + 1, int(day), today)
    except ValueError:
        # "31 February": a slip of the pen, not a day.
        return None
    return None


def _nearest_year(month: int, day: int, today: date) -> date:
    """The day of this month and day that is nearest to today."""
    years = (today.year - 1, today.year, today.year + 1)
    candidates = [date(year, month, day) for year in years]
    return min(candidates, key=lambda other: abs((other - today).days))
