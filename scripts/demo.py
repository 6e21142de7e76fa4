"""Load the demo's data and run the shop: web server, worker and scheduler in one process group.

``make demo`` calls this. Ctrl-C and SIGTERM stop everything it started; when one part ends by
itself the others are stopped too. Uses nothing but the standard library, so that the loading's
memory is free again before the shop opens.
"""

import argparse
import contextlib
import ctypes
import http
import http.client
import ipaddress
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from types import FrameType

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

from shop.demo.logins import ADMIN_EMAIL, AGENT_EMAIL, HOUSEHOLD_EMAIL, demo_password  # noqa: E402

GRACE_SECONDS = 10.0
"""How long a part may take to finish its work after it was told to stop."""
OPEN_SECONDS = 120.0
SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
INCOMPLETE = 3
"""Exit code of load_demo when the data is there but a capability's part failed."""
PR_SET_PDEATHSIG = 1


class ProcessGroup:
    """Programs that live and die together.

    They stay in this program's process group, so Ctrl-C in a terminal reaches all of them at
    once; each is told to stop again by name in case the signal came to this program alone. On
    Linux the kernel ends them even when this program is killed outright.
    """

    def __init__(self, grace: float = GRACE_SECONDS) -> None:
        self.grace = grace
        self.stopping = False
        self.members: dict[str, subprocess.Popen[bytes]] = {}

    def listen(self) -> None:
        """From now on SIGINT, SIGTERM and SIGHUP ask for a stop."""
        for number in SIGNALS:
            signal.signal(number, self._ask)

    def _ask(self, number: int, frame: FrameType | None) -> None:
        self.stopping = True

    def start(
        self,
        name: str,
        command: list[str],
        *,
        log: Path | None = None,
        extra: dict[str, str] | None = None,
    ) -> None:
        """Start a program; what it says goes to ``log`` or to this program's own output."""
        output = log.open("ab") if log else None
        self.members[name] = subprocess.Popen(
            command,
            cwd=ROOT,
            env={**os.environ, **(extra or {})},
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT if output else None,
            preexec_fn=_die_with_parent,
        )
        if output:
            output.close()

    def run(self, name: str, command: list[str]) -> int:
        """Start a program and wait for its end; a stop that was asked for ends it."""
        self.start(name, command)
        while self.members[name].poll() is None and not self.stopping:
            time.sleep(0.1)
        if self.stopping:
            self.stop()
        return self.members.pop(name).wait()

    def ended(self) -> str | None:
        """Name of a program that is no longer running, or None."""
        return next((name for name, one in self.members.items() if one.poll() is not None), None)

    def wait(self) -> str | None:
        """Return when a stop is asked for (None) or when a program ends by itself (its name)."""
        while not self.stopping:
            name = self.ended()
            if name:
                return name
            time.sleep(0.2)
        return None

    def stop(self) -> None:
        """Ask every program to finish, wait, and kill what has not."""
        for one in self.members.values():
            with contextlib.suppress(ProcessLookupError):
                one.terminate()
        deadline = time.monotonic() + self.grace
        for one in self.members.values():
            try:
                one.wait(max(0.0, deadline - time.monotonic()))
            except subprocess.TimeoutExpired:
                one.kill()
                one.wait()


def _die_with_parent() -> None:
    """In the child, before the program begins: have the kernel end it with its parent."""
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGTERM)


def port_is_free(host: str, port: int) -> bool:
    """Whether a server could listen there."""
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
        except OSError:
            return False
    return True


def answers(host: str, port: int) -> bool:
    """Whether the shop serves its first page."""
    page = http.client.HTTPConnection(host, port, timeout=30)
    try:
        page.request("GET", "/")
        return page.getresponse().status == http.HTTPStatus.OK
    except (OSError, http.client.HTTPException):
        return False
    finally:
        page.close()


def reachable(host: str) -> str:
    """The host to call a server by that listens on ``host``, which may be all of them."""
    with contextlib.suppress(ValueError):
        if ipaddress.ip_address(host).is_unspecified:
            return "127.0.0.1"
    return host


