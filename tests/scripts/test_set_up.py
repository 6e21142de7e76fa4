"""Installing, the demo's own settings, and what is said when a service is missing."""

import socket
import stat
import subprocess
import sys
from pathlib import Path

import pytest

from scripts import check_services, install, write_env

ROOT = Path(__file__).resolve().parent.parent.parent
PIP = """Collecting django==5.2 (from -r requirements.txt (line 1))
  Downloading django-5.2-py3-none-any.whl (8.3 MB)
Installing collected packages: sqlparse, asgiref, django
""".splitlines()


def told(capsys, *, terminal: bool) -> str:
    teller = install.Teller()
    teller.in_place = terminal
    teller.told = -install.LINE_SECONDS
    for line in PIP:
        teller.hear(line.strip())
    teller.done()
    return capsys.readouterr().err


def test_pip_is_summed_up_on_a_terminal(capsys):
    said = told(capsys, terminal=True)
    for part in ("1 packages found, now django==5.2", "django-5.2", "writing 3 packages"):
        assert part in said
    assert said.count("\n") == 1


def test_elsewhere_a_line_is_said_now_and_then(capsys):
    said = told(capsys, terminal=False)
    assert "writing 3 packages" in said
    assert "\r" not in said


def test_a_python_that_is_too_old_is_told_what_to_do(monkeypatch, capsys):
    monkeypatch.setattr(sys, "version_info", (3, 10, 1))
    assert install.main() == 2
    assert "make install PYTHON=" in capsys.readouterr().err


def test_what_pip_said_is_shown_when_it_fails(tmp_path, monkeypatch, capsys):
    """pip itself, on a file that names no package; nothing is downloaded for that."""
    wrong = tmp_path / "requirements.txt"
    wrong.write_text("this is no requirement\n")
    monkeypatch.setattr(install, "VENV", Path(sys.prefix))
    assert install.install(wrong) != 0
    said = capsys.readouterr().err
    assert "Invalid requirement" in said
    assert "pip could not install requirements.txt" in said


def test_the_demo_gets_a_key_of_its_own_that_only_its_owner_reads(tmp_path):
    first, second = tmp_path / "one.env", tmp_path / "two.env"
    assert write_env.write_env(first)
    assert write_env.write_env(second)
    assert stat.S_IMODE(first.stat().st_mode) == 0o600
    assert first.read_text() != second.read_text()
    before = first.read_text()
    assert not write_env.write_env(first)
    assert first.read_text() == before


@pytest.fixture
def nobody() -> str:
    """A port on which nothing listens."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return f"127.0.0.1:{probe.getsockname()[1]}"


def test_each_missing_service_is_named_with_what_to_do(nobody):
    where = {
        "DATABASE_URL": f"postgres://mercato:secret@{nobody}/mercato",
        "REDIS_URL": f"redis://:secret@{nobody}/0",
        "CELERY_BROKER_URL": f"redis://:secret@{nobody}/1",
    }
    found = check_services.problems(where)
    assert len(found) == 3
    for name, text in zip(where, found, strict=True):
        assert text.startswith(f"{name}=")
        assert "does not answer" in text
        assert check_services.START[name] in text
        assert "secret" not in text


def test_the_suite_on_services_does_not_begin_without_them(nobody):
    done = subprocess.run(
        [sys.executable, "scripts/test_services.py"],
        cwd=ROOT,
        env={"PATH": "/usr/bin:/bin", "REDIS_URL": f"redis://{nobody}/0"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 2
    assert "apt-get install redis-server" in done.stderr
    assert "passed" not in done.stdout


def test_what_the_environment_does_not_name_is_on_this_machine(monkeypatch):
    monkeypatch.delenv("REDIS_URL", raising=False)
    monkeypatch.setenv("DATABASE_URL", "postgres://elsewhere/shop")
    where = check_services.addresses()
    assert where["DATABASE_URL"] == "postgres://elsewhere/shop"
    assert where["REDIS_URL"] == check_services.DEFAULTS["REDIS_URL"]


@pytest.mark.parametrize(
    ("address", "shown"),
    [
        ("postgres://shop:secret@db/mercato", "postgres://shop@db/mercato"),
        ("redis://:secret@cache/0", "redis://@cache/0"),
        ("redis://127.0.0.1/0", "redis://127.0.0.1/0"),
    ],
)
def test_a_password_is_never_printed(address, shown):
    assert check_services.without_password(address) == shown
