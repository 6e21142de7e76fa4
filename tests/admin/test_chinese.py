"""No page of the administration says anything of its own in English to who reads Chinese.

Every list, every form and every page of ours is read as it comes from the server. Rows are data in
every language, so cells and values are left out; heads, labels, buttons, hints and titles are not.
"""

import re
from html.parser import HTMLParser

import pytest
from django.contrib import admin
from django.urls import reverse

from config.apps import OURS
from tests.security.world import World

pytestmark = pytest.mark.django_db
PAGES = [
    *("index", "live", "risk_overview", "foundation_watch", "foundation_training"),
    *("password_change", "inventory_stocklevel_import_counts", "inventory_overview"),
    "inventory_whatif",
]
SILENT = {"script", "style", "code", "pre", "textarea", "option", "tbody", "kbd", "svg", "time"}
EMPTY = {"input", "br", "img", "hr", "link", "meta", "col", "source", "wbr"}
SAID = ("alt", "aria-label", "placeholder", "title")
WORD = re.compile(r"(?<![\w@./-])[A-Za-z]{3,}(?![\w]*[@./\d-])")
HAN = re.compile(r"[\u3400-\u9fff]")
NAMES = re.compile(
    r"Mercato|OpenMoji|API|SKU|CSV|XLSX|English|esc|Ctrl|SHA|MFA|TOTP|JSON|URL|Celery|Crontab|UTC"
)
"""What is the same in every language."""
CODE = re.compile(r'_|\{"')


class Reader(HTMLParser):
    """Collects what a page says, apart from data."""

    def __init__(self) -> None:
        super().__init__()
        self.said: list[str] = []
        self.path: list[tuple[str, bool]] = []

    def handle_starttag(self, tag, attributes):
        given = dict(attributes)
        silent = (
            tag in SILENT
            or ("lang" in given and tag != "html")
            or given.get("translate") == "no"
            or "material-symbols" in (given.get("class") or "")
            or "readonly" in (given.get("class") or "")
            or given.get("id") == "changelist-filter"
            or bool(self.path and self.path[-1][1])
        )  # fmt: skip
        if not silent:
            self.said += [given[name] for name in SAID if given.get(name)]
        if tag not in EMPTY:
            self.path.append((tag, silent))

    def handle_endtag(self, tag):
        while self.path:
            if self.path.pop()[0] == tag:
                break

    def handle_data(self, text):
        if text.strip() and not CODE.search(text) and not (self.path and self.path[-1][1]):
            self.said.append(" ".join(text.split()))


def english(page: str) -> set[str]:
    """What is said without a Chinese character and with an English word."""
    reader = Reader()
    reader.feed(page)
    return {
        text for text in reader.said if WORD.search(NAMES.sub("", text)) and not HAN.search(text)
    }


def test_the_reader_finds_what_is_english_and_nothing_else():
    page = '<h1>Overview</h1><p title="Close">订单 Order</p><td lang="en">Milk</td><b>a@b.cd</b>'
    assert english(page) == {"Overview", "Close"}


def test_no_page_says_anything_in_english(admin_client):
    world = World()
    data = {world.owner.user.email, str(world.owner), "admin@example.com"}
    wrong = {}
    for path, title in _pages():
        answer = admin_client.get(path, HTTP_ACCEPT_LANGUAGE="zh-hans")
        assert answer.status_code == 200, path
        found = english(answer.content.decode()) - data - {title}
        if found:
            wrong[path] = sorted(found)
    assert wrong == {}


def _pages():
    for name in PAGES:
        yield reverse(f"admin:{name}"), ""
    request = type("R", (), {"user": type("U", (), {"has_perm": lambda *_: True})()})
    for model, site in admin.site._registry.items():
        if model._meta.app_label not in OURS:
            continue
        names = f"{model._meta.app_label}_{model._meta.model_name}"
        yield reverse(f"admin:{names}_changelist"), ""
        row = model._default_manager.first()
        if row is not None:
            yield reverse(f"admin:{names}_change", args=[row.pk]), str(row)
        if site.has_add_permission(request):
            yield reverse(f"admin:{names}_add"), ""
