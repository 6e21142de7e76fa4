"""Make ``.venv`` and install a requirements file into it, telling how far it is.

``python3 scripts/install.py requirements.txt``: pip itself is either silent or very talkative, so
its lines are read here and summed up in one. Uses only the standard library.
"""

import os
import subprocess
import sys
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
VENV = ROOT / ".venv"
OLDEST = (3, 11)
LINE_SECONDS = 15.0
KEPT_LINES = 40


def make_venv() -> None:
    """Create the environment unless it works already."""
    if (VENV / "bin" / "python").exists():
        return
    try:
        subprocess.run([sys.executable, "-m", "venv", str(VENV)], check=True)
    except subprocess.CalledProcessError:
        sys.exit("Python's venv module does not work. On Debian: apt-get install python3-venv")


class Teller:
    """Sums up pip's lines: in place on a terminal, a line now and then elsewhere."""

    def __init__(self) -> None:
        self.started = self.told = time.monotonic()
        self.found = 0
        self.in_place = sys.stderr.isatty()

    def hear(self, line: str) -> None:
        """Take one line of pip's and say what it means, if it means something."""
        words = line.split()
        if line.startswith("Collecting "):
            self.found += 1
            self._say(f"{self.found} packages found, now {words[1]}")
        elif line.startswith("Downloading "):
            self._say(f"downloading {words[1].rsplit('/', 1)[-1]} {' '.join(words[2:4])}")
        elif line.startswith("Installing collected packages:"):
            self.told = 0.0
            self._say(f"writing {len(words) - 3} packages, about a minute")

    def _say(self, what: str) -> None:
        now = time.monotonic()
        text = f"  {now - self.started:4.0f} s  {what}"
        if self.in_place:
            print(f"\r{text:<100.100}", end="", file=sys.stderr, flush=True)
        elif now - self.told >= LINE_SECONDS:
            self.told = now
            print(text, file=sys.stderr, flush=True)

    def done(self) -> None:
        """Close the line."""
        if self.in_place:
            print("\r" + " " * 100 + "\r", end="", file=sys.stderr)
        print(f"  installed in {time.monotonic() - self.started:.0f} s", file=sys.stderr)


def install(requirements: Path) -> int:
    """Run pip; on failure show its last lines. Returns pip's exit code."""
    command = [str(VENV / "bin" / "python"), "-m", "pip", "install", "-r", str(requirements)]
    environment = {
        **os.environ,
        "PIP_DISABLE_PIP_VERSION_CHECK": "1",
        "PIP_PROGRESS_BAR": "off",
        "PIP_ROOT_USER_ACTION": "ignore",
        "PIP_NO_INPUT": "1",
    }
    teller, lines = Teller(), []
    with subprocess.Popen(
        command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, env=environment
    ) as pip:
        assert pip.stdout is not None
        for line in pip.stdout:
            lines.append(line)
            teller.hear(line.strip())
    teller.done()
    if pip.returncode:
        print("".join(lines[-KEPT_LINES:]), file=sys.stderr)
        print(f"pip could not install {requirements.name}; see above.", file=sys.stderr)
    return pip.returncode


def main() -> int:
    if sys.version_info < OLDEST:
        found = ".".join(map(str, sys.version_info[:2]))
        print(
            f"Python 3.11 or newer is needed; this is {found}. "
            "Name another one: make install PYTHON=python3.12",
            file=sys.stderr,
        )
        return 2
    requirements = ROOT / (sys.argv[1] if len(sys.argv) > 1 else "requirements.txt")
    print(f"Installing {requirements.name} into .venv (some minutes the first time)", flush=True)
    make_venv()
    return install(requirements)


if __name__ == "__main__":
    sys.exit(main())
