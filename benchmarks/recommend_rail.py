"""The rail's endpoint under ``CLIENTS`` clients who ask again as soon as they have an answer.

One process on SQLite in the folder that ``benchmarks.serving --prepare`` has filled. Signed-in
customers, each with the own year of purchases, ask for the start page's recommendations; guests
would be answered without ranking. ``p99_over_p50`` is what the bar is about: with everybody waiting
in one line the times themselves are as long as the line.
"""

import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import requests

from benchmarks.rows import row
from benchmarks.serving import environment, served
from scripts.demo import ROOT

NAME = "recommend.rail"
CLIENTS = 32
WARM_UP, SECONDS = 10.0, 40.0
PATH = "/api/v1/recommendations/?surface=home"
SIGN_IN = """
from django.test import Client
from shop.models import Customer, Product
from shop.privacy.register import consent_version
people = Customer.objects.filter(
    personalisation=True,
    consent_version=consent_version(),
    user__is_active=True,
    orders__isnull=False,
)
for customer in people.distinct().order_by("pk").select_related("user")[:{clients}]:
    client = Client()
    client.force_login(customer.user, backend="django.contrib.auth.backends.ModelBackend")
    print("session", client.cookies["sessionid"].value)
print("products", Product.objects.filter(is_active=True).count())
"""


def run(folder: Path, *, quick: bool = False) -> Iterator[dict]:
    values = environment(folder, "sqlite", {})
    sessions, products = _signed_in(values)
    seconds = SECONDS / 4 if quick else SECONDS
    with served(values, 1) as (site, _):
        times = _ask(site, sessions, seconds)
    p50, p99 = np.percentile(times, [50, 99])
    more = {"n": len(times), "clients": len(sessions), "dataset": f"shop, {products} products"}
    yield row(NAME, "mercato", "p50_ms", 1000 * p50, **more)
    yield row(NAME, "mercato", "p99_ms", 1000 * p99, **more)
    yield row(NAME, "mercato", "p99_over_p50", p99 / p50, **more)


def _signed_in(values: dict[str, str]) -> tuple[list[str], int]:
    """Return session keys of as many customers as there are clients, and how many products are."""
    done = subprocess.run(
        [sys.executable, "manage.py", "shell", "-v0", "-c", SIGN_IN.format(clients=CLIENTS)],
        cwd=ROOT,
        env=values,
        capture_output=True,
        text=True,
        check=True,
    )
    told = [line.split() for line in done.stdout.splitlines()]
    sessions = [words[1] for words in told if words[:1] == ["session"]]
    return sessions, next(int(words[1]) for words in told if words[:1] == ["products"])


def _ask(site: str, sessions: list[str], seconds: float) -> list[float]:
    """Return how long each answer took, in seconds, after a warm-up that is not counted."""
    times: list[float] = []
    begin = time.monotonic() + WARM_UP

    def ask(key: str) -> None:
        visitor = requests.Session()
        visitor.cookies.set("sessionid", key)
        while (began := time.monotonic()) < begin + seconds:
            visitor.get(site + PATH, timeout=60).raise_for_status()
            if began > begin:
                times.append(time.monotonic() - began)

    threads = [threading.Thread(target=ask, args=[key]) for key in sessions]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return times
