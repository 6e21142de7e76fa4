"""Fast inserts for the two big tables: COPY on PostgreSQL, executemany elsewhere."""

import io
from collections.abc import Callable

import pandas as pd
from django.db import connection, models

CHUNK = 50_000


def insert_frame(
    model: type[models.Model], frame: pd.DataFrame, advance: Callable[[int], None]
) -> None:
    """Insert a frame whose columns are the table's. ``advance`` is told the rows of each chunk."""
    table = connection.ops.quote_name(model._meta.db_table)
    columns = ", ".join(connection.ops.quote_name(name) for name in frame.columns)
    for start in range(0, len(frame), CHUNK):
        chunk = frame.iloc[start : start + CHUNK]
        with connection.cursor() as cursor:
            if connection.vendor == "postgresql":
                text = io.StringIO()
                chunk.to_csv(text, index=False, header=False, na_rep="\\N", sep="\t")
                text.seek(0)
                cursor.copy_expert(f"COPY {table} ({columns}) FROM STDIN", text)
            else:
                marks = ", ".join(["%s"] * len(frame.columns))
                rows = zip(*(chunk[name].tolist() for name in chunk.columns), strict=True)
                cursor.executemany(
                    f"INSERT INTO {table} ({columns}) VALUES ({marks})",
                    list(rows),
                )
        advance(len(chunk))


def reset_sequence(model: type[models.Model]) -> None:
    """Let the database count on from the highest key that was inserted by hand."""
    from django.core.management.color import no_style

    with connection.cursor() as cursor:
        for statement in connection.ops.sequence_reset_sql(no_style(), [model]):
            cursor.execute(statement)
