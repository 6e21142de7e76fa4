"""Rows from folders of Parquet, a day each, without holding more than a batch of them.

``day=2026-01-31/*.parquet`` below one folder, as ``shop.services.event_export`` writes it. Under
several processes each reads every n-th file.
"""

from collections.abc import Iterator, Sequence
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

BATCH_ROWS = 10_000


def files(folder: Path) -> list[Path]:
    """Return the files, the oldest day first."""
    return sorted(Path(folder).glob("day=*/*.parquet"))


def batches(
    folder: Path, columns: Sequence[str], rows: int = BATCH_ROWS, share: tuple[int, int] = (0, 1)
) -> Iterator[pa.RecordBatch]:
    """Yield batches of at most ``rows``, the oldest day first.

    Parameters
    ----------
    share
        This process's number and how many there are; each gets every n-th file.
    """
    number, processes = share
    for path in files(folder)[number::processes]:
        with pq.ParquetFile(path) as file:
            yield from file.iter_batches(batch_size=rows, columns=list(columns))
