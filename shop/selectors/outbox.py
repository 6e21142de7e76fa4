"""The demo's outbox: mails that Django's file backend wrote. Never shown outside a demo."""

import re
from dataclasses import dataclass
from datetime import UTC, datetime
from email import message_from_bytes, policy
from email.message import EmailMessage
from pathlib import Path

from django.conf import settings

SEPARATOR = re.compile(rb"^-{79}\n", re.MULTILINE)
URL = re.compile(r"(https?://\S+)")
SHOWN = 50


@dataclass(frozen=True)
class Mail:
    """One mail. ``name`` finds it again; ``parts`` alternates text and links."""

    name: str
    subject: str
    to: str
    at: datetime
    body: str

    @property
    def parts(self) -> list[tuple[bool, str]]:
        """The body cut into (is a link, text) pieces."""
        return [(bool(URL.fullmatch(piece)), piece) for piece in URL.split(self.body) if piece]


def latest() -> list[Mail]:
    """The newest mails first. A file holds the mails of one connection, in order."""
    folder = Path(settings.EMAIL_FILE_PATH)
    if not folder.is_dir():
        return []
    files = sorted(folder.glob("*.log"), key=lambda path: path.stat().st_mtime, reverse=True)
    mails: list[Mail] = []
    for path in files[:SHOWN]:
        mails.extend(_mails_of(path))
        if len(mails) >= SHOWN:
            break
    return sorted(mails, key=lambda mail: mail.at, reverse=True)[:SHOWN]


def read(name: str) -> Mail | None:
    return next((mail for mail in latest() if mail.name == name), None)


def _mails_of(path: Path) -> list[Mail]:
    blocks = [block for block in SEPARATOR.split(path.read_bytes()) if block.strip()]
    return [_parse(f"{path.stem}-{place}", path, block) for place, block in enumerate(blocks)]


def _parse(name: str, path: Path, block: bytes) -> Mail:
    message = message_from_bytes(block, _class=EmailMessage, policy=policy.default)
    body = message.get_body(preferencelist=("plain", "html"))
    try:
        # A mail's "-0000" is UTC of which nobody knows the sender's time zone: read as naive.
        at = message["date"].datetime
        at = at.astimezone(UTC) if at.tzinfo else at.replace(tzinfo=UTC)
    except (AttributeError, TypeError, ValueError):
        at = datetime.fromtimestamp(path.stat().st_mtime, UTC)
    return Mail(
        name=name,
        subject=str(message["subject"] or ""),
        to=str(message["to"] or ""),
        at=at,
        body=body.get_content() if body else "",
    )
