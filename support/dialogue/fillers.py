"""How a slot of a flow gets its value from a message, and what can be chosen.

A filler looks at the turn and returns what it found. ``Found.value`` is what is remembered
(JSON-ready), ``Found.shown`` what the customer reads; ``Found.choices`` are offered when nothing
was named; with a single choice it is taken. ``Found.problem`` is the answer that says why a named
thing will not do.
"""

import re
from collections.abc import Callable
from dataclasses import dataclass, field

from shop.models import Order, OrderLine
from shop.services import orders, returns
from support.dialogue.turn import Turn
from support.learning.texts import ORDER_NUMBER

MAX_CHOICES = 6


@dataclass(frozen=True)
class Choice:
    value: str | int
    label: str


@dataclass(frozen=True)
class Found:
    value: str | int | None = None
    shown: str = ""
    choices: list[Choice] = field(default_factory=list)
    problem: str = ""
    about: dict = field(default_factory=dict)
    nothing: bool = False
    """There is nothing that could be chosen: the flow ends with its ``empty`` answer."""


Filler = Callable[[Turn, dict], Found]


def own_orders(turn: Turn) -> list[Order]:
    """The customer's newest orders."""
    if turn.customer is None:
        return []
    return list(Order.objects.filter(customer=turn.customer)[:MAX_CHOICES])


def named_order(turn: Turn) -> Order | None:
    """The customer's own order that the message names; another's is like an unknown one."""
    if turn.customer is None or not turn.slots.orders:
        return None
    return Order.objects.filter(customer=turn.customer, number__iexact=turn.slots.orders[0]).first()


def _order(turn: Turn, fits: Callable[[Order], bool], too_late: str) -> Found:
    if turn.slots.orders:
        order = named_order(turn)
        if order is None:
            return Found(problem="not_yours")
        if not fits(order):
            about = {"order": order.number, "status": order.get_status_display()}
            return Found(problem=too_late, about=about)
        return Found(order.number, order.number)
    possible = [order for order in own_orders(turn) if fits(order)]
    if not possible:
        return Found(nothing=True)
    picked = _picked(turn, possible)
    if picked is not None:
        return Found(picked.number, picked.number)
    pointed = _listed(turn)
    if pointed is not None and not fits(pointed):
        about = {"order": pointed.number, "status": pointed.get_status_display()}
        return Found(problem=too_late, about=about)
    return Found(choices=[Choice(order.number, order.number) for order in possible])


def _picked(turn: Turn, possible: list[Order]) -> Order | None:
    """Which of several is meant: a place in the list, the latest, or the one just talked of."""
    by_number = {order.number: order for order in possible}
    number = _listed_number(turn)
    if number is not None:
        return by_number.get(number)
    if turn.slots.latest:
        return possible[0]
    if turn.slots.that and turn.memory.get("order"):
        return by_number.get(turn.memory["order"])
    return possible[0] if len(possible) == 1 else None


def _listed_number(turn: Turn) -> str | None:
    """The number at the place of the last list of orders that the message points at."""
    listed = turn.memory.get("listed") or []
    places = [place for place in turn.slots.ordinals if -1 <= place < len(listed)]
    return listed[places[0]] if places else None


def _listed(turn: Turn) -> Order | None:
    number = _listed_number(turn)
    if number is None or turn.customer is None:
        return None
    return Order.objects.filter(customer=turn.customer, number=number).first()


def cancellable_order(turn: Turn, values: dict) -> Found:
    return _order(turn, lambda order: order.status in orders.CANCELLABLE, "cancel_too_late")


def returnable_order(turn: Turn, values: dict) -> Found:
    return _order(turn, lambda order: bool(returns.returnable(order)), "return_not_yet")


def own_order(turn: Turn, values: dict) -> Found:
    return _order(turn, lambda order: True, "not_yours")


