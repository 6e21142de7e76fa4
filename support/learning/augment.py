"""More training utterances from the written ones: frames, typing errors, mixed languages.

Each function returns new texts and the row each was made from, so that labels follow. What each is
worth is measured by ``python -m benchmarks.support intents``.
"""

import re
from collections.abc import Sequence

import numpy as np

Made = tuple[list[str], list[int]]
LEADS = {
    "en": [
        "i need help to {}",
        "i want to {}",
        "could you help me {}",
        "how do i {}",
        "i do not know how to {}",
        "i have to {}, can you help me",
        "i need assistance to {}",
        "what do i have to do to {}",
        "i have problems trying to {}",
        "where can i {}",
    ],
    "zh": [
        "我想{}",
        "请问怎么{}",
        "能不能帮我{}",
        "麻烦{}一下",
        "亲，我要{}",
        "怎样才能{}啊",
        "{}，谢谢",
    ],
}
VERBS = re.compile(
    r"^(?:add|amend|apply|ask|buy|call|cancel|change|check|claim|close|compare|contact|correct|create"
    r"|delete|download|edit|enter|exchange|file|find|follow|get|give|join|leave|lodge|make|modify"
    r"|open|order|pay|place|post|print|purchase|rate|receive|recover|redirect|register|remove|report"
    r"|request|reset|restore|retrieve|return|see|send|set|show|sign|start|stop|submit|subscribe|swap"
    r"|switch|talk|track|unsubscribe|update|upgrade|use|view|write)\b"
)
ZH_VERBS = re.compile(
    r"^(?:查|改|换|加|取消|退|开|注册|注销|修改|申请|新增|添加|切换|找|订阅|下载|转)"
)
SAME = {
    "order": ["purchase"],
    "package": ["parcel", "shipment"],
    "parcel": ["package"],
    "refund": ["reimbursement", "money back"],
    "invoice": ["bill", "receipt"],
    "bill": ["invoice"],
    "item": ["article", "product"],
    "shipping": ["delivery"],
    "delivery": ["shipping"],
    "account": ["profile"],
    "agent": ["operator", "person"],
    "password": ["PIN", "access key"],
    "订单": ["单子"],
    "包裹": ["快递", "货"],
    "退款": ["退钱"],
    "账号": ["账户"],
    "账户": ["账号"],
    "怎么": ["如何", "咋"],
    "多少钱": ["啥价"],
    "想": ["要"],
}
MIXED = {
    "订单": "order",
    "退款": "refund",
    "发票": "invoice",
    "账号": "account",
    "密码": "password",
    "地址": "address",
    "优惠券": "coupon",
    "取消": "cancel",
    "快递": "快递package",
    "评价": "review",
    "客服": "客服service",
}
BACK = {
    "order": "订单",
    "refund": "退款",
    "invoice": "发票",
    "account": "账号",
    "password": "密码",
    "address": "地址",
    "coupon": "优惠券",
    "cancel": "取消",
    "package": "包裹",
    "review": "评价",
}


def frames(texts: Sequence[str], rng: np.random.Generator, each: int = 2) -> Made:
    """Put commands into the sentences that people wrap around them."""
    made, rows = [], []
    for row, text in enumerate(texts):
        lower = text.lower().rstrip(".!?。！？")
        language = "en" if VERBS.match(lower) else "zh" if ZH_VERBS.match(lower) else None
        if language is None:
            continue
        for place in rng.choice(len(LEADS[language]), size=each, replace=False):
            made.append(LEADS[language][place].format(lower))
            rows.append(row)
    return made, rows


def synonyms(texts: Sequence[str], rng: np.random.Generator) -> Made:
    """Say one of the words another way."""
    return _replace(texts, {key: rng.permutation(value).tolist() for key, value in SAME.items()})


def mixed(texts: Sequence[str], rng: np.random.Generator) -> Made:
    """Chinese with an English word in it, English with a Chinese one."""
    return _replace(texts, {key: [value] for key, value in {**MIXED, **BACK}.items()})


def _replace(texts: Sequence[str], words: dict[str, list[str]]) -> Made:
    made, rows = [], []
    for row, text in enumerate(texts):
        for word, others in words.items():
            pattern = rf"\b{word}\b" if word.isascii() else word
            if re.search(pattern, text):
                for other in others:
                    made.append(re.sub(pattern, other, text, count=1))
                    rows.append(row)
                break
    return made, rows


def noise(texts: Sequence[str], rng: np.random.Generator) -> Made:
    """One typing error in a word of four letters or more; English only."""
    made, rows = [], []
    for row, text in enumerate(texts):
        words = text.split(" ")
        places = [i for i, word in enumerate(words) if len(word) >= 4 and word.isascii()]
        if not places:
            continue
        place = int(rng.choice(places))
        words[place] = _mistype(words[place], rng)
        if " ".join(words) != text:
            made.append(" ".join(words))
            rows.append(row)
    return made, rows


def _mistype(word: str, rng: np.random.Generator) -> str:
    at = int(rng.integers(1, len(word) - 1))
    kind = int(rng.integers(3))
    if kind == 0:
        return word[:at] + word[at + 1 :]
    if kind == 1:
        return word[:at] + word[at + 1] + word[at] + word[at + 2 :]
    return word[:at] + word[at] + word[at:]
