"""Many open chats on one process: nothing lost, order kept, and what a reply costs.

A server of its own (uvicorn, SQLite in a temporary folder) serves the chat and, for comparison, a
bare Channels echo. Clients open sockets, then a few of them say something in turn at a fixed rate.
"""

import argparse
import asyncio
import json
import os
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Self
from uuid import uuid4

import numpy as np

FULL = {"sockets": 1000, "rate": 100.0, "seconds": 60.0}
QUICK = {"sockets": 100, "rate": 10.0, "seconds": 10.0}
SAID = "hello"
"""Answered from the answers' file: a flow without retrieval."""
HOST = "127.0.0.1"
TURN_SECONDS = 5.0


def run(options: argparse.Namespace) -> Iterator[dict]:
    plan = QUICK if options.quick else FULL
    with tempfile.TemporaryDirectory() as folder:
        environment = {
            **os.environ,
            "MERCATO_VAR": folder,
            "MERCATO_ENV_FILE": os.devnull,
            "SECRET_KEY": "load-" + "x" * 60,
            "ALLOWED_HOSTS": HOST,
            "HTTPS": "off",
            "LOG_LEVEL": "ERROR",
            "DJANGO_SETTINGS_MODULE": "config.settings",
        }
        made = subprocess.run(
            [sys.executable, "-m", "benchmarks.support_load_server", str(plan["sockets"])],
            env=environment,
            capture_output=True,
            text=True,
            check=True,
        )
        sessions = json.loads(made.stdout.splitlines()[-1])
        chat, echo = _compare(sessions, plan, environment)
    yield from _rows(plan, chat, echo)


def _compare(sessions: list[str], plan: dict, environment: dict) -> tuple[dict, dict]:
    """Talk to the chat and to the echo in turns, so that a slower moment of the machine meets both.

    A process for each: memory that one has given back would be the other's for nothing.
    """
    with _server(environment) as one, _server(environment) as other:
        return asyncio.run(_in_turns(one, other, sessions, plan))


@contextmanager
def _server(environment: dict) -> Iterator[tuple[int, int]]:
    """A server's port and process number."""
    port = _free_port()
    command = [sys.executable, "-m", "uvicorn", "benchmarks.support_load_server:application"]
    command += ["--host", HOST, "--port", str(port), "--log-level", "error"]
    server = subprocess.Popen(command, env=environment)
    try:
        yield port, server.pid
    finally:
        server.terminate()
        server.wait(timeout=20)


async def _in_turns(
    chat_at: tuple[int, int], echo_at: tuple[int, int], sessions: list[str], plan: dict
) -> tuple[dict, dict]:
    lines = []
    for (port, pid), path in ((chat_at, "/ws/chat/"), (echo_at, "/ws/echo/")):
        await _until_up(port)
        # The first message loads encoder and model, which is not what a reply costs.
        async with _Line(port, pid, "/ws/chat/", sessions[-1:]) as warm:
            await warm.talk(1.0, 1.0)
        lines.append(_Line(port, pid, path, sessions))
    chat, echo = lines
    async with chat, echo:
        for _turn in range(round(plan["seconds"] / TURN_SECONDS)):
            for line in (chat, echo):
                await line.talk(plan["rate"], TURN_SECONDS)
    return chat.result, echo.result


def _free_port() -> int:
    with socket.socket() as free:
        free.bind((HOST, 0))
        return free.getsockname()[1]


def _rows(plan: dict, chat: dict, echo: dict) -> list[dict]:
    n = len(chat["waits"])
    figures = {
        "reply_ratio_p99": _p99(chat["waits"]) / max(_p99(echo["waits"]), 1e-9),
        "reply_p99_ms": 1000 * _p99(chat["waits"]),
        "echo_p99_ms": 1000 * _p99(echo["waits"]),
        "sockets": plan["sockets"],
        "lost": chat["lost"],
        "out_of_order": chat["out_of_order"],
        "messages_per_second": n / chat["seconds"],
        "kb_per_socket": chat["kilobytes"] - echo["kilobytes"],
    }
    said = f"{plan['sockets']} sockets, {plan['rate']:.0f} a second, {plan['seconds']:.0f} s"
    return [
        {
            "dataset": said,
            "method": "mercato",
            "metric": name,
            "value": value,
            "n": n,
            "seconds": plan["seconds"],
        }
        for name, value in figures.items()
    ]


async def _until_up(port: int) -> None:
    for _attempt in range(300):
        try:
            _reader, writer = await asyncio.open_connection(HOST, port)
        except OSError:
            await asyncio.sleep(0.2)
            continue
        writer.close()
        return
    raise RuntimeError("The server did not come up.")


def _memory(pid: int) -> float:
    """Resident kilobytes of a process."""
    with open(f"/proc/{pid}/statm", encoding="ascii") as file:
        return int(file.read().split()[1]) * os.sysconf("SC_PAGE_SIZE") / 1024


def _p99(waits: list[float]) -> float:
    return float(np.percentile(waits, 99)) if waits else 0.0


class _Line:
    """Open sockets to one path of a server, and how it answered on them."""

    def __init__(self, port: int, pid: int, path: str, sessions: list[str]) -> None:
        self.url, self.pid, self.sessions = f"ws://{HOST}:{port}{path}", pid, sessions
        self.sockets: list = []
        self.said = 0
        self.result: dict = {"waits": [], "lost": 0, "out_of_order": 0, "seconds": 0.0}

    async def __aenter__(self) -> Self:
        from websockets.asyncio.client import connect

        base = _memory(self.pid)
        for session in self.sessions:
            headers = {"Cookie": f"sessionid={session}", "Origin": f"http://{HOST}"}
            # As a browser: it answers pings and sends none.
            options = {"open_timeout": 60, "ping_interval": None}
            self.sockets.append(await connect(self.url, additional_headers=headers, **options))
        await asyncio.sleep(2)
        self.result["kilobytes"] = (_memory(self.pid) - base) / len(self.sockets)
        return self

    async def __aexit__(self, *problem: object) -> None:
        for one in self.sockets:
            await one.close()

    async def talk(self, rate: float, seconds: float) -> None:
        tasks, started = [], time.perf_counter()
        for number in range(int(rate * seconds)):
            await asyncio.sleep(max(0.0, started + number / rate - time.perf_counter()))
            place = self.said % len(self.sockets)
            tasks.append(asyncio.create_task(_say(self.sockets[place], self.result)))
            self.said += 1
        await asyncio.gather(*tasks)
        self.result["seconds"] += time.perf_counter() - started


async def _say(one, result: dict) -> None:
    """Say one thing and wait for its answer; the next on this socket waits for this one."""
    lock = one.__dict__.setdefault("turn", asyncio.Lock())
    async with lock:
        mine, last, started = uuid4().hex, one.__dict__.get("last", 0), time.perf_counter()
        await one.send(json.dumps({"type": "message", "id": mine, "text": SAID}))
        seen = False
        try:
            while True:
                frame = json.loads(await asyncio.wait_for(one.recv(), 60))
                if frame.get("id") == mine:
                    break
                for message in frame.get("messages", ()):
                    result["out_of_order"] += message["seq"] != last + 1
                    last = message["seq"]
                    seen = seen or message["client_id"] == mine
                if seen:
                    break
        except TimeoutError:
            result["lost"] += 1
            return
        one.__dict__["last"] = last
        result["waits"].append(time.perf_counter() - started)
