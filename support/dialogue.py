"""What the assistant answers: intent, memory, actions on the customer's own orders."""

import re
from functools import lru_cache
from pathlib import Path

import yaml
from django.utils import timezone
from django.utils.translation import override

from foundation.encoders import get_encoder
from shop.checkout.delivery import FREE_FROM, delivery_options
from shop.models import Coupon, Customer, Order
from shop.models.base import ZERO
from shop.refusals import Refused
from shop.selectors.catalogue import cards
from shop.selectors.search import search
from shop.services import orders
from support.learning.retrieval import NearestExamples
from support.models import Conversation
from support.services import Reply

FOLDER = Path(__file__).parent / "knowledge"
THRESHOLD = 0.42
"""Below this score a message is out of scope; see tests/support/test_understanding.py."""
NUMBER = re.compile(r"\b(?:M-\d{8}-[A-Z0-9]{4,8}|CJ-\d{4,14})\b", re.IGNORECASE)
CHINESE = re.compile(r"[\u4e00-\u9fff]")
YES = {"yes", "y", "ok", "sure", "yes please", "是", "是的", "好", "好的", "确认", "对"}
QUICK = {
    "en": ["Where is my order?", "How do I return something?", "Talk to a person"],
    "zh": ["我的订单在哪里？", "怎么退货？", "转人工"],
}


def language_of(text: str) -> str:
    """``zh`` when the message has Chinese characters, else ``en``."""
    return "zh" if CHINESE.search(text) else "en"


@lru_cache
def _answers() -> dict[str, dict[str, str]]:
    return yaml.safe_load((FOLDER / "answers.yaml").read_text(encoding="utf-8"))


def examples(name: str) -> tuple[list[str], list[str]]:
    """Utterances of a knowledge file and their intents."""
    texts, labels = [], []
    content = yaml.safe_load((FOLDER / f"{name}.yaml").read_text(encoding="utf-8"))
    for intent, by_language in content.items():
        for utterances in by_language.values():
            texts += [str(utterance) for utterance in utterances]
            labels += [intent] * len(utterances)
    return texts, labels


@lru_cache
def classifier() -> NearestExamples:
    texts, labels = examples("intents")
    return NearestExamples(lambda batch: get_encoder().encode(list(batch))).fit(texts, labels)


def answer(name: str, language: str, **values: object) -> str:
    return _answers()[name][language].format(**values)


def out_of_order(text: str) -> Reply:
    language = language_of(text)
    return Reply(answer("broken", language), {"quick": QUICK[language][-1:]})


def reply_to(conversation: Conversation, text: str) -> tuple[Reply, dict]:
    """Return the answer and what to remember."""
    language = language_of(text)
    memory = dict(conversation.memory)
    with override("zh-hans" if language == "zh" else "en"):
        waiting = memory.pop("cancel", None)
        if waiting:
            return _finish_cancel(conversation, waiting, text, language), memory
        if NUMBER.search(text) and not text.lower().startswith("cancel"):
            return _order_status(conversation.customer, text, language), memory
        intent, score = classifier().predict([text])[0]
        if score < THRESHOLD:
            return _unclear(memory, language)
        memory.pop("misses", None)
        return _reply(intent, conversation, text, language, memory), memory


def _unclear(memory: dict, language: str) -> tuple[Reply, dict]:
    misses = memory.get("misses", 0) + 1
    if misses >= 2:
        return Reply(answer("person", language), hand_over=True), {}
    reply = Reply(answer("unclear", language), {"quick": QUICK[language]})
    return reply, {**memory, "misses": misses}


def _reply(
    intent: str, conversation: Conversation, text: str, language: str, memory: dict
) -> Reply:
    if intent == "order_status":
        return _order_status(conversation.customer, text, language)
    if intent == "cancel_order":
        return _start_cancel(conversation.customer, text, language, memory)
    if intent == "product":
        return _products(conversation.customer, text, language)
    if intent == "coupon":
        return _coupons(language)
    if intent == "delivery":
        return _delivery(language)
    if intent in ("person", "complaint"):
        return Reply(answer(intent, language), hand_over=True)
    quick = {"quick": QUICK[language]} if intent == "greeting" else {}
    return Reply(answer(intent, language), quick)


def _own_orders(customer: Customer | None, text: str) -> list[Order] | None:
    """The orders a message means; None for guests. Another's number is like an unknown one."""
    if customer is None:
        return None
    own = Order.objects.filter(customer=customer)
    number = NUMBER.search(text)
    if number:
        return list(own.filter(number__iexact=number[0]))
    return list(own[:3])


def _order_status(customer: Customer | None, text: str, language: str) -> Reply:
    found = _own_orders(customer, text)
    if found is None:
        return Reply(answer("ask_sign_in", language))
    if not found:
        return Reply(answer("no_orders", language))
    rows = [
        {
            "kind": "order",
            "title": order.number,
            "text": f"{order.get_status_display()} · ${order.total}",
            "url": order.get_absolute_url(),
        }
        for order in found
    ]
    return Reply(answer("orders", language), {"cards": rows})


def _start_cancel(customer: Customer | None, text: str, language: str, memory: dict) -> Reply:
    found = _own_orders(customer, text)
    if found is None:
        return Reply(answer("ask_sign_in", language))
    possible = [order for order in found if order.status in orders.CANCELLABLE]
    if not possible:
        return Reply(answer("cancel_none", language))
    memory["cancel"] = possible[0].number
    quick = ["是", "否"] if language == "zh" else ["Yes", "No"]
    text = answer("cancel_confirm", language, number=possible[0].number)
    return Reply(text, {"quick": quick})


def _finish_cancel(conversation: Conversation, number: str, text: str, language: str) -> Reply:
    if text.strip().lower().rstrip("。.!！") not in YES:
        return Reply(answer("cancel_kept", language))
    customer = conversation.customer
    order = Order.objects.filter(customer=customer, number=number).first() if customer else None
    if order is None:
        return Reply(answer("no_orders", language))
    try:
        orders.cancel(order=order, by=customer.user if customer else None)
    except Refused as refusal:
        return Reply(refusal.message)
    return Reply(answer("cancel_done", language, number=number))


def _products(customer: Customer | None, text: str, language: str) -> Reply:
    found = search(text, customer=customer, language=language)
    rows = []
    for card in cards(found.ids[:4]):
        price = f"${card.offer.price}" if card.offer else ""
        rows.append(
            {
                "kind": "product",
                "title": str(card.product.title),
                "text": price,
                "url": f"{card.product.get_absolute_url()}?from=chat",
                "icon": card.product.icon or card.product.category.icon,
            }
        )
    if not rows:
        return Reply(answer("no_products", language))
    return Reply(answer("products", language), {"cards": rows})


def _coupons(language: str) -> Reply:
    now = timezone.now()
    valid = Coupon.objects.filter(
        is_active=True, targeted_only=False, campaign=None, starts_at__lte=now, ends_at__gt=now
    )[:5]
    if not valid:
        return Reply(answer("no_coupons", language))
    lines = "\n".join(f"{coupon.code} – {coupon.name}" for coupon in valid)
    return Reply(f"{answer('coupons', language)}\n{lines}")


def _delivery(language: str) -> Reply:
    lines = [
        f"{option.label}: ${option.fee}, {option.arrives_on:%Y-%m-%d}"
        for option in delivery_options(ZERO)
    ]
    free = f"≥ ${FREE_FROM}: $0.00"
    return Reply("\n".join([*lines, free]))
