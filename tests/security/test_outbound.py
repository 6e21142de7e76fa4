"""Webhooks cannot be turned against the own network."""

import socket
import threading
from http.server import BaseHTTPRequestHandler, HTTPServer

import pytest

from foundation import outbound

INSIDE = [
    "127.0.0.1",
    "10.1.2.3",
    "172.16.0.1",
    "192.168.1.1",
    "169.254.169.254",
    "100.64.0.1",
    "0.0.0.0",
    "224.0.0.1",
    "::1",
    "fe80::1%eth0",
    "fd00::1",
    "::ffff:127.0.0.1",
    "64:ff9b::a00:1",
    "2002:a00:1::",
]


@pytest.mark.parametrize("address", INSIDE)
def test_what_is_inside_is_not_public(address):
    assert not outbound.is_public(address)


@pytest.mark.parametrize("address", ["93.184.216.34", "2606:4700::1111", "64:ff9b::5db8:d822"])
def test_what_is_outside_is_public(address):
    assert outbound.is_public(address)


@pytest.mark.parametrize(
    "url",
    [
        "file:///etc/passwd",
        "ftp://example.com/",
        "http:///path",
        "http://user:pass@example.com/",  # pragma: allowlist secret
        "http://127.0.0.1:1/",
        "http://2130706433/",
        "http://[::1]/",
    ],
)
def test_addresses_that_are_never_sent_to(url):
    with pytest.raises(outbound.Forbidden):
        send(url)


def test_a_name_with_one_inner_address_among_outer_ones_is_refused(monkeypatch):
    answers(monkeypatch, ["93.184.216.34", "10.0.0.7"])
    with pytest.raises(outbound.Forbidden, match=r"10\.0\.0\.7"):
        send("http://hook.example/")


def test_a_name_that_changes_its_mind_reaches_the_address_that_was_checked(monkeypatch):
    """The second look-up would say 127.0.0.1; nobody asks a second time."""
    answers(monkeypatch, ["93.184.216.34"], ["127.0.0.1"])
    reached = []

    def connect(address, *args, **kwargs):
        reached.append(address)
        raise ConnectionRefusedError

    monkeypatch.setattr(socket, "create_connection", connect)
    with pytest.raises(ConnectionRefusedError):
        send("https://hook.example/")
    assert reached == [("93.184.216.34", 443)]


def test_a_redirect_is_an_answer_not_an_order(settings):
    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            self.send_response(302)
            self.send_header("Location", "http://169.254.169.254/latest/meta-data/")
            self.end_headers()

        def log_message(self, *args: object) -> None:
            pass

    settings.OUTBOUND_PRIVATE_HOSTS = ["127.0.0.1"]
    server = HTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True).start()
    try:
        assert send(f"http://127.0.0.1:{server.server_port}/") == 302
    finally:
        server.shutdown()
        server.server_close()


def send(url: str) -> int:
    return outbound.post(url, body=b"{}", headers={}, timeout=2)


def answers(monkeypatch, *lookups: list[str]) -> None:
    """What the name service says, look-up after look-up; the last answer stays."""
    left = list(lookups)

    def resolve(host, port, **kwargs):
        found = left.pop(0) if len(left) > 1 else left[0]
        return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", (one, port)) for one in found]

    monkeypatch.setattr(socket, "getaddrinfo", resolve)
