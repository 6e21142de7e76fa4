"""Who can sign in to the demo, and with what. Made only where ``settings.DEMO`` is on."""

import os

HOUSEHOLD_EMAIL = "household-{}@demo.mercato.example"
ADMIN_EMAIL = "admin@demo.mercato.example"
AGENT_EMAIL = "agent@demo.mercato.example"


def demo_password() -> str:
    """The password all demo logins share; ``DEMO_PASSWORD`` chooses another one."""
    return os.environ.get("DEMO_PASSWORD") or "mercato-demo-2024"
