"""What a checkout step is and what it works on."""

from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from typing import Protocol

from shop.models import Checkout, Customer, Order, Variant


@dataclass(frozen=True)
class PricedLine:
    """One line of a checkout. Amounts are dollars for the whole line but ``unit_price``."""

    variant: Variant
    quantity: int
    unit_price: Decimal
    discount: Decimal
    coupon_discount: Decimal
    total: Decimal


@dataclass(frozen=True)
class CardInput:
    """What the shopper typed. Never stored; the provider returns a fingerprint."""

    number: str = field(repr=False)
    expiry: str = field(repr=False)
    code: str = field(repr=False)
    holder: str = field(default="", repr=False)


@dataclass(frozen=True)
class Visitor:
    """Who is asking, as far as the request tells."""

    key: str
    ip: str
    user_agent: str
    language: str


@dataclass
class CheckoutRun:
    """One run of one checkout: the steps read it and leave notes for each other in ``notes``."""

    checkout: Checkout
    customer: Customer | None
    email: str
    lines: list[PricedLine]
    subtotal: Decimal
    delivery_fee: Decimal
    total: Decimal
    address: dict
    delivery_option: str
    delivery_date: date | None
    card: CardInput
    visitor: Visitor
    coupon_codes: list[str] = field(default_factory=list)
    challenge_answer: str = ""
    hold_reasons: list[str] = field(default_factory=list)
    """A step that wants a person to look adds a reason; the order is then placed on hold."""
    notes: dict = field(default_factory=dict)
    order: Order | None = None


class CheckoutStep(Protocol):
    """One step. ``run`` may raise :class:`shop.refusals.Refused`; the steps before are undone.

    ``undo`` may be called more than once and after a crash. ``placed`` is called inside the
    transaction that writes the order, for every step in order.
    """

    def run(self, run: CheckoutRun) -> None: ...

    def undo(self, run: CheckoutRun) -> None: ...

    def placed(self, run: CheckoutRun, order: Order) -> None: ...


class ChallengeRequired(Exception):
    """The payment needs the shopper's confirmation; the checkout waits and keeps its stock."""

    def __init__(self, prompt: str) -> None:
        super().__init__(prompt)
        self.prompt = prompt