def programs(host: str, port: int) -> Iterator[tuple[str, list[str], bool]]:
    """Name, command, and whether its words go to a log file instead of the terminal."""
    python = [sys.executable, "-m"]
    web = ["uvicorn", "config.asgi:application", "--host", host, "--port", str(port)]
    quiet = ["--log-level", "warning", "--no-access-log", "--timeout-graceful-shutdown", "5"]
    yield "web", [*python, *web, *quiet], False
    celery = [*python, "celery", "-A", "config"]
    # Threads: nothing to orphan, and models are loaded once.
    alone = ["--without-gossip", "--without-mingle", "--without-heartbeat"]
    worker = ["worker", "--pool", "threads", "--loglevel", "info", *alone]
    customers = os.environ.get("CELERY_QUEUE", "mercato")
    trainings = os.environ.get("CELERY_TRAINING_QUEUE", f"{customers}-training")
    yield "worker", [*celery, *worker, "--concurrency", "2", "-Q", customers], True
    # One at a time, after everybody else: a page is worth more than a training that ends sooner.
    one = ["--concurrency", "1", "--prefetch-multiplier", "1", "-Q", trainings]
    yield "trainer", ["nice", "-n", "10", *celery, *worker, *one], True
    yield "scheduler", [*celery, "beat", "--loglevel", "info"], True


def welcome(address: str, logs: Path) -> str:
    """What a new visitor should know."""
    return f"""
  Mercato is open: {address}

  Sign in      {HOUSEHOLD_EMAIL.format(1)} (any number of the data's households)
  Staff        {ADMIN_EMAIL} at {address}admin/
  Roles        {AGENT_EMAIL}, stock@, risk@ and marketing@ of the same
  Password     {demo_password()}, for all of them

  Tour         {address}demo/tour/ says what there is to see and as whom

  Try first    search for 我想买一些运动鞋 or "running shoes"
               sign in and look at the start page, fill a cart, pay with 4242 4242 4242 4242
               ask the chat where your order is
               forecasts, stock and the reorder list in the administration

  Logs         {logs}
  Stop         Ctrl-C
"""


def serve(group: ProcessGroup, host: str, port: int, logs: Path) -> int:
    """Open the shop and keep it open until a stop is asked for."""
    logs.mkdir(parents=True, exist_ok=True)
    ended = None
    for name, command, logged in programs(host, port):
        log = logs / f"{name}.log" if logged else None
        group.start(name, command, log=log, extra={"SITE_DOMAIN": f"localhost:{port}"})
        if name == "web":
            # The others start when the first page is there: it has both cores until then.
            ended = wait_until_open(group, host, port)
            if ended or group.stopping:
                break
            print(welcome(f"http://{reachable(host)}:{port}/", logs), flush=True)
    ended = ended or group.wait()
    if ended is None:
        print("\nClosing the shop …", flush=True)
        return 0
    hint = f"; see {logs / ended}.log" if (logs / f"{ended}.log").exists() else ""
    print(f"The {ended} process ended by itself, so everything is stopped{hint}.", file=sys.stderr)
    return 1


def wait_until_open(group: ProcessGroup, host: str, port: int) -> str | None:
    """Wait for the first page; the name of a program that ended instead, if one did."""
    deadline = time.monotonic() + OPEN_SECONDS
    while not (group.stopping or group.ended() or time.monotonic() > deadline):
        if answers(reachable(host), port):
            return None
        time.sleep(0.1)
    return group.ended()


def main() -> int:
    parser = argparse.ArgumentParser(description="Load the demo's data and run the shop.")
    parser.add_argument("--size", choices=["small", "full"], default="full")
    parser.add_argument("--port", type=int, default=8000)
    parser.add_argument("--host", default="127.0.0.1")
    options = parser.parse_args()
    if not port_is_free(options.host, options.port):
        print(
            f"Port {options.port} is taken, perhaps by a shop that is still open. "
            f"Choose another one: make demo PORT={options.port + 1}",
            file=sys.stderr,
        )
        return 2
    group = ProcessGroup()
    group.listen()
    load = [sys.executable, "manage.py", "load_demo", "--migrate", "--size", options.size]
    code = group.run("load_demo", load)
    if group.stopping:
        print("\nStopped. The next `make demo` goes on where this one was.", flush=True)
        return 130
    if code not in (0, INCOMPLETE):
        return code
    logs = Path(os.environ.get("MERCATO_VAR") or ROOT / "var") / "log"
    try:
        return serve(group, options.host, options.port, logs)
    finally:
        group.stop()


if __name__ == "__main__":
    sys.exit(main())
