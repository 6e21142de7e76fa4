"""Fast inserts for the big tables: COPY on PostgreSQL, executemany elsewhere."""

import io
from collections.abc import Callable

import pandas as pd
from django.core.management.color import no_style
from django.db import connection, models

CHUNK = 50_000
NULL = "\\N"


def insert_frame(
    model: type[models.Model],
    frame: pd.DataFrame,
    advance: Callable[[int], None] = lambda rows: None,
) -> None:
    """Insert a frame whose columns are the table's; values as the database's driver takes them.

    JSON is text, money is dollars as a float with two decimals, times are text from
    :func:`timestamps`. ``advance`` is told the rows of each chunk. Runs in the caller's
    transaction.
    """
    table = connection.ops.quote_name(model._meta.db_table)
    columns = ", ".join(connection.ops.quote_name(str(name)) for name in frame.columns)
    copies = connection.vendor == "postgresql"
    for start in range(0, len(frame), CHUNK):
        chunk = frame.iloc[start : start + CHUNK]
        if copies:
            _copy(f"COPY {table} ({columns}) FROM STDIN WITH (FORMAT csv, NULL '{NULL}')", chunk)
        else:
            marks = ", ".join(["%s"] * len(frame.columns))
            _execute(f"INSERT INTO {table} ({columns}) VALUES ({marks})", chunk)  # noqa: S608 - names of our own tables
        advance(len(chunk))


def _copy(statement: str, chunk: pd.DataFrame) -> None:
    text = io.StringIO()
    chunk.to_csv(text, index=False, header=False, na_rep=NULL)
    text.seek(0)
    with connection.cursor() as cursor:
        cursor.copy_expert(statement, text)  # type: ignore[attr-defined]


def _execute(statement: str, chunk: pd.DataFrame) -> None:
    columns = []
    for name in chunk.columns:
        values = chunk[name].astype(object)
        columns.append(values.where(values.notna(), None).tolist())
    with connection.cursor() as cursor:
        cursor.executemany(statement, list(zip(*columns, strict=True)))


def timestamps(times: pd.Series) -> pd.Series:
    """Aware UTC times as text, the way this database stores what Django writes."""
    zone = "+00" if connection.vendor == "postgresql" else ""
    return times.dt.strftime(f"%Y-%m-%d %H:%M:%S{zone}")


def next_id(model: type[models.Model]) -> int:
    """The first key that is free above all that are used."""
    return int(model._default_manager.aggregate(top=models.Max("pk"))["top"] or 0) + 1


def reset_sequence(model: type[models.Model]) -> None:
    """Let the database count on from the highest key that was inserted by hand."""
    with connection.cursor() as cursor:
        for statement in connection.ops.sequence_reset_sql(no_style(), [model]):
            cursor.execute(statement)
