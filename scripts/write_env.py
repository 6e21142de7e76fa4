"""Write a ``.env`` for the demo, with a secret key of its own, unless there is one."""

import secrets
from pathlib import Path

TEMPLATE = """\
# Made for the demo on this machine. docs/operations.md lists every setting.
SECRET_KEY={key}
DEMO=on
HTTPS=off
"""


def main() -> None:
    path = Path(__file__).resolve().parent.parent / ".env"
    if not path.exists():
        path.write_text(TEMPLATE.format(key=secrets.token_urlsafe(50)))
        path.chmod(0o600)


if __name__ == "__main__":
    main()
