"""Customers who do not give up: they buy and they chat while everything breaks around them.

Each remembers what the shop acknowledged. Whatever has no answer is asked for again in the same
words (the same idempotency key, the same message id), as a browser would.
"""

import contextlib
import json
import threading
import time
from itertools import count
from uuid import uuid4

import requests
from websockets.exceptions import WebSocketException
from websockets.sync.client import connect

TIMEOUT = 30
PAUSE = 0.2
ADDRESS = {
    "recipient": "Ada Lovelace",
    "line1": "12 Analytical Road",
    "city": "Cincinnati",
    "region": "OH",
    "postal_code": "45202",
    "country": "US",
}
SPECIAL = {"0002", "3155", "0119"}


def card_number(number: int) -> str:
    """The ``number``-th valid card: nobody's card is another's (Luhn's check digit at the end)."""
    body = f"424242{number:09d}"
    digits = [int(digit) for digit in body]
    doubled = [sum(divmod(2 * digit, 10)) for digit in digits[::-2]]
    return f"{body}{-(sum(doubled) + sum(digits[-2::-2])) % 10}"


def waits(answer: requests.Response) -> bool:
    """Whether the shop is still at work on what was asked before."""
    return answer.status_code == 409 and answer.json()["error"]["code"] == "already_running"


def read(answer: requests.Response) -> dict:
    """What an answer holds; nothing for a page."""
    with contextlib.suppress(requests.JSONDecodeError):
        return answer.json()
    return {}


class Buyers:
    """``threads`` at a time until ``wanted`` orders are acknowledged."""

    def __init__(self, site: str, variants: list[int], wanted: int, threads: int) -> None:
        self.api, self.variants, self.wanted = f"{site}/api/v1/", variants, wanted
        self.numbers, self.lock, self.stop = count(1), threading.Lock(), threading.Event()
        self.orders: dict[str, str] = {}
        self.refused: dict[str, int] = {}
        self.asked_again = 0
        self.threads = [threading.Thread(target=self._buy_on, daemon=True) for _ in range(threads)]

    def start(self) -> None:
        for thread in self.threads:
            thread.start()

    def _buy_on(self) -> None:
        while not self.stop.is_set() and len(self.orders) < self.wanted:
            number = next(self.numbers)
            with contextlib.suppress(requests.RequestException):
                self._buy(number)
                continue
            self.stop.wait(PAUSE)

    def _buy(self, number: int) -> None:
        guest = requests.Session()
        variant = self.variants[number % len(self.variants)]
        line = {"variant": variant, "quantity": 1 + number % 3}
        if guest.post(f"{self.api}cart/lines/", json=line, timeout=TIMEOUT).status_code != 201:
            self.stop.wait(PAUSE)
            return
        choices = guest.get(f"{self.api}checkout/", timeout=TIMEOUT)
        if choices.status_code != 200:
            return
        standard = next(row for row in choices.json()["delivery"] if row["code"] == "standard")
        digits = card_number(number)
        if digits[-4:] in SPECIAL:
            return
        key = uuid4().hex
        body = {
            "idempotency_key": key,
            "email": f"buyer{number}@example.com",
            "delivery": "standard",
            "address": ADDRESS,
            "card": {"number": digits, "expiry": "12/40", "code": "123", "holder": "Ada"},
            "expected_total": standard["total"],
        }
        answer = self._until_answered(guest, body)
        if answer is None:
            return
        with self.lock:
            if answer.status_code == 201:
                self.orders[key] = answer.json()["order"]["number"]
            else:
                code = (read(answer).get("error") or {}).get("code", str(answer.status_code))
                self.refused[code] = self.refused.get(code, 0) + 1

    def _until_answered(self, guest: requests.Session, body: dict) -> requests.Response | None:
        """Ask until there is an answer that is one; only the end of the test breaks this off."""
        while not self.stop.is_set():
            with contextlib.suppress(requests.RequestException):
                answer = guest.post(f"{self.api}checkout/", json=body, timeout=TIMEOUT)
                if answer.status_code < 500 and answer.status_code != 429 and not waits(answer):
                    return answer
            with self.lock:
                self.asked_again += 1
            self.stop.wait(PAUSE)
        return None


class Chatter:
    """One visitor on a websocket, who says a line every second and says it again until it is
    acknowledged: the shop sends it back with its place in the conversation."""

    def __init__(self, site: str) -> None:
        self.site, self.stop = site, threading.Event()
        self.acknowledged: set[str] = set()
        self.thread = threading.Thread(target=self._talk, daemon=True)

    def start(self) -> None:
        self.thread.start()

    def _talk(self) -> None:
        cookie = self._cookie()
        waiting = uuid4().hex
        while not self.stop.is_set():
            try:
                url = f"{self.site.replace('http', 'ws', 1)}/ws/chat/"
                headers = {"Cookie": f"sessionid={cookie}"}
                with connect(
                    url, additional_headers=headers, origin=self.site, open_timeout=TIMEOUT
                ) as line:
                    while not self.stop.is_set():
                        self._say(line, waiting)
                        waiting = uuid4().hex
                        self.stop.wait(1.0)
            except (OSError, WebSocketException, TimeoutError):
                self.stop.wait(PAUSE)

    def _say(self, line, key: str) -> None:
        line.send(json.dumps({"type": "message", "id": key, "text": "hello"}))
        until = time.monotonic() + TIMEOUT
        while time.monotonic() < until:
            frame = json.loads(line.recv(timeout=TIMEOUT))
            if any(message["client_id"] == key for message in frame.get("messages", ())):
                self.acknowledged.add(key)
                return
        raise TimeoutError

    def _cookie(self) -> str:
        visitor = requests.Session()
        while not self.stop.is_set():
            with contextlib.suppress(requests.RequestException):
                said = {"id": uuid4().hex, "text": "hello"}
                path = f"{self.site}/api/v1/support/messages/"
                answer = visitor.post(path, json=said, timeout=TIMEOUT)
                if answer.ok and "sessionid" in visitor.cookies:
                    return visitor.cookies["sessionid"]
            self.stop.wait(PAUSE)
        return ""
