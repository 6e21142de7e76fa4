"""Figures on the administrator's start page. Each capability contributes one selector."""

import logging
from collections.abc import Callable

from django.http import HttpRequest
from django.utils.module_loading import import_string

log = logging.getLogger(__name__)

SECTIONS = {
    "sales": "shop.selectors.dashboard.sales",
    "stock": "inventory.selectors.dashboard",
    "cases": "risk.selectors.dashboard",
    "chats": "support.selectors.dashboard",
    "models": "foundation.selectors.dashboard",
}


def context(request: HttpRequest, context: dict) -> dict:
    """Add ``sections`` to the admin index; a section that fails says so and hides no other."""
    sections = {}
    for name, path in SECTIONS.items():
        try:
            selector: Callable[[], dict] = import_string(path)
            sections[name] = selector()
        except Exception:
            log.exception("dashboard section %s failed", name)
            sections[name] = {"error": True}
    context["sections"] = sections
    return context
