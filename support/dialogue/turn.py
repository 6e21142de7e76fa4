"""What one message means in its conversation, and what is said and remembered."""

from dataclasses import dataclass, field
from typing import Any

from shop.models import Customer
from support import knowledge_files
from support.learning.mood import Mood
from support.learning.slots import Slots
from support.models import Conversation

LANGUAGES = ("en", "zh")


@dataclass
class Turn:
    """One message being answered. Actions add to ``said``, ``cards``, ``quick``."""

    conversation: Conversation
    text: str
    language: str
    slots: Slots
    mood: Mood
    memory: dict[str, Any]
    said: list[str] = field(default_factory=list)
    acts: list[str] = field(default_factory=list)
    cards: list[dict] = field(default_factory=list)
    quick: list[str] = field(default_factory=list)
    hand_over: bool = False
    strategy: dict[str, Any] = field(default_factory=dict)
    """What was chosen where there was a choice; see support/strategies.py."""

    @property
    def customer(self) -> Customer | None:
        return self.conversation.customer

    def say(self, name: str, **values: object) -> None:
        """Say an answer of the knowledge files; its name is kept as what was done."""
        self.acts.append(name)
        self.said.append(answer(name, self.language, **values))

    def offer(self, *names: str) -> None:
        """Offer quick replies by name."""
        self.quick = [quick(name, self.language) for name in names]

    @property
    def reply(self) -> str:
        return "\n".join(self.said)


QUICK = {
    "where": ("Where is my order?", "我的订单在哪里？"),
    "return": ("How do I return something?", "怎么退货？"),
    "person": ("Talk to a person", "转人工"),
    "yes": ("Yes", "是"),
    "no": ("No", "否"),
    "compare": ("Compare the first and the second", "比较第一个和第二个"),
}


def quick(name: str, language: str) -> str:
    return QUICK[name][LANGUAGES.index(language)]


def answer(name: str, language: str, **values: object) -> str:
    text = knowledge_files.read("answers")[name][language]
    return text.format(**values) if values else text
