"""Write a ``.env`` for the demo, with keys of its own, unless there is one."""

import base64
import os
import secrets
from pathlib import Path

TEMPLATE = """\
# Made for the demo on this machine. docs/operations.md lists every setting.
SECRET_KEY={key}
ENCRYPTION_KEYS={encryption}
DEMO=on
HTTPS=off
"""


def write_env(path: Path) -> bool:
    """Write the file, readable by its owner alone; tell whether there was none."""
    try:
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    except FileExistsError:
        return False
    with os.fdopen(descriptor, "w", encoding="utf-8") as file:
        # A Fernet key is 32 bytes in URL-safe base64; cryptography may not be installed yet.
        encryption = base64.urlsafe_b64encode(secrets.token_bytes(32)).decode()
        file.write(TEMPLATE.format(key=secrets.token_urlsafe(50), encryption=encryption))
    return True


if __name__ == "__main__":
    write_env(Path(__file__).resolve().parent.parent / ".env")
