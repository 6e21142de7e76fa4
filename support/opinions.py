"""Opinions of customers by aspect, topic and feeling: kept by a worker, read by a page of staff."""

from collections import Counter, defaultdict
from datetime import datetime, timedelta
from typing import Any

from django.db.models import Avg, Count, Q, QuerySet
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from shop.models import Review
from support.dialogue import language_of
from support.learning import aspects
from support.models import Conversation, Message, Opinion

WEEKS = 8
LATELY = timedelta(days=7)
BATCH = 500
MOST = 5000
REVIEWS = "reviews"
BAD, GOOD = -0.1, 0.1
"""Feelings between the two are neither."""
NAMES = {
    "delivery": _("Delivery"),
    "price": _("Price"),
    "quality": _("Quality"),
    "freshness": _("Freshness"),
    "service": _("Service"),
    "packaging": _("Packaging"),
    "size": _("Size"),
    "refund": _("Refunds and returns"),
    "website": _("Website"),
}
GIVEN_UP = {"human", "complaint"}
LEAST_ANSWERS = 3


def since(weeks: int = WEEKS) -> datetime:
    return timezone.now() - timedelta(weeks=weeks)


def gather() -> int:
    """Take the opinions out of what was written since the last time; return how many are new.

    Looks back at all of :data:`WEEKS`, so that running it twice, or late, changes nothing.
    """
    known = Opinion.objects.values("message_id")
    said = Message.objects.filter(author=Message.Author.CUSTOMER, at__gte=since())
    reviews = Review.objects.filter(created_at__gte=since()).exclude(state=Review.State.REJECTED)
    made: list[Opinion] = []
    for row in said.exclude(pk__in=known.filter(message__isnull=False)).iterator(BATCH):
        intents = row.understanding.get("intents") or [["", 0.0]]
        language = row.understanding.get("language") or language_of(row.text)
        made += [
            Opinion(
                message=row,
                aspect=one.aspect,
                feeling=one.feeling,
                topic=intents[0][0],
                language=language,
                at=row.at,
            )
            for one in aspects.opinions(row.text)
        ]
    for review in reviews.exclude(
        pk__in=Opinion.objects.filter(review__isnull=False).values("review_id")
    ).iterator(BATCH):
        stars = (review.rating - 3) / 2
        text = f"{review.title}. {review.body}"
        made += [
            Opinion(
                review=review,
                aspect=one.aspect,
                feeling=one.feeling,
                topic=REVIEWS,
                language=language_of(text),
                at=review.created_at,
            )
            for one in aspects.opinions(text, otherwise=stars)
        ]
    Opinion.objects.bulk_create(made, batch_size=BATCH, ignore_conflicts=True)
    return len(made)


def chosen(*, aspect: str = "", topic: str = "", feeling: str = "") -> QuerySet[Opinion]:
    """Opinions of the last weeks; a name that is not known chooses nothing."""
    rows = Opinion.objects.filter(at__gte=since())
    if aspect:
        rows = rows.filter(aspect=aspect)
    if topic:
        rows = rows.filter(topic=topic)
    if feeling == "bad":
        rows = rows.filter(feeling__lte=BAD)
    elif feeling == "good":
        rows = rows.filter(feeling__gte=GOOD)
    elif feeling:
        rows = rows.filter(feeling__gt=BAD, feeling__lt=GOOD)
    return rows


def by_aspect() -> list[dict]:
    """For each aspect: how many praise, complain or neither, and the mean feeling."""
    counted = {
        row["aspect"]: row
        for row in chosen()
        .order_by()
        .values("aspect")
        .annotate(
            good=Count("pk", filter=Q(feeling__gte=GOOD)),
            bad=Count("pk", filter=Q(feeling__lte=BAD)),
            n=Count("pk"),
            mean=Avg("feeling"),
        )
    }
    rows = [{"name": NAMES[name], **counted[name]} for name in NAMES if name in counted]
    return sorted(rows, key=lambda row: -row["bad"])