def returnable_line(turn: Turn, values: dict) -> Found:
    """A line of the chosen order, by its place, its title, or because it is the only one."""
    order = Order.objects.filter(customer=turn.customer, number=values["order"]).first()
    if order is None:
        return Found(problem="not_yours")
    left = returns.returnable(order)
    lines = [
        line
        for line in order.lines.select_related("variant__product").order_by("pk")
        if line.pk in left
    ]
    if not lines:
        return Found(nothing=True)
    chosen = _named_line(turn, lines) or (lines[0] if len(lines) == 1 else None)
    if chosen is not None:
        return Found(chosen.pk, str(chosen.variant.product.title))
    choices = [Choice(line.pk, str(line.variant.product.title)) for line in lines]
    return Found(choices=choices[:MAX_CHOICES])


def _named_line(turn: Turn, lines: list[OrderLine]) -> OrderLine | None:
    said = turn.text.lower()
    for line in lines:
        product = line.variant.product
        if product.title_en.lower() in said or product.title_zh.lower() in said:
            return line
    asked = turn.memory.get("flow", {}).get("asked") == "line"
    places = [place for place in turn.slots.ordinals if -1 <= place < len(lines)]
    if places and asked:
        return lines[places[0]]
    return None


REASONS = {
    "damaged": r"damag|broke|broken|crack|shatter|leak|defect|faulty|dead|坏|破|碎|漏|裂|瑕疵|质量问题",
    "wrong_item": r"wrong (?:item|product|thing|size|colou?r)|not what i ordered|发错|寄错|错货|少发|漏发|不是我买",
    "not_as_described": r"describ|picture|photo|expected|不符|描述|图片|不一样|色差",
    "too_late": r"late|太晚|迟|来晚",
    "changed_mind": (
        r"chang\w+ my mind|don'?t (?:want|like|need)|no longer|too (?:small|big|large|tight)|fit|regret"
        r"|不想要|不喜欢|不需要|后悔|不合适|太?[小大紧]了|改主意|用不上"
    ),
    "other": r"\bother\b|something else|no reason|其他|没有?原因|别的",
}


def reason(turn: Turn, values: dict) -> Found:
    labels = dict(returns.REASONS)
    said = turn.text.lower()
    for code, label in labels.items():
        if str(label).lower() == said.strip(" .。!！") or re.search(REASONS[code], said):
            return Found(code, str(label))
    return Found(choices=[Choice(code, str(label)) for code, label in labels.items()])


STREET = re.compile(
    r"\d+[\w/-]*\s+[A-Za-z][\w .'-]+|[A-Za-z][\w .'-]+\s+\d+\w*|[\u4e00-\u9fff]+(?:路|街|巷|道|号|弄|村|小区|楼|室|苑|园)[\w\u4e00-\u9fff-]*"
)


def _asked(turn: Turn, name: str) -> bool:
    return turn.memory.get("flow", {}).get("asked") == name


def street(turn: Turn, values: dict) -> Found:
    text = turn.text.strip(" .。")
    if not _asked(turn, "line1") or ORDER_NUMBER.search(text) or len(text) > 120:
        return Found()
    match = STREET.search(text)
    return Found(match[0].strip(), match[0].strip()) if match else Found()


def town(turn: Turn, values: dict) -> Found:
    text = turn.text.strip(" .。,，")
    plain = re.fullmatch(r"[A-Za-z][A-Za-z .'-]{1,40}|[\u4e00-\u9fff]{2,8}", text)
    if not _asked(turn, "city") or not plain:
        return Found()
    return Found(text, text)


def postcode(turn: Turn, values: dict) -> Found:
    if not _asked(turn, "postcode") or not turn.slots.postcode:
        return Found()
    return Found(turn.slots.postcode, turn.slots.postcode)


FILLERS: dict[str, Filler] = {
    "cancellable_order": cancellable_order,
    "returnable_order": returnable_order,
    "own_order": own_order,
    "returnable_line": returnable_line,
    "reason": reason,
    "street": street,
    "town": town,
    "postcode": postcode,
}
