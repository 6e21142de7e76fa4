"""Set up the demo and run it: web, worker and scheduler in one process group.

``make demo`` calls this with the virtual environment's Python. Ctrl-C, or SIGTERM, stops all of
them; if one ends by itself the others are stopped too.
"""

import argparse
import os
import signal
import socket
import subprocess
import sys
import time
from pathlib import Path
from urllib.error import URLError
from urllib.request import urlopen

ROOT = Path(__file__).resolve().parent.parent
PASSWORD = "mercato-demo"  # noqa: S105 - printed on purpose: these logins exist only in the demo
STOP_SECONDS = 8.0

GUIDE = """
  Mercato 慧店 runs at {address}

  Sign in ({address}accounts/login/), password {password} for everybody:
    household-1@demo.mercato.example    a shopper with a year of purchases
    household-8@demo.mercato.example    one who reads Chinese
    admin@demo.mercato.example          {address}admin/
    agent@demo.mercato.example          {address}support/console/

  Try first:
    search for 我想买一些运动鞋 or "snacks under $3"
    sign in as household 1 and see the start page change
    buy something with card 4242 4242 4242 4242; buy 90 of it and watch the risk screen
    open the chat, bottom right, and ask "where is my order?"

  Ctrl-C stops everything.
"""


def port_is_free(port: int) -> bool:
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
        except OSError:
            return False
    return True


def manage(*arguments: str) -> None:
    result = subprocess.run([sys.executable, "manage.py", *arguments], cwd=ROOT, check=False)
    if result.returncode:
        sys.exit(result.returncode)


def start(environment: dict[str, str], port: int) -> dict[str, subprocess.Popen]:
    log_folder = ROOT / "var" / "log"
    log_folder.mkdir(parents=True, exist_ok=True)
    celery = [sys.executable, "-m", "celery", "-A", "config", "--quiet"]
    commands = {
        "web": [
            *(sys.executable, "-m", "uvicorn", "config.asgi:application"),
            *("--host", "127.0.0.1", "--port", str(port)),
            *("--log-level", "warning", "--timeout-graceful-shutdown", "3"),
        ],
        "worker": [*celery, "worker", "--pool", "solo", "--loglevel", "INFO"],
        "scheduler": [*celery, "beat", "--loglevel", "INFO", "--pidfile="],
    }
    processes = {}
    for name, command in commands.items():
        with (log_folder / f"{name}.log").open("ab") as log:
            processes[name] = subprocess.Popen(
                command, cwd=ROOT, env=environment, stdout=log, stderr=log
            )
    return processes


def wait_for_page(address: str, web: subprocess.Popen) -> None:
    for _ in range(300):
        if web.poll() is not None:
            sys.exit("The web server ended; see var/log/web.log.")
        try:
            urlopen(address, timeout=30).close()  # noqa: S310 - our own http address
            return
        except (URLError, OSError):
            time.sleep(0.1)
    sys.exit("The web server does not answer; see var/log/web.log.")


def stop(processes: dict[str, subprocess.Popen]) -> None:
    for process in processes.values():
        if process.poll() is None:
            process.terminate()
    deadline = time.monotonic() + STOP_SECONDS
    for process in processes.values():
        try:
            process.wait(max(0.1, deadline - time.monotonic()))
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--size", choices=["small", "full"], default="full")
    parser.add_argument("--port", type=int, default=8000)
    options = parser.parse_args()
    if not port_is_free(options.port):
        sys.exit(f"Port {options.port} is taken. Choose another: make demo PORT=8123")
    manage("migrate", "--verbosity", "0")
    manage("load_demo", "--size", options.size)
    environment = dict(os.environ, SITE_DOMAIN=f"localhost:{options.port}")
    processes = start(environment, options.port)
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
    try:
        address = f"http://localhost:{options.port}/"
        wait_for_page(address, processes["web"])
        print(GUIDE.format(address=address, password=PASSWORD), flush=True)
        while all(process.poll() is None for process in processes.values()):
            time.sleep(0.5)
        ended = [name for name, process in processes.items() if process.poll() is not None]
        print(f"{', '.join(ended)} ended; see var/log/. Stopping the rest.", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        return 0
    finally:
        # A second Ctrl-C must not interrupt the stopping.
        signal.signal(signal.SIGINT, signal.SIG_IGN)
        stop(processes)


if __name__ == "__main__":
    sys.exit(main())
