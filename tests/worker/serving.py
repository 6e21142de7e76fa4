"""A process that serves a model: prints what it serves, ten times a second, until told to stop."""

import sys
import time
from pathlib import Path

import django


def main(seconds: float) -> None:
    django.setup()
    from foundation import registry

    until = time.monotonic() + seconds
    while time.monotonic() < until:
        value = registry.active_artefact("tests.numbers", lambda path, _: read(path))
        print(value, flush=True)
        time.sleep(0.1)


def read(path: Path) -> float:
    import numpy as np

    with np.load(path, allow_pickle=False) as file:
        return float(file["value"][0])


if __name__ == "__main__":
    main(float(sys.argv[1]))
