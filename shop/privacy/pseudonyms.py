"""The one way in which a person appears outside the shop's tables: as a keyed hash.

HMAC-SHA-256 under the newest of ``settings.PSEUDONYM_KEYS`` (newest first). The same person has the
same pseudonym until the key is rotated; nobody without the key can tell who it is or try them all.
Keys are named by a digest, so that a file can say under which key it was written.
"""

import hashlib
import hmac
from functools import cache

from django.conf import settings

LENGTH = 32
"""Hex digits kept: 128 bits, so that no two people share one."""


def pseudonym(kind: str, value: object, key: str = "") -> str:
    """Return 32 hex digits for ``value``, different for every ``kind`` ("customer", "visitor").

    Without ``key`` the newest one is used.
    """
    secret = _derived(key or newest())
    return hmac.new(secret, f"{kind}:{value}".encode(), hashlib.sha256).hexdigest()[:LENGTH]


def newest() -> str:
    """The key that new pseudonyms are made with; the shop's own secret if no other is set."""
    keys: list[str] = settings.PSEUDONYM_KEYS
    return keys[0] if keys else str(settings.SECRET_KEY)


def known_keys() -> list[str]:
    """All keys somebody may be named by, newest first, with the one used before any was set."""
    return list(dict.fromkeys([newest(), *settings.PSEUDONYM_KEYS, str(settings.SECRET_KEY)]))


def key_name(key: str = "") -> str:
    """Eight hex digits that tell keys apart and say nothing about them."""
    return hmac.new(_derived(key or newest()), b"name", hashlib.sha256).hexdigest()[:8]


@cache
def _derived(key: str) -> bytes:
    return hmac.digest(key.encode(), b"mercato.pseudonyms", "sha256")
