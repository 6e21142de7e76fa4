"""Progress a person can watch: bars with an estimate on a terminal, plain lines elsewhere."""

import time
from collections.abc import Iterator
from contextlib import contextmanager

from rich.console import Console
from rich.progress import BarColumn, TaskProgressColumn, TextColumn, TimeRemainingColumn
from rich.progress import Progress as Bars

from shop.demo.steps import Progress

LINE_SECONDS = 5.0
LABEL_WIDTH = 36


@contextmanager
def progress_of(label: str, console: Console) -> Iterator[Progress]:
    """Show a step while it runs. On a terminal its bar goes away at the end."""
    if console.is_terminal:
        with _bar(label, console) as progress:
            yield progress
    else:
        yield _lines(label, console)


@contextmanager
def _bar(label: str, console: Console) -> Iterator[Progress]:
    columns = (
        TextColumn(f"  {{task.description:<{LABEL_WIDTH}}}"),
        BarColumn(),
        TaskProgressColumn(),
        TextColumn("about"),
        TimeRemainingColumn(compact=True, elapsed_when_finished=True),
        TextColumn("left"),
    )
    with Bars(*columns, console=console, transient=True) as bars:
        task = bars.add_task(label, total=None)
        yield lambda done, total: bars.update(task, completed=done, total=total)


def _lines(label: str, console: Console) -> Progress:
    """Say how far a step is every few seconds, with an estimate."""
    started = last = time.monotonic()

    def progress(done: int, total: int) -> None:
        nonlocal last
        now = time.monotonic()
        if now - last < LINE_SECONDS or not 0 < done < total:
            return
        last = now
        left = (now - started) * (total - done) / done
        console.print(f"  {label}: {done * 100 // total} %, about {left:.0f} s left")

    return progress
