"""How fast the shop's pages are to the eye of a phone: ``python -m benchmarks.pages --json``.

Chromium is slowed down over its protocol as Lighthouse does it on phones: the processor four times,
the network to 1.6 Mbit/s with 150 ms. Each page is opened with an empty cache; of ``RUNS`` visits
the median is told. ``lcp`` is when the largest content is there (ms), ``cls`` the layout shift,
``tbt`` the time that long tasks block (ms beyond 50 each), ``kb_without_pictures`` what came over
the line, compressed, without images.

With ``--lighthouse DIR`` (a folder with ``npm i lighthouse``; a tool for developers, not kept in
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

from playwright.sync_api import Browser, sync_playwright

from benchmarks.rows import row, show

PAGES = {
    "home": "/",
    "listing": "/search/?q=shoes",
    "product": "/p/fenwick-tempo-daily-running-shoe/",
    "cart": "/cart/",
}
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


def visit(browser: Browser, address: str) -> dict[str, float]:
    """Open a page as a new visitor on a slow phone; figures by name."""
    context = browser.new_context(viewport=PHONE, device_scale_factor=1.75, is_mobile=True)
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


def lighthouse(folder: Path, address: str, chromium: str) -> tuple[dict[str, float], str]:
    """Scores of the median run (0 to 100) by category, and the tool's version."""
    reports = []
    for _ in range(RUNS):
        with tempfile.NamedTemporaryFile(suffix=".json") as file:
            command = [
                *("node", str(folder / "node_modules/lighthouse/cli/index.js"), address),
                *("--quiet", "--output=json", f"--output-path={file.name}"),
                f"--only-categories={','.join(CATEGORIES)}",
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
        for name, path in PAGES.items():
            visit(browser, address + path)  # the server's own first time is not the page's
            visits = [visit(browser, address + path) for _ in range(RUNS)]
            for metric in visits[0]:
                value = median(one[metric] for one in visits)
                yield row("pages", method, metric, value, dataset=name, n=RUNS, load=load())
        browser.close()
    if folder is None:
        return
    for name, path in PAGES.items():
        scores, version = lighthouse(folder, address + path, chromium)
        for metric, value in scores.items():
            yield row(
                "pages", f"Lighthouse {version}", metric, value, dataset=name, n=RUNS, load=load()
            )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--address", default="http://localhost:8000", help="of the running demo")
    parser.add_argument("--lighthouse", type=Path, metavar="DIR")
    parser.add_argument("--json", action="store_true")
    options = parser.parse_args()
    show(figures(options.address.rstrip("/"), options.lighthouse), as_json=options.json)


if __name__ == "__main__":
    sys.exit(main())
