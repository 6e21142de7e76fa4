"""Make the animated picture of the README from a running demo.

    make demo                                                    # in one terminal
    .venv/bin/python scripts/take_animation.py http://localhost:8000

A walk through the shop, the chat and the administration, as WebP below 2 MB. Needs what
scripts/take_pictures.py needs.
"""

import argparse
import io
import os
import shutil
import sys
from collections.abc import Iterator
from pathlib import Path

from PIL import Image
from playwright.sync_api import Page, sync_playwright

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

from take_pictures import FOLDER, HOUSEHOLD, SHOE, ask_about_the_order, sign_in  # noqa: E402

from shop.demo.logins import ADMIN_EMAIL  # noqa: E402

SIZE = (1100, 690)
SHOWN = (880, 552)
QUALITY = 62
MAX_BYTES = 2_000_000
WISH = "我想买一些运动鞋"
Frame = tuple[Image.Image, int]
"""A picture, and the milliseconds it stays."""


def frame(page: Page, milliseconds: int) -> Frame:
    shot = Image.open(io.BytesIO(page.screenshot())).convert("RGB")
    return shot.resize(SHOWN, Image.Resampling.LANCZOS), milliseconds


def walk(page: Page) -> Iterator[Frame]:
    """Search, look, buy and ask; then what staff see of it."""
    sign_in(page, HOUSEHOLD)
    page.goto("/")
    page.wait_for_load_state("networkidle")
    yield frame(page, 1400)
    box = page.locator("input[name=q]").first
    for end in range(2, len(WISH) + 1, 3):
        box.fill(WISH[:end])
        yield frame(page, 250)
    page.goto(f"/search/?q={WISH}")
    page.wait_for_load_state("networkidle")
    yield frame(page, 1800)
    page.goto(SHOE)
    page.wait_for_load_state("networkidle")
    yield frame(page, 1200)
    page.locator("form[data-buy] .button--large").click()
    page.locator(".toast").wait_for()
    yield frame(page, 900)
    page.goto("/checkout/")
    page.wait_for_load_state("networkidle")
    yield frame(page, 1500)
    page.goto("/")
    ask_about_the_order(page)
    yield frame(page, 2200)
    page.context.clear_cookies()
    sign_in(page, ADMIN_EMAIL)
    page.goto("/admin/")
    page.wait_for_load_state("networkidle")
    yield frame(page, 2000)
    page.locator("#section-orders").scroll_into_view_if_needed()
    page.mouse.wheel(0, 600)
    page.wait_for_timeout(400)
    yield frame(page, 1800)
    page.goto("/admin/inventory/replenishmentline/")
    page.wait_for_load_state("networkidle")
    yield frame(page, 1800)


def main() -> None:
    parser = argparse.ArgumentParser(description="Make the animated picture of the README.")
    parser.add_argument("address", help="of the running demo, without a slash at its end")
    options = parser.parse_args()
    chromium = os.environ.get("CHROMIUM") or shutil.which("chromium")
    with sync_playwright() as play:
        browser = play.chromium.launch(executable_path=chromium, args=["--no-sandbox"])
        context = browser.new_context(
            base_url=options.address,
            locale="en-US",
            viewport={"width": SIZE[0], "height": SIZE[1]},
            reduced_motion="reduce",
        )
        context.set_default_timeout(120_000)
        pictures, times = zip(*walk(context.new_page()), strict=True)
        browser.close()
    target = FOLDER / "walk.webp"
    pictures[0].save(
        target,
        save_all=True,
        append_images=pictures[1:],
        duration=list(times),
        loop=0,
        quality=QUALITY,
        method=6,
    )
    size = target.stat().st_size
    print(f"{target.name}: {len(pictures)} frames, {size / 1000:.0f} kB")
    if size > MAX_BYTES:
        sys.exit("larger than 2 MB: lower QUALITY")


if __name__ == "__main__":
    main()
