"""What screening asks the database: everything about one checkout in two statements.

A checkout waits for this, and building a dozen queries through the ORM takes longer than their
answers. The statements are written once; ``tests/risk/test_lookups.py`` holds them against the ORM.
"""

import json
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

from django.db import connection

from risk.learning import stream
from risk.learning.features import DAY, NO_HISTORY_DAYS, OrderFacts
from risk.learning.signals import MESSAGE, MOST_VIEWS, VIEW, Activity
from risk.models import ListEntry, Rule
from risk.rules import Velocity
from shop import events
from shop.checkout.protocol import CheckoutRun

SEEN = (VIEW, MESSAGE)
DAY_LONG = timedelta(days=1)
FIGURES = """
SELECT past.n, past.mean, past.last, past.day, attempts.n, card.day, card.customers,
       (SELECT reason FROM risk_freeze WHERE customer_id = %(customer)s AND is_active),
       (SELECT MIN(id) FROM risk_assessment WHERE checkout_uuid = %(checkout)s)
FROM (SELECT COUNT(*) AS n, AVG(total) AS mean, MAX(placed_at) AS last,
             COUNT(CASE WHEN placed_at >= %(day)s THEN 1 END) AS day
      FROM shop_order WHERE customer_id = %(customer)s AND placed_at < %(at)s) AS past,
     (SELECT COUNT(*) AS n FROM risk_assessment
      WHERE visitor = %(visitor)s AND at >= %(hour)s AND at <= %(at)s
        AND checkout_uuid IS NOT NULL AND checkout_uuid <> %(checkout)s) AS attempts,
     (SELECT COUNT(CASE WHEN at >= %(day)s THEN 1 END) AS day,
             COUNT(DISTINCT CASE WHEN customer_id <> %(me)s THEN customer_id END) AS customers
      FROM risk_assessment
      WHERE card_fingerprint = %(card)s AND at >= %(month)s AND at <= %(at)s
        AND checkout_uuid IS NOT NULL AND checkout_uuid <> %(checkout)s) AS card
"""
KNOWN = """
SELECT 'state', key, CAST(state AS text), '', '', 0 FROM risk_identitystate WHERE key IN ({keys})
UNION ALL
SELECT 'rule', name, expression, decision, mode, version FROM risk_rule WHERE mode <> '{off}'
UNION ALL
SELECT 'entry', field, value, effect, '', 0 FROM risk_listentry
WHERE ({listed}) AND (expires_at IS NULL OR expires_at > %s)
UNION ALL
SELECT * FROM (
  SELECT 'event', kind, CAST(at AS text), CAST(data AS text), '', id FROM shop_event
  WHERE visitor = %s AND at > %s AND kind IN ('view', 'message') ORDER BY at DESC LIMIT {most}
) AS seen
"""


@dataclass(frozen=True)
class Known:
    """What was known of a checkout before it: its figures, the states of its identities, and the
    rules and list entries that may speak on it. ``frozen`` is the reason of an active freeze,
    ``assessed`` the checkout's own assessment when it was screened before."""

    facts: OrderFacts
    velocity: Velocity
    frozen: str | None
    assessed: int | None
    states: dict[str, stream.State]
    rules: list[Rule] = field(default_factory=list)
    entries: list[ListEntry] = field(default_factory=list)


