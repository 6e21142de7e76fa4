"""Several test weeks of the handbook's data: ours against the best baseline, and how fast it ages.

``paired`` moves all four days back week by week. ``drift`` keeps the test weeks and changes what
is learned from: the first week alone for good, the newest week whose labels are known, all weeks
until then, or all of them with a weight that halves every week or two.
"""

from collections.abc import Iterator

import pandas as pd

from benchmarks import risk_handbook as protocol
from risk.learning.compromise import DAY
from risk.learning.payments import PaymentScorer

Dates = tuple[str, str, str, str]
HALF_LIVES = {"half_life_7_days": 7.0, "half_life_14_days": 14.0}


def moved(dates: Dates, back: int) -> Dates:
    """The four days ``back`` weeks earlier."""
    days = [str((pd.Timestamp(day) - pd.Timedelta(weeks=back)).date()) for day in dates]
    return days[0], days[1], days[2], days[3]


def paired(
    frame: pd.DataFrame, dates: Dates, weeks: int
) -> Iterator[tuple[str | None, str, str, float, int]]:
    """``(test start, method, metric, value, frauds)``; last, without a start, the difference."""
    pairs = []
    for back in range(weeks + 1):
        here = moved(dates, back)
        prepared = protocol.prepare(frame, here)
        week, fraud = prepared.week, prepared.fraud
        known = prepared.data.fraud[week.train]
        x = prepared.handbook
        theirs = protocol.supervised(x[week.train], known, x[week.test], protocol.MEAN_RANK)
        ours = protocol.served(prepared, week.train)
        for name, score in (("mercato", ours), ("mean_rank", theirs["mean_rank"])):
            for metric, value in protocol.figures(prepared, [score]).items():
                yield here[2], name, metric, value, int(fraud.sum())
        pairs.append((fraud, prepared.data.card[week.test], ours, theirs["mean_rank"]))
    spans = protocol.paired_interval(pairs)
    for name, value in zip(("difference", "low", "high"), spans, strict=True):
        yield None, "mercato", f"average_precision_{name}", value, len(pairs)


def drift(frame: pd.DataFrame, dates: Dates, weeks: int) -> Iterator[tuple[str, str, float, int]]:
    """``(test start, method, average precision, frauds)``, oldest week first.

    Assumptions behind the features are chosen once, on the first training week, so that the weeks
    differ in nothing but the rows that the scorer learns from.
    """
    first = moved(dates, weeks)
    start = protocol.prepare(frame, first)
    data, x = start.data, start.ours
    for back in range(weeks, -1, -1):
        here = moved(dates, back)
        week = protocol.split(frame, here)
        prepared = protocol.Protocol(data, frame, week, start.handbook, x)
        age = (data.at[week.train].max() - data.at[week.history]) / DAY
        learned = {
            "static": (start.week.train, None),
            "newest_week": (week.train, None),
            "all_weeks": (week.history, None),
            **{name: (week.history, 0.5 ** (age / days)) for name, days in HALF_LIVES.items()},
        }
        for name, (rows, weight) in learned.items():
            scorer = PaymentScorer().fit(x[rows], data.fraud[rows], weight)
            score = scorer.predict_proba(x[week.test])
            value = protocol.figures(prepared, [score])["average_precision"]
            yield here[2], name, value, int(prepared.fraud.sum())