def by_week() -> tuple[list[str], dict[str, list[float | None]]]:
    """Days on which the weeks begin, and the mean feeling a week of the three aspects most
    complained about; None where nobody said anything."""
    first = since()
    most = [row["aspect"] for row in by_aspect()[:3]]
    sums: dict[str, list[list[float]]] = {name: [[] for _ in range(WEEKS)] for name in most}
    rows = chosen().filter(aspect__in=most).order_by()
    for aspect, feeling, at in rows.values_list("aspect", "feeling", "at"):
        week = min(max((at - first).days // 7, 0), WEEKS - 1)
        sums[aspect][week].append(feeling)
    starts = [timezone.localdate(first + timedelta(weeks=week)) for week in range(WEEKS)]
    labels = [f"{day.month}/{day.day}" for day in starts]
    return labels, {
        str(NAMES[name]): [round(sum(week) / len(week), 3) if week else None for week in sums[name]]
        for name in most
    }


def by_topic(most: int = 10) -> dict:
    """Complaints and all opinions by topic and aspect, the topics with most complaints first."""
    cells: dict[str, Counter[str]] = defaultdict(Counter)
    totals: dict[str, Counter[str]] = defaultdict(Counter)
    bad = Count("pk", filter=Q(feeling__lte=BAD))
    rows = chosen().order_by().values("topic", "aspect").annotate(bad=bad, n=Count("pk"))
    for row in rows:
        cells[row["topic"]][row["aspect"]] = row["bad"]
        totals[row["topic"]][row["aspect"]] = row["n"]
    names = [name for name in NAMES if any(totals[topic][name] for topic in totals)]
    topics = sorted(totals, key=lambda topic: (-cells[topic].total(), topic))[:most]
    return {
        "columns": [{"key": name, "name": NAMES[name]} for name in names],
        "rows": [
            {
                "topic": topic,
                "cells": [
                    {"aspect": name, "bad": cells[topic][name], "n": totals[topic][name]}
                    for name in names
                ],
            }
            for topic in topics
        ],
    }


def new_topics(most: int = 12) -> list[aspects.Emerging]:
    """Terms of the last week that were not so common in the weeks before, no names of people."""
    now = timezone.now()
    said = Message.objects.filter(author=Message.Author.CUSTOMER, at__gte=since())
    reviews = Review.objects.filter(created_at__gte=since(), state=Review.State.APPROVED)
    texts = [*said.order_by("-pk").values_list("text", "at")[:MOST]]
    texts += [*reviews.order_by("-pk").values_list("body", "created_at")[:MOST]]
    lately = [text for text, at in texts if at >= now - LATELY]
    before = [text for text, at in texts if at < now - LATELY]
    return aspects.emerging(lately, before)[:most]


def failing_answers(most: int = 12) -> list[dict]:
    """Answers by how often they fail: a thumb down, or a customer who then wants a person,
    complains or is not understood, or rates the conversation with two stars or fewer."""
    rows = (
        Message.objects.filter(at__gte=since())
        .exclude(author=Message.Author.AGENT)
        .order_by("conversation_id", "seq")
        .values_list("conversation_id", "author", "understanding", "helpful")
    )
    low = set(Conversation.objects.filter(rating__lte=2).values_list("pk", flat=True))
    used, failed, down = Counter[str](), Counter[str](), Counter[str]()
    # Per conversation: what was answered last, and whether it has failed already.
    acts: list[str] = []
    talk, counted = None, False
    for conversation, author, understanding, helpful in rows.iterator(BATCH):
        if conversation != talk:
            talk, acts, counted = conversation, [], False
        if author == Message.Author.CUSTOMER:
            wanted = {name for name, _sure in understanding.get("intents", [])}
            now = understanding.get("acts", [])
            if acts and not counted and (wanted & GIVEN_UP or "unclear" in now):
                failed.update(acts)
            acts, counted = list(dict.fromkeys(now)), False
            used.update(acts)
            if conversation in low:
                failed.update(acts)
                counted = True
        elif helpful is False:
            down.update(acts)
            if not counted:
                failed.update(acts)
                counted = True
    found: list[dict[str, Any]] = [
        {
            "name": name,
            "n": n,
            "failed": failed[name],
            "down": down[name],
            "share": failed[name] / n,
        }
        for name, n in used.items()
        if n >= LEAST_ANSWERS and failed[name]
    ]
    return sorted(found, key=lambda row: (-row["share"], -row["n"], row["name"]))[:most]
