"""Tasks that wait as files."""

import threading
from pathlib import Path
from queue import Empty

from kombu import Connection

import config.celery  # noqa: F401  (names the transport)

MESSAGES = 60
LARGE = "x" * 2_000_000


def opened(folder: Path) -> Connection:
    where = {"data_folder_in": str(folder), "data_folder_out": str(folder)}
    options = {**where, "control_folder": str(folder / "control")}
    return Connection("filesystem://", transport_options=options)


def test_who_reads_while_others_write_finds_whole_messages_only(tmp_path) -> None:
    def write() -> None:
        with opened(tmp_path) as writing:
            for number in range(MESSAGES):
                writing.default_channel._put("q", {"number": number, "body": LARGE})

    writer = threading.Thread(target=write)
    writer.start()
    found = []
    with opened(tmp_path) as reading:
        while writer.is_alive() or list(tmp_path.glob("*.msg")):
            try:
                found.append(reading.default_channel._get("q"))
            except Empty:
                continue
    assert sorted(row["number"] for row in found) == list(range(MESSAGES))
    assert {len(row["body"]) for row in found} == {len(LARGE)}