def look_up(run: CheckoutRun, event: Activity, *, at: datetime) -> Known:
    """Look up everything about a checkout; attempts of its own are not counted."""
    customer = run.customer.pk if run.customer else None
    with connection.cursor() as cursor:
        cursor.execute(*_figures(event, customer, run.checkout.uuid, at))
        n, mean, last, day, attempts, card_day, customers, frozen, assessed = cursor.fetchone()
        cursor.execute(*_known(event, run.email, at))
        rows = cursor.fetchall()
    seen = [row for row in rows if row[0] == "event"]
    last = _moment(last)
    facts = OrderFacts(
        total=event.total,
        lines=event.lines,
        units=event.units,
        max_quantity=event.max_quantity,
        max_unit_price=event.max_unit_price,
        hour=event.hour,
        past_orders=n,
        past_mean_total=float(mean or 0),
        days_since_last=(at - last).total_seconds() / DAY if last else NO_HISTORY_DAYS,
        orders_last_day=day,
    )
    # A card that is not known is nobody's; whoever pays with one is among its customers.
    sharing = customers + (customer is not None) if event.card else 0
    velocity = Velocity(attempts if event.visitor else 0, card_day if event.card else 0, sharing)
    states, rules, entries = {}, [], []
    for kind, name, text, choice, mode, version in sorted(rows):
        if kind == "event":
            continue
        if kind == "state":
            states[name] = json.loads(text)
        elif kind == "rule":
            rules.append(
                Rule(name=name, expression=text, decision=choice, mode=mode, version=version)
            )
        else:
            entries.append(ListEntry(field=name, value=text, effect=choice))
    _add_browsing(states, event, seen, at)
    return Known(facts, velocity, frozen, assessed, states, rules, entries)


def _add_browsing(
    states: dict[str, stream.State], event: Activity, rows: list[tuple], at: datetime
) -> None:
    """Page views and chat messages of the last day, from the shop's own log of events and from
    what waits to be written to it: they are too many to be kept in states as well."""
    if not event.visitor:
        return
    since = at - DAY_LONG
    found = [
        (kind, _moment(text), _urgency(json.loads(data)), number)
        for _, kind, text, data, _, number in rows
    ]
    found += [
        (row.kind, row.at, _urgency(row.data), 0)
        for row in events.pending(event.visitor)
        if row.kind in SEEN and since < row.at <= at
    ]
    if not found:
        return
    state = states.setdefault(f"visitor:{event.visitor}", {})
    for kind in SEEN:
        state[kind] = sorted(
            [moment.timestamp(), number, pressing]
            for name, moment, pressing, number in found
            if name == kind and moment is not None
        )


def _urgency(data: dict) -> float:
    return float(data.get("urgency", 0.0))


def _figures(
    event: Activity, customer: int | None, checkout: UUID, at: datetime
) -> tuple[str, dict[str, Any]]:
    values = {
        "customer": customer,
        # In SQL nothing differs from NULL; no customer has the number 0.
        "me": customer or 0,
        "visitor": event.visitor,
        "card": event.card,
        "checkout": checkout if connection.features.has_native_uuid_field else checkout.hex,
    }
    adapt = connection.ops.adapt_datetimefield_value
    times = {"at": 0, "hour": 1, "day": 24, "month": 30 * 24}
    ago = {name: adapt(at - timedelta(hours=hours)) for name, hours in times.items()}
    return FIGURES, values | ago


def _known(event: Activity, email: str, at: datetime) -> tuple[str, list[Any]]:
    keys = stream.state_keys(event)
    listed = list(_listed(event, email))
    sql = KNOWN.format(
        keys=", ".join(["%s"] * len(keys)) or "NULL",
        off=Rule.Mode.OFF.value,
        listed=" OR ".join(["(field = %s AND value = %s)"] * len(listed)) or "1 = 0",
        most=2 * MOST_VIEWS,
    )
    named = [part for pair in listed for part in pair]
    adapt = connection.ops.adapt_datetimefield_value
    return sql, [*keys, *named, adapt(at), event.visitor or None, adapt(at - DAY_LONG)]


def _listed(event: Activity, email: str) -> Iterator[tuple[str, str]]:
    """What an entry of a list may name of a checkout."""
    wanted = {
        ListEntry.Field.CUSTOMER: event.customer,
        ListEntry.Field.CARD: event.card,
        ListEntry.Field.VISITOR: event.visitor,
        ListEntry.Field.ADDRESS: event.address,
        ListEntry.Field.EMAIL: email.lower(),
        ListEntry.Field.DOMAIN: event.domain,
    }
    return ((name.value, value) for name, value in wanted.items() if value)


def _moment(value: datetime | str | None) -> datetime | None:
    """A time as the database gives it: SQLite tells it as text, in UTC."""
    if isinstance(value, str):
        value = datetime.fromisoformat(value)
    return value.replace(tzinfo=UTC) if value and value.tzinfo is None else value
