"""What runs and the gate have said, in the language of who reads it.

The sentence is kept in English beside its parts (:class:`foundation.learning.said.Said`); rows from
before there were parts, and sentences without any, are translated as they stand where there is a
translation.
"""

import json

from django.utils.translation import gettext, gettext_noop

from foundation.learning.said import Said

LOST = gettext_noop("The process at work was lost. The active model is untouched; start it again.")
BROKE_OFF = gettext_noop("It broke off; the technical message is below.")


def parts_of(text: str) -> dict:
    """What is kept beside a sentence; empty where it has no parts."""
    return text.kept() if isinstance(text, Said) else {}


def told(text: str, parts: object = None) -> str:
    """Return a sentence translated; ``parts`` as :func:`parts_of` made them."""
    kept: dict = parts if isinstance(parts, dict) else {}
    sentence = kept.get("say")
    if isinstance(sentence, str):
        values = kept.get("with")
        try:
            filled = {name: _value(value) for name, value in (values or {}).items()}
            return gettext(sentence) % filled
        except (AttributeError, KeyError, TypeError, ValueError):
            # Parts of another release: the sentence itself is still there.
            return text
    return gettext(text) if text else ""


def log_line(text: str) -> str:
    """A line as the log keeps it."""
    return json.dumps(text.kept(), ensure_ascii=False) if isinstance(text, Said) else text


def told_log(log: str) -> str:
    """Return a log, each line ``time sentence``, translated where a line is the house's own."""
    return "\n".join(_told_line(line) for line in log.split("\n"))


def _told_line(line: str) -> str:
    time, space, text = line.partition(" ")
    if not text.startswith('{"say"'):
        return time + space + (gettext(text) if text else "")
    try:
        return time + space + told(text, json.loads(text))
    except ValueError:
        return line


def _value(value: object) -> object:
    if isinstance(value, list):
        return "; ".join(str(_value(item)) for item in value)
    return told("", value) if isinstance(value, dict) else value
