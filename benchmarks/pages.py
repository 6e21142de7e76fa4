"""How fast the shop's pages are to the eye of a phone: ``python -m benchmarks.pages --json``.

Chromium is slowed down over its protocol as Lighthouse does it on phones: the processor four times,
the network to 1.6 Mbit/s with 150 ms. Each page is opened with an empty cache; of ``RUNS`` visits
the median is told. ``lcp`` is when the largest content is there (ms), ``cls`` the layout shift,
``tbt`` the time that long tasks block (ms beyond 50 each), ``kb_without_pictures`` what came over
the line, compressed, without images.

Every page is told in both languages (``language``), the cart with one product in it. With
``--lighthouse DIR`` (a folder with ``npm i lighthouse``; a tool for developers, not kept in
the repository) its categories are told too, from 0 to 100.
"""

import argparse
import json
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path
from statistics import median

from playwright.sync_api import Browser, StorageState, sync_playwright

from benchmarks.rows import row, show

PAGES = {
    "home": "/",
    "listing": "/search/?q=shoes",
    "product": "/p/fenwick-tempo-daily-running-shoe/",
    "cart": "/cart/",
}
LANGUAGES = {"en": "en-US", "zh": "zh-CN"}
RUNS = 3
SLOWER = 4
BYTES_PER_SECOND = 1_600_000 / 8
LATENCY_MS = 150
PHONE = {"width": 412, "height": 823}
CATEGORIES = ("performance", "accessibility", "best-practices")
WATCH = """() => {
  window.seen = {lcp: 0, cls: 0, tbt: 0};
  new PerformanceObserver((list) => {
    for (const one of list.getEntries()) window.seen.lcp = one.startTime;
  }).observe({type: "largest-contentful-paint", buffered: true});
  new PerformanceObserver((list) => {
    for (const one of list.getEntries()) if (!one.hadRecentInput) window.seen.cls += one.value;
  }).observe({type: "layout-shift", buffered: true});
  new PerformanceObserver((list) => {
    for (const one of list.getEntries()) window.seen.tbt += Math.max(0, one.duration - 50);
  }).observe({type: "longtask", buffered: true});
}"""


def shopper(browser: Browser, address: str, language: str) -> StorageState:
    """What the browser keeps of a visitor who has put one product into the cart."""
    context = browser.new_context(locale=LANGUAGES[language])
    page = context.new_page()
    page.goto(address + PAGES["product"])
    page.locator("form[data-buy] .button--large").click()
    page.locator(".toast").wait_for()
    state = context.storage_state()
    context.close()
    return state


def visit(
    browser: Browser, address: str, language: str, state: StorageState | None
) -> dict[str, float]:
    """Open a page with an empty cache on a slow phone; figures by name."""
    context = browser.new_context(
        viewport=PHONE,
        device_scale_factor=1.75,
        is_mobile=True,
        locale=LANGUAGES[language],
        storage_state=state,
    )
    page = context.new_page()
    page.add_init_script(f"({WATCH})()")
    chrome = context.new_cdp_session(page)
    kinds: dict[str, str] = {}
    sizes: dict[str, float] = {}
    chrome.on("Network.responseReceived", lambda one: kinds.update({one["requestId"]: one["type"]}))
    chrome.on(
        "Network.loadingFinished",
        lambda one: sizes.update({one["requestId"]: one["encodedDataLength"]}),
    )
    chrome.send("Network.enable")
    chrome.send(
        "Network.emulateNetworkConditions",
        {
            "offline": False,
            "latency": LATENCY_MS,
            "downloadThroughput": BYTES_PER_SECOND,
            "uploadThroughput": BYTES_PER_SECOND,
        },
    )
    chrome.send("Emulation.setCPUThrottlingRate", {"rate": SLOWER})
    page.goto(address, wait_until="networkidle", timeout=120_000)
    page.wait_for_timeout(1000)
    found = page.evaluate("window.seen")
    context.close()
    found["kb_without_pictures"] = (
        sum(size for key, size in sizes.items() if kinds.get(key) != "Image") / 1000
    )
    return found


def lighthouse(
    folder: Path, address: str, chromium: str, language: str, state: StorageState | None
) -> tuple[dict[str, float], str]:
    """Scores of the median run (0 to 100) by category, and the tool's version."""
    headers = {"Accept-Language": LANGUAGES[language]}
    if state:
        headers["Cookie"] = "; ".join(f"{one['name']}={one['value']}" for one in state["cookies"])
    reports = []
    for _ in range(RUNS):
        with tempfile.NamedTemporaryFile(suffix=".json") as file:
            command = [
                *("node", str(folder / "node_modules/lighthouse/cli/index.js"), address),
                *("--quiet", "--output=json", f"--output-path={file.name}"),
                f"--only-categories={','.join(CATEGORIES)}",
                f"--extra-headers={json.dumps(headers)}",
                "--chrome-flags=--headless=new --no-sandbox --disable-gpu",
            ]
            subprocess.run(command, check=True, env={**os.environ, "CHROME_PATH": chromium})
            reports.append(json.loads(Path(file.name).read_text()))
    scores = {
        name: 100 * median(one["categories"][name]["score"] or 0 for one in reports)
        for name in CATEGORIES
    }
    return scores, reports[0]["lighthouseVersion"]


def load() -> float:
    """The machine's load average of the last minute: on a busy one, times say little."""
    return round(os.getloadavg()[0], 1)


def figures(address: str, folder: Path | None) -> Iterator[dict]:
    chromium = os.environ.get("CHROMIUM") or shutil.which("chromium") or ""
    with sync_playwright() as play:
        browser = play.chromium.launch(executable_path=chromium, args=["--no-sandbox"])
        method = f"Chromium {browser.version}, CPU {SLOWER}x, 1.6 Mbit/s, {LATENCY_MS} ms"
        states = {language: shopper(browser, address, language) for language in LANGUAGES}
        kinds = [(name, language) for name in PAGES for language in LANGUAGES]
        for name, language in kinds:
            asked = (address + PAGES[name], language, states[language] if name == "cart" else None)
            visit(browser, *asked)  # the server's own first time is not the page's
            visits = [visit(browser, *asked) for _ in range(RUNS)]
            more = {"dataset": name, "language": language, "n": RUNS, "load": load()}
            for metric in visits[0]:
                yield row("pages", method, metric, median(one[metric] for one in visits), **more)
        browser.close()
    if folder is None:
        return
    for name, language in kinds:
        state = states[language] if name == "cart" else None
        scores, version = lighthouse(folder, address + PAGES[name], chromium, language, state)
        more = {"dataset": name, "language": language, "n": RUNS, "load": load()}
        for metric, value in scores.items():
            yield row("pages", f"Lighthouse {version}", metric, value, **more)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--address", default="http://localhost:8000", help="of the running demo")
    parser.add_argument("--lighthouse", type=Path, metavar="DIR")
    parser.add_argument("--json", action="store_true")
    options = parser.parse_args()
    show(figures(options.address.rstrip("/"), options.lighthouse), as_json=options.json)


if __name__ == "__main__":
    sys.exit(main())
