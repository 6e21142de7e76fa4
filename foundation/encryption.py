"""Encryption at rest: fields whose columns hold ciphertext, sealed files, a blind index.

Fernet of ``cryptography`` (AES-128-CBC with HMAC-SHA256, encrypt-then-MAC). ``ENCRYPTION_KEYS`` of
the settings lists the keys, the newest first: the first encrypts, all decrypt, so a key is rotated
while the shop runs (``manage.py rotate_encryption``). A value without the mark of a ciphertext was
written before its field was encrypted; it is read as it is and sealed when it is next written.
"""

import base64
import hashlib
import hmac
import json
from functools import lru_cache
from typing import Any

from cryptography.fernet import Fernet, InvalidToken, MultiFernet
from django.conf import settings
from django.core.exceptions import FieldError
from django.db import models

MARK = "e1:"
"""Ciphertexts begin so. What a person types never does when it is read: writing always seals."""
INSIDE = "e1"
"""The one key of a JSON object that holds a ciphertext."""
ALLOWED = frozenset({"isnull"})


class KeyMissing(Exception):
    """A value was encrypted with a key that ``ENCRYPTION_KEYS`` no longer names. Put it back."""


def keys() -> tuple[str, ...]:
    """The keys, newest first; without any, one made from the secret key of the shop."""
    return tuple(settings.ENCRYPTION_KEYS) or (_from_secret(settings.SECRET_KEY),)


def _from_secret(secret: str) -> str:
    # The label is the module's first name: another one would be another key.
    derived = hmac.digest(secret.encode(), b"shop.privacy.encryption", "sha256")
    return base64.urlsafe_b64encode(derived).decode()


@lru_cache(maxsize=8)
def _ring(names: tuple[str, ...]) -> MultiFernet:
    return MultiFernet([Fernet(name) for name in names])


@lru_cache(maxsize=8)
def _newest(name: str) -> Fernet:
    return Fernet(name)


def seal_bytes(data: bytes) -> bytes:
    return _ring(keys()).encrypt(data)


def open_bytes(token: bytes) -> bytes:
    """Raises KeyMissing when no key of the settings fits."""
    try:
        return _ring(keys()).decrypt(token)
    except InvalidToken:
        raise KeyMissing("No key of ENCRYPTION_KEYS opens this value.") from None


def seal(text: str) -> str:
    """Encrypt a text; an empty one says nothing and stays empty."""
    return MARK + seal_bytes(text.encode("utf-8", "surrogatepass")).decode() if text else text


def unseal(stored: str) -> str:
    """Return what was sealed; what never was comes back as it is. Raises KeyMissing."""
    if not stored.startswith(MARK):
        return stored
    return open_bytes(stored[len(MARK) :].encode()).decode("utf-8", "surrogatepass")


def is_current(stored: str) -> bool:
    """Whether a stored value is sealed with the newest key, or is empty."""
    if not stored:
        return True
    if not stored.startswith(MARK):
        return False
    try:
        _newest(keys()[0]).decrypt(stored[len(MARK) :].encode())
    except InvalidToken:
        return False
    return True


def blind_index(purpose: str, text: str) -> str:
    """A keyed hash by which a value can be found and not read: HMAC-SHA256, 32 hex digits.

    ``purpose`` keeps two columns from being compared. It is made with a key of its own that does
    not rotate with the encryption: every index would have to be made anew at once.
    """
    key = hmac.digest(blind_key().encode(), purpose.encode(), "sha256")
    return hmac.new(key, text.encode("utf-8", "surrogatepass"), hashlib.sha256).hexdigest()[:32]


def blind_key() -> str:
    return settings.BLIND_INDEX_KEY or settings.SECRET_KEY


class Sealed:
    """What encrypted fields share: nothing but "is there one" can be asked of the column."""

    name: str

    def get_lookup(self, lookup_name: str) -> Any:
        if lookup_name not in ALLOWED:
            raise FieldError(
                f"{self.name} is encrypted; it cannot be searched by {lookup_name!r}. "
                "Keep a blind index beside it (foundation.encryption.blind_index)."
            )
        return super().get_lookup(lookup_name)  # type: ignore[misc]

    def get_transform(self, lookup_name: str) -> Any:
        return None


class EncryptedCharField(Sealed, models.CharField):
    """A line of text, encrypted. ``max_length`` is of the text, the column holds any length."""

    def get_internal_type(self) -> str:
        return "TextField"

    def from_db_value(self, value: str | None, expression: object, connection: object) -> Any:
        return value if value is None else unseal(value)

    def get_prep_value(self, value: Any) -> Any:
        value = super().get_prep_value(value)
        return value if value is None else seal(str(value))


class EncryptedTextField(Sealed, models.TextField):
    """A longer text, encrypted."""

    def from_db_value(self, value: str | None, expression: object, connection: object) -> Any:
        return value if value is None else unseal(value)

    def get_prep_value(self, value: Any) -> Any:
        value = super().get_prep_value(value)
        return value if value is None else seal(str(value))


class EncryptedJSONField(Sealed, models.JSONField):
    """A JSON value, encrypted as a whole: the column, still JSON, holds ``{"e1": ciphertext}``.

    An empty value stays as it is. The column's type does not change, so a field that becomes
    encrypted needs no rewriting of its table.
    """

    def from_db_value(self, value: Any, expression: Any, connection: Any) -> Any:
        found = super().from_db_value(value, expression, connection)
        if isinstance(found, dict) and found.keys() == {INSIDE}:
            return json.loads(unseal(MARK + found[INSIDE]), cls=self.decoder)
        return found

    def get_db_prep_value(self, value: Any, connection: Any, prepared: bool = False) -> Any:
        if not prepared and value and not hasattr(value, "as_sql"):
            text = json.dumps(value, cls=self.encoder, ensure_ascii=False)
            value = {INSIDE: seal(text)[len(MARK) :]}
        return super().get_db_prep_value(value, connection, prepared)


ENCRYPTED = (EncryptedCharField, EncryptedTextField, EncryptedJSONField)
