"""A chart for the pages of staff: what Chart.js draws, and the same figures as a table."""

import json
from collections.abc import Callable, Mapping, Sequence
from datetime import date
from typing import Any

from django.utils.formats import number_format

COLOURS = (
    "var(--color-primary-500)",
    "var(--color-chart-second)",
    "var(--color-chart-third)",
)
"""Names of the theme's colours (static/css/admin.css); each stands out on light and dark."""
DASHES = [6, 4]
POINT = "circle"
"""The theme draws no points unless it is told their form."""


def whole(value: float) -> str:
    """``1,234`` in the reader's language."""
    return number_format(value, 0, force_grouping=True)


def day_label(day: date) -> str:
    """A day, short enough to stand below its bar.

    >>> day_label(date(2018, 3, 9))
    '3/9'
    """
    return f"{day.month}/{day.day}"


def chart(
    title: str,
    *,
    kind: str,
    head: str,
    labels: Sequence[str],
    lines: Mapping[str, Sequence[float | None]],
    form: Callable[[float], str] = whole,
    dashed: str = "",
    stacked: bool = False,
    zeros: bool = False,
) -> dict[str, Any]:
    """Put together a chart and its table.

    ``kind`` is ``line`` or ``bar``; ``head`` names the labels; every line has a value for each
    label, None where nothing is known; ``dashed`` names the line that is only compared with. The
    table of a chart without any value but 0 has no rows, so that the page can say so; with
    ``zeros`` a 0 is something known, as a share is.
    """
    sets = []
    for (name, values), colour in zip(lines.items(), COLOURS, strict=False):
        one: dict[str, Any] = {
            "label": name,
            "data": list(values),
            "borderColor": colour,
            "backgroundColor": colour,
            "displayYAxis": True,
            "maxTicksXLimit": 8,
            "maxBarThickness": 14,
        }
        if kind == "line":
            # A line of one point is not to be seen.
            alone = sum(value is not None for value in values) == 1
            one |= {"pointStyle": POINT, "pointRadius": 4 if alone else 0, "borderWidth": 2}
        if name == dashed:
            one |= {"borderDash": DASHES}
        if stacked:
            one |= {"stack": "all"}
        sets.append(one)
    rows = [
        [label, *("–" if value is None else form(value) for value in values)]
        for label, *values in zip(labels, *lines.values(), strict=True)
    ]
    known = any(
        value or (zeros and value is not None) for values in lines.values() for value in values
    )
    return {
        "title": title,
        "kind": kind,
        "columns": [head, *lines],
        "rows": rows if known else [],
        "data": json.dumps({"labels": list(labels), "datasets": sets}),
    }
