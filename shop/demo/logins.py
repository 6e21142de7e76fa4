"""Who can sign in to the demo, and with what. Made only where ``settings.DEMO`` is on."""

import os

HOUSEHOLD_EMAIL = "household-{}@demo.mercato.example"
ADMIN_EMAIL = "admin@demo.mercato.example"
AGENT_EMAIL = "agent@demo.mercato.example"
STAFF = {
    AGENT_EMAIL: "Support agents",
    "stock@demo.mercato.example": "Stock managers",
    "risk@demo.mercato.example": "Risk analysts",
    "marketing@demo.mercato.example": "Marketing",
}
"""One member of staff for each role, by the group that gives the rights."""


def demo_password() -> str:
    """The password all demo logins share; ``DEMO_PASSWORD`` chooses another one."""
    return os.environ.get("DEMO_PASSWORD") or "mercato-demo-2024"
