"""The start page of staff: what waits for whom. Each capability contributes its selectors.

A member of staff sees the sections and figures that the role's permissions allow, and what nobody
may see is not even counted.
"""

import logging
from collections.abc import Callable
from dataclasses import dataclass

from django.core.cache import cache
from django.http import HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.utils.module_loading import import_string
from django.utils.translation import get_language
from django.views.decorators.cache import never_cache

log = logging.getLogger(__name__)
KEPT_SECONDS = 3
"""So that many who watch the page cost no more than one."""


@dataclass(frozen=True)
class Section:
    """One part of the page: who may see it, and the selector that reads it.

    The selector returns ``title`` and ``figures`` (``label``, ``value`` and perhaps ``note``,
    ``url``, ``action``: what to do next, ``waits``: a number above 0 is work, ``permission``), and
    perhaps ``charts`` (:func:`foundation.charts.chart`) and a table: ``columns``, ``rows`` and
    the rows' ``links``.
    """

    name: str
    path: str
    permissions: tuple[str, ...]


SECTIONS = (
    Section("sales", "shop.selectors.dashboard.sales", ("shop.view_order",)),
    Section("orders", "shop.selectors.dashboard.orders", ("shop.view_order",)),
    Section("chats", "support.selectors.dashboard", ("support.view_conversation",)),
    Section("cases", "risk.selectors.dashboard", ("risk.view_case",)),
    Section("stock", "inventory.selectors.dashboard", ("inventory.view_stocklevel",)),
    Section(
        "marketing",
        "shop.selectors.dashboard.marketing",
        ("shop.view_deal", "shop.view_review"),
    ),
    Section("models", "foundation.selectors.dashboard", ("foundation.view_modelversion",)),
)


def sections(request: HttpRequest, *, kept: bool = False) -> dict[str, dict]:
    """What this member of staff sees; a section that fails says so and hides no other.

    ``kept`` accepts figures that are a few seconds old.
    """
    found = {}
    for section in SECTIONS:
        if not any(request.user.has_perm(one) for one in section.permissions):
            continue
        try:
            read = _kept(section) if kept else _read(section)
        except Exception:
            log.exception("dashboard section %s failed", section.name)
            read = {"error": True}
        figures = [one for one in read.get("figures", []) if _may(request, one)]
        links = read.get("links", [])
        linked = [
            {"url": url, "cells": cells}
            for url, cells in zip(links, read.get("rows", []), strict=True)
        ]
        found[section.name] = {**read, "figures": figures, "linked": linked}
    return found


def _may(request: HttpRequest, figure: dict) -> bool:
    needed = figure.get("permission")
    return needed is None or request.user.has_perm(needed)


def _read(section: Section) -> dict:
    selector: Callable[[], dict] = import_string(section.path)
    return selector()


def _kept(section: Section) -> dict:
    key = f"dashboard:{section.name}:{get_language()}"
    found = cache.get(key)
    if found is None:
        found = _read(section)
        cache.set(key, found, KEPT_SECONDS)
    return found


def context(request: HttpRequest, context: dict) -> dict:
    """Add ``sections`` to the admin's start page."""
    context["sections"] = sections(request)
    return context


@never_cache
def live(request: HttpRequest) -> HttpResponse:
    """The same sections alone, for a page that is already open."""
    return TemplateResponse(
        request, "admin/sections.html", {"sections": sections(request, kept=True)}
    )
