"""Write a ``.env`` for the demo, with a secret key of its own, unless there is one."""

import os
import secrets
from pathlib import Path

TEMPLATE = """\
# Made for the demo on this machine. docs/operations.md lists every setting.
SECRET_KEY={key}
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
        file.write(TEMPLATE.format(key=secrets.token_urlsafe(50)))
    return True


if __name__ == "__main__":
    write_env(Path(__file__).resolve().parent.parent / ".env")
