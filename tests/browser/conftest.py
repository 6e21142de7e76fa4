"""A real Chromium against a real server.

Where no Chromium is installed the tests are skipped and say so; ``MERCATO_REQUIRE_BROWSER=1``
makes that a failure, so that CI never goes without them.

Every test leaves pictures of the pages it ended on in ``var/screenshots``, or in the folder that
``MERCATO_SCREENSHOTS`` names; a failed one's begin with ``failed-``.
"""

import os
import re
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Error, Page, expect, sync_playwright

from tests.browser.server import ROOT, running_shop

NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
FLAGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]
LOCALES = {"en": "en-US", "zh": "zh-CN"}
DESKTOP = {"width": 1280, "height": 900}
PHONE = {"width": 390, "height": 844}
PATIENCE = 30_000
"""Milliseconds until a step that does not come has failed; a busy machine is not a broken shop."""

SCREENSHOTS = Path(os.environ.get("MERCATO_SCREENSHOTS") or ROOT / "var" / "screenshots")
FAILED = pytest.StashKey[bool]()


def chromium() -> str | None:
    """Path of the browser: ``CHROMIUM``, or what is installed under a usual name."""
    return os.environ.get("CHROMIUM") or next(filter(None, map(shutil.which, NAMES)), None)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    here = Path(__file__).parent
    for item in items:
        if here in item.path.parents:
            item.add_marker(pytest.mark.browser)


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item: pytest.Item, call: pytest.CallInfo):
    report = yield
    if call.when == "call":
        item.stash[FAILED] = report.failed
    return report


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    path = chromium()
    if path is None:
        message = "No Chromium was found; install it (apt install chromium) or set CHROMIUM."
        if os.environ.get("MERCATO_REQUIRE_BROWSER") == "1":
            pytest.fail(message)
        pytest.skip(message)
    expect.set_options(timeout=PATIENCE)
    with sync_playwright() as play:
        opened = play.chromium.launch(executable_path=path, headless=True, args=FLAGS)
        yield opened
        opened.close()


@pytest.fixture(scope="session")
def shop(browser: Browser, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The address of a running shop; asks for the browser first, so nothing starts in vain."""
    with running_shop(tmp_path_factory.mktemp("shop")) as address:
        yield address


@pytest.fixture
def visitor(
    browser: Browser, shop: str, request: pytest.FixtureRequest
) -> Iterator[Callable[..., Page]]:
    """Open the shop as somebody new: ``visitor("zh", phone=True)`` gives a page.

    Whatever the browser complains about is collected and fails the test at its end.
    """
    contexts, complaints = [], []

    def open_page(
        language: str = "en", *, phone: bool = False, expect: tuple[int, ...] = (), **options
    ) -> Page:
        context = browser.new_context(
            base_url=shop,
            locale=LOCALES[language],
            viewport=PHONE if phone else DESKTOP,
            has_touch=phone,
            reduced_motion="reduce",
            **options,
        )
        context.set_default_timeout(PATIENCE)
        contexts.append(context)
        page = context.new_page()
        page.on("pageerror", lambda error: complaints.append(f"{page.url}: {error}"))
        page.on("console", lambda message: _note(message, page, complaints))
        page.on("response", lambda answer: _note_answer(answer, expect, complaints))
        return page

    yield open_page
    take_pictures(request.node, [page for context in contexts for page in context.pages])
    for context in contexts:
        context.close()
    assert complaints == []


def take_pictures(item: pytest.Item, pages: list[Page]) -> None:
    """Keep what each page shows at the end; a page that cannot be drawn fails no test."""
    SCREENSHOTS.mkdir(parents=True, exist_ok=True)
    words = re.sub(r"[^a-z0-9]+", "-", item.name.lower()).strip("-")
    name = f"failed-{words}" if item.stash.get(FAILED, False) else words
    for old in [
        *SCREENSHOTS.glob(f"{words}-[0-9].png"),
        *SCREENSHOTS.glob(f"failed-{words}-[0-9].png"),
    ]:
        old.unlink(missing_ok=True)
    for number, page in enumerate(pages, 1):
        try:
            page.screenshot(path=SCREENSHOTS / f"{name}-{number}.png", timeout=5000)
        except Error:
            continue


def _note(message, page: Page, complaints: list[str]) -> None:
    """A failed request is noted by its answer, which knows more."""
    if message.type in ("error", "warning") and "Failed to load resource" not in message.text:
        complaints.append(f"{page.url}: {message.text}")


def _note_answer(answer, expect: tuple[int, ...], complaints: list[str]) -> None:
    if answer.status >= 400 and answer.status not in expect:
        complaints.append(f"{answer.status} {answer.url}")
