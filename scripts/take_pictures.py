"""Take the pictures of docs/pictures from a running demo.

    make demo                                                   # in one terminal
    .venv/bin/python scripts/take_pictures.py http://localhost:8000

Needs a Chromium (``CHROMIUM`` names one that is not found) and the packages of
requirements-dev.txt. Every picture is one line of ``PICTURES``.
"""

import argparse
import io
import os
import shutil
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from PIL import Image
from playwright.sync_api import Browser, Page, sync_playwright

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

from shop.demo.logins import ADMIN_EMAIL, HOUSEHOLD_EMAIL, demo_password  # noqa: E402

FOLDER = ROOT / "docs" / "pictures"
HOUSEHOLD = HOUSEHOLD_EMAIL.format(1)
ASKING = {"en": HOUSEHOLD_EMAIL.format(64), "zh": HOUSEHOLD_EMAIL.format(27)}
"""Who chats: with nothing said before, so that the picture shows it all."""
ANSWER = ".bubble--bot:not(.chat__typing)"
DESKTOP, PHONE = (1280, 800), (390, 780)
LOCALES = {"en": "en-US", "zh": "zh-CN"}
QUALITY = 78
PATIENCE = 120_000
"""Milliseconds for one step, also on a busy machine."""
SHOE = "/p/fenwick-tempo-daily-running-shoe/"
MILK = "/p/white-milk-store-brand/"


def fill_cart(page: Page) -> None:
    """A pair of shoes and the milk, each once."""
    page.goto("/cart/")
    for _ in range(page.locator("article.line").count()):
        page.locator("article.line button[value=remove]").first.click()
    for address in (SHOE, MILK):
        page.goto(address)
        page.locator("form[data-buy] .button--large").click()
        page.locator(".toast").wait_for()


def ask_about_the_order(page: Page) -> None:
    page.locator(".chat__open").click()
    chinese = page.locator("html").get_attribute("lang") == "zh-hans"
    for text in ("怎么退货？", "我的订单到哪了？") if chinese else ("Where is my order?",):
        answers = page.locator(ANSWER).count()
        page.fill("#chat-text", text)
        page.press("#chat-text", "Enter")
        page.locator(ANSWER).nth(answers).wait_for()
    page.wait_for_timeout(500)


def find_orders(page: Page) -> None:
    """Everything that hangs together with a household, by one key."""
    page.keyboard.press("/")
    page.locator("#search-input-command").press_sequentially("household-1@", delay=30)
    page.locator("#command-results-list").wait_for()
    page.wait_for_timeout(500)


def nothing(page: Page) -> None:
    """The page is the picture."""


@dataclass(frozen=True)
class Picture:
    """``before`` happens before the page is opened, ``then`` on it."""

    name: str
    language: str
    address: str
    size: tuple[int, int] = DESKTOP
    email: str = HOUSEHOLD
    before: Callable[[Page], None] = nothing
    then: Callable[[Page], None] = nothing
    dark: bool = False


PICTURES = (
    Picture("home-en", "en", "/"),
    Picture("home-zh-phone", "zh", "/", PHONE),
    Picture("search-zh", "zh", "/search/?q=我想买一些运动鞋"),
    Picture("product-en", "en", MILK),
    Picture("product-zh-phone", "zh", SHOE, PHONE, dark=True),
    Picture("cart-en", "en", "/cart/", before=fill_cart),
    Picture("cart-zh-phone", "zh", "/cart/", PHONE, before=fill_cart),
    Picture("checkout-en", "en", "/checkout/", before=fill_cart),
    Picture("checkout-zh-phone", "zh", "/checkout/", PHONE, before=fill_cart),
    Picture("chat-en", "en", "/", email=ASKING["en"], then=ask_about_the_order),
    Picture("chat-zh-phone", "zh", "/", PHONE, email=ASKING["zh"], then=ask_about_the_order),
    Picture("admin-en", "en", "/admin/", email=ADMIN_EMAIL),
    Picture("admin-zh", "zh", "/admin/", email=ADMIN_EMAIL),
    Picture("admin-find-en", "en", "/admin/", email=ADMIN_EMAIL, then=find_orders),
)


def sign_in(page: Page, email: str) -> None:
    page.goto("/accounts/login/")
    page.fill("#id_login", email)
    page.fill("#id_password", demo_password())
    page.locator("main form button").first.click()
    page.wait_for_url("**/account/")


def take(browser: Browser, address: str, picture: Picture) -> int:
    """Write one picture; return its size in bytes."""
    context = browser.new_context(
        base_url=address,
        locale=LOCALES[picture.language],
        viewport={"width": picture.size[0], "height": picture.size[1]},
        color_scheme="dark" if picture.dark else "light",
        reduced_motion="reduce",
    )
    context.set_default_timeout(PATIENCE)
    page = context.new_page()
    sign_in(page, picture.email)
    picture.before(page)
    page.goto(picture.address)
    page.wait_for_load_state("networkidle")
    picture.then(page)
    shot = Image.open(io.BytesIO(page.screenshot())).convert("RGB")
    context.close()
    target = FOLDER / f"{picture.name}.webp"
    shot.save(target, quality=QUALITY, method=6)
    return target.stat().st_size


def main() -> None:
    parser = argparse.ArgumentParser(description="Take the pictures of docs/pictures.")
    parser.add_argument("address", help="of the running demo, without a slash at its end")
    parser.add_argument("names", nargs="*", help="take only these")
    options = parser.parse_args()
    chromium = os.environ.get("CHROMIUM") or shutil.which("chromium")
    FOLDER.mkdir(parents=True, exist_ok=True)
    with sync_playwright() as play:
        browser = play.chromium.launch(executable_path=chromium, args=["--no-sandbox"])
        for picture in PICTURES:
            if not options.names or picture.name in options.names:
                size = take(browser, options.address, picture)
                print(f"{picture.name}: {size / 1000:.0f} kB", flush=True)
        browser.close()


if __name__ == "__main__":
    main()
