"""Settings that would put personal data at risk are told at start, in words."""

from typing import Any

from cryptography.fernet import Fernet
from django.conf import settings
from django.core.checks import Error, Tags, Warning, register

MAKE = (
    "Make one: python -c 'from cryptography.fernet import Fernet; "
    "print(Fernet.generate_key().decode())'"
)


@register(Tags.security)
def encryption_keys(app_configs: Any, **kwargs: Any) -> list[Error]:
    """Every key can encrypt."""
    for number, key in enumerate(settings.ENCRYPTION_KEYS, 1):
        try:
            Fernet(key)
        except ValueError:
            text = f"Key {number} of ENCRYPTION_KEYS is no Fernet key (32 bytes in base64)."
            return [Error(text, hint=MAKE, id="shop.E001")]
    return []


@register(Tags.security, deploy=True)
def own_encryption_key(app_configs: Any, **kwargs: Any) -> list[Warning]:
    """In production the data's key is not the one that signs sessions: they rotate apart."""
    if settings.ENCRYPTION_KEYS:
        return []
    text = "ENCRYPTION_KEYS is empty: personal data is encrypted by a key made from SECRET_KEY."
    return [Warning(text, hint=MAKE, id="shop.W001")]
