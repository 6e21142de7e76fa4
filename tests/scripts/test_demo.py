"""The launcher: programs live and die together, whatever ends first."""

import http.server
import os
import signal
import socket
import subprocess
import sys
import threading
import time
from pathlib import Path

import pytest

from scripts import demo

ROOT = Path(__file__).resolve().parent.parent.parent
SLEEPER = [sys.executable, "-c", "import time; time.sleep(60)"]
STUBBORN = [
    sys.executable,
    "-c",
    "import signal, sys, time; signal.signal(15, signal.SIG_IGN); print('on', flush=True);"
    "time.sleep(60)",
]


@pytest.fixture
def group():
    group = demo.ProcessGroup(grace=0.5)
    yield group
    group.stop()


def test_stopping_ends_all_and_kills_who_does_not_listen(group, tmp_path):
    log = tmp_path / "stubborn.log"
    group.start("polite", SLEEPER)
    group.start("stubborn", STUBBORN, log=log)
    while "on" not in log.read_text():
        time.sleep(0.02)
    group.stop()
    assert group.members["polite"].returncode == -signal.SIGTERM
    assert group.members["stubborn"].returncode == -signal.SIGKILL


def test_waiting_ends_with_the_first_program_that_ends(group):
    group.start("web", SLEEPER)
    group.start("worker", [sys.executable, "-c", "raise SystemExit(4)"])
    assert group.wait() == "worker"


def test_a_stop_that_was_asked_for_ends_the_waiting(group):
    group.start("web", SLEEPER)
    group.stopping = True
    assert group.wait() is None


def test_running_returns_the_exit_code(group):
    assert group.run("load", [sys.executable, "-c", "raise SystemExit(3)"]) == 3
    assert group.members == {}


def test_a_program_gets_its_own_variables_and_its_words_go_to_the_log(group, tmp_path):
    log = tmp_path / "said.log"
    say = [sys.executable, "-c", "import os; print(os.environ['WHERE'])"]
    group.start("say", say, log=log, extra={"WHERE": "in a test"})
    group.members["say"].wait()
    assert log.read_text() == "in a test\n"


@pytest.mark.skipif(sys.platform != "linux", reason="the kernel's promise is Linux's")
def test_programs_die_even_when_the_launcher_is_killed(tmp_path):
    """kill -9 of the launcher leaves no server behind that holds the port."""
    code = (
        "import sys, time; sys.path.insert(0, '.')\n"
        "from scripts.demo import ProcessGroup\n"
        "group = ProcessGroup()\n"
        f"group.start('one', {SLEEPER!r})\n"
        "print(group.members['one'].pid, flush=True); time.sleep(60)"
    )
    launcher = subprocess.Popen(
        [sys.executable, "-c", code], cwd=ROOT, stdout=subprocess.PIPE, text=True
    )
    child = int(launcher.stdout.readline())
    launcher.kill()
    launcher.wait()
    for _ in range(100):
        if not Path(f"/proc/{child}").exists() or " Z " in Path(f"/proc/{child}/stat").read_text():
            return
        time.sleep(0.05)
    os.kill(child, signal.SIGKILL)
    pytest.fail("the program outlived its launcher")


def test_ctrl_c_in_the_terminal_stops_the_launcher_and_its_programs(tmp_path):
    """A terminal signals the whole process group; nothing of it is left afterwards."""
    code = (
        "import sys, time; sys.path.insert(0, '.')\n"
        "from scripts.demo import ProcessGroup\n"
        "group = ProcessGroup(grace=5); group.listen()\n"
        f"group.start('one', {SLEEPER!r}); group.start('two', {SLEEPER!r})\n"
        "print('open', flush=True); ended = group.wait(); group.stop()\n"
        "print('ended', ended, flush=True)"
    )
    launcher = subprocess.Popen(
        [sys.executable, "-c", code],
        cwd=ROOT,
        stdout=subprocess.PIPE,
        text=True,
        start_new_session=True,
    )
    assert launcher.stdout.readline() == "open\n"
    os.killpg(launcher.pid, signal.SIGINT)
    launcher.communicate(timeout=20)
    with pytest.raises(ProcessLookupError):
        os.killpg(launcher.pid, 0)


def taken_port():
    server = socket.socket()
    server.bind(("127.0.0.1", 0))
    server.listen()
    return server, server.getsockname()[1]


def test_a_taken_port_is_said_before_anything_is_loaded():
    server, port = taken_port()
    with server:
        command = [sys.executable, "scripts/demo.py", "--port", str(port)]
        done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 2
    assert f"PORT={port + 1}" in done.stderr
    assert done.stdout == ""


def test_a_free_port_is_free():
    server, port = taken_port()
    assert not demo.port_is_free("127.0.0.1", port)
    server.close()
    assert demo.port_is_free("127.0.0.1", port)


class Page(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        self.send_response(self.server.status)
        self.end_headers()

    def log_message(self, *args):
        """Quiet."""


@pytest.mark.parametrize(("status", "open_"), [(200, True), (503, False)])
def test_the_shop_is_open_when_its_first_page_is_served(status, open_):
    with http.server.HTTPServer(("127.0.0.1", 0), Page) as server:
        server.status = status
        thread = threading.Thread(target=server.handle_request)
        thread.start()
        assert demo.answers("127.0.0.1", server.server_port) is open_
        thread.join()


def test_a_port_nobody_listens_on_does_not_answer():
    server, port = taken_port()
    server.close()
    assert demo.answers("127.0.0.1", port) is False


@pytest.mark.parametrize(
    ("host", "called"),
    [("0.0.0.0", "127.0.0.1"), ("::", "127.0.0.1"), ("localhost", "localhost")],
)
def test_a_server_on_all_addresses_is_called_by_its_own(host, called):
    assert demo.reachable(host) == called


def test_the_welcome_tells_address_logins_and_what_to_try(tmp_path):
    text = demo.welcome("http://127.0.0.1:8123/", tmp_path)
    for part in ("http://127.0.0.1:8123/admin/", demo.ADMIN_EMAIL, "household-1@", "运动鞋"):
        assert part in text


def test_the_programs_are_started_and_web_is_the_first():
    names = [name for name, _command, _logged in demo.programs("127.0.0.1", 8000)]
    assert names == ["web", "worker", "trainer", "scheduler"]
