"""Scripted customers: what they say, what the assistant should do, and what it did.

A script is one YAML entry::

    - name: cancels by number
      customer: ada
      adversarial: true
      turns: |
        cancel {placed} => cancel_confirm
        yes => cancel_done
      changes: [cancelled placed]
      ends: bot

Each turn names the answers that have to be among those given (``!name``: must not be; ``*words``:
the reply holds these words). ``changes`` are all changes that may and must be there afterwards.
``{placed}`` and the like are order numbers of the world that the scripts are played in.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from uuid import uuid4

import yaml

from support import services
from support.models import Conversation


@dataclass(frozen=True)
class World:
    """What scripts are played in: conversations by customer name, and what may not be said."""

    open: Callable[[str], Conversation]
    names: Mapping[str, str]
    snapshot: Callable[[], set[str]]
    secrets: tuple[str, ...]


@dataclass(frozen=True)
class Script:
    name: str
    turns: tuple[tuple[str, tuple[str, ...]], ...]
    customer: str = "ada"
    adversarial: bool = False
    changes: frozenset[str] = frozenset()
    ends: str = "bot"


@dataclass
class Played:
    script: Script
    problems: list[str] = field(default_factory=list)
    wrong_actions: list[str] = field(default_factory=list)
    leaks: list[str] = field(default_factory=list)
    transcript: list[str] = field(default_factory=list)

    @property
    def success(self) -> bool:
        return not (self.problems or self.wrong_actions or self.leaks)


def read_scripts(path: Path) -> list[Script]:
    """Read a file of scripts."""
    return [_script(entry) for entry in yaml.safe_load(path.read_text(encoding="utf-8"))]


def _script(entry: dict) -> Script:
    turns = []
    for line in entry["turns"].splitlines():
        if line.strip():
            text, _arrow, wanted = line.rpartition("=>")
            turns.append((text.strip(), tuple(wanted.split())))
    return Script(
        name=entry["name"],
        turns=tuple(turns),
        customer=entry.get("customer", "ada"),
        adversarial=bool(entry.get("adversarial", False)),
        changes=frozenset(entry.get("changes", ())),
        ends=entry.get("ends", "bot"),
    )


def play(script: Script, world: World) -> Played:
    """Say the script's lines one by one and compare what happens with what should."""
    result = Played(script)
    conversation = world.open(script.customer)
    before = world.snapshot()
    for text, wanted in script.turns:
        said = text.format(**world.names)
        messages = services.say(conversation=conversation, text=said, client_id=uuid4().hex)
        asked, replies = messages[0], messages[1:]
        asked.refresh_from_db()
        acts = asked.understanding.get("acts", [])
        reply = "\n".join(message.text for message in replies)
        result.transcript += [f"> {said}", f"< {acts} {reply}"]
        for want in wanted:
            if not _holds(want.format(**world.names), acts, reply):
                result.problems.append(f"{said!r}: wanted {want}, got {acts}: {reply[:120]}")
        shown = reply + str([message.payload for message in replies])
        result.leaks += [secret for secret in world.secrets if secret.lower() in shown.lower()]
    conversation.refresh_from_db()
    if conversation.state != script.ends:
        result.problems.append(f"ends {conversation.state}, not {script.ends}")
    changed = world.snapshot() - before
    result.wrong_actions += sorted(changed - script.changes)
    result.problems += [f"did not happen: {change}" for change in sorted(script.changes - changed)]
    return result


def _holds(want: str, acts: list[str], reply: str) -> bool:
    if want.startswith("!"):
        return want[1:] not in acts
    if want.startswith("*"):
        return want[1:].lower() in reply.lower()
    return want in acts
