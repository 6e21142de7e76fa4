"""Who can sign in to the demo, and with what. Made only where ``settings.DEMO`` is on."""

import os

HOUSEHOLD_EMAIL = "household-{}@demo.mercato.example"
ADMIN_EMAIL = "admin@demo.mercato.example"
AGENT_EMAIL = "agent@demo.mercato.example"
STOCK_EMAIL = "stock@demo.mercato.example"
RISK_EMAIL = "risk@demo.mercato.example"
MARKETING_EMAIL = "marketing@demo.mercato.example"
STAFF = {
    AGENT_EMAIL: "Support agents",
    STOCK_EMAIL: "Stock managers",
    RISK_EMAIL: "Risk analysts",
    MARKETING_EMAIL: "Marketing",
}
"""One member of staff for each role, by the group that gives the rights."""
ROLES = {
    "admin": ADMIN_EMAIL,
    "agent": AGENT_EMAIL,
    "stock": STOCK_EMAIL,
    "risk": RISK_EMAIL,
    "marketing": MARKETING_EMAIL,
}
"""Whom the tour lets a visitor become among the staff, by a word for the address."""


def demo_password() -> str:
    """The password all demo logins share; ``DEMO_PASSWORD`` chooses another one."""
    return os.environ.get("DEMO_PASSWORD") or "mercato-demo-2024"
