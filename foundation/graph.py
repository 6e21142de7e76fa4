"""The knowledge graph: things and typed, weighted relations between them.

Things are known by kind and key, so that this layer needs no table of the shop. A build replaces
all edges of the kinds it brings in one transaction; readers see the old graph or the new one.
"""

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from django.db import transaction
from django.urls import reverse
from django.utils.translation import get_language, gettext
from django.utils.translation import gettext_noop as noop

from foundation.models import Edge, Node

BATCH = 2000
SIZE = 640
RINGS = (150.0, 250.0)
DRAWN = 28
DRAWN_EACH = 10
"""Weights of two relations cannot be compared, so each gets its own share of the drawing."""
RELATIONS = {
    "goes_with": noop("goes with"),
    "instead_of": noop("stands in for it"),
    "is_a": noop("is of the type"),
    "has": noop("has"),
    "of_brand": noop("is of the brand"),
    "in_category": noop("is in the category"),
    "in_department": noop("is in the department"),
    "in_campaign": noop("is in the campaign"),
}
"""Relations in words, in the order they are drawn in; others go by their key."""
KINDS = {
    "product": noop("product"),
    "type": noop("type"),
    "category": noop("category"),
    "department": noop("department"),
    "brand": noop("brand"),
    "attribute": noop("attribute"),
    "campaign": noop("campaign"),
}
"""Kinds of things in words; others go by their key."""
COLOURS = ("#15803d", "#b45309", "#1d4ed8", "#7e22ce", "#be123c", "#0e7490", "#4d7c0f", "#6b7280")


@dataclass(frozen=True)
class Thing:
    """A node to be: ``kind`` and ``key`` say which, the names are to show."""

    kind: str
    key: str
    name_en: str = ""
    name_zh: str = ""

    @property
    def identity(self) -> tuple[str, str]:
        return self.kind, self.key


@dataclass(frozen=True)
class Relation:
    """``source`` and ``target`` are (kind, key); a heavier relation is a stronger one."""

    kind: str
    source: tuple[str, str]
    target: tuple[str, str]
    weight: float


@dataclass(frozen=True)
class Neighbour:
    kind: str
    key: str
    name: str
    relation: str
    weight: float


def replace(things: Iterable[Thing], relations: Iterable[Relation], kinds: Iterable[str]) -> int:
    """Write a build's nodes and, in place of all edges of ``kinds``, its edges; count the edges."""
    wanted = {thing.identity: thing for thing in things}
    with transaction.atomic():
        rows = [
            Node(kind=t.kind, key=t.key, name_en=t.name_en[:160], name_zh=t.name_zh[:160])
            for t in wanted.values()
        ]
        Node.objects.bulk_create(
            rows,
            batch_size=BATCH,
            update_conflicts=True,
            update_fields=["name_en", "name_zh"],
            unique_fields=["kind", "key"],
        )
        ids = {(kind, key): pk for pk, kind, key in Node.objects.values_list("pk", "kind", "key")}
        Edge.objects.filter(kind__in=list(kinds)).delete()
        edges = [
            Edge(
                kind=relation.kind,
                source_id=ids[relation.source],
                target_id=ids[relation.target],
                weight=relation.weight,
            )
            for relation in relations
        ]
        Edge.objects.bulk_create(edges, batch_size=BATCH)
    return len(edges)


def neighbours(
    kind: str, key: str, relations: Sequence[str] = (), limit: int = 20
) -> list[Neighbour]:
    """Return what a thing is related to, the strongest first, in one query."""
    edges = Edge.objects.filter(source__kind=kind, source__key=key)
    if relations:
        edges = edges.filter(kind__in=relations)
    rows = edges.select_related("target").order_by("-weight", "pk")[:limit]
    return [
        Neighbour(
            edge.target.kind, edge.target.key, name_of(edge.target), edge.kind, float(edge.weight)
        )
        for edge in rows
    ]


def draw(node: Node) -> dict:
    """Return places for an SVG: the node in the middle, its strongest relations around it."""
    middle = SIZE / 2
    edges = _drawn(node)
    colours = dict(zip(RELATIONS, COLOURS, strict=True))
    around = []
    for number, edge in enumerate(edges):
        angle = 2 * math.pi * number / len(edges) - math.pi / 2
        ring = RINGS[number % 2]
        around.append(
            {
                "x": round(middle + ring * math.cos(angle), 1),
                "y": round(middle + ring * math.sin(angle), 1),
                "name": name_of(edge.target),
                "kind": gettext(RELATIONS.get(edge.kind, edge.kind)),
                "colour": colours.get(edge.kind, COLOURS[-1]),
                "weight": edge.weight,
                "url": reverse("admin:foundation_graph", args=[edge.target_id]),
            }
        )
    legend = list(dict.fromkeys((item["kind"], item["colour"]) for item in around))
    return {
        "size": SIZE,
        "middle": middle,
        "name": name_of(node),
        "around": around,
        "legend": legend,
    }


def _drawn(node: Node) -> list[Edge]:
    """The strongest edges of each relation, relation by relation."""
    found: list[Edge] = []
    of = Edge.objects.filter(source=node).select_related("target")
    there = set(of.order_by().values_list("kind", flat=True))
    for kind in (*(k for k in RELATIONS if k in there), *sorted(there - set(RELATIONS))):
        found += of.filter(kind=kind).order_by("-weight", "pk")[:DRAWN_EACH]
    return found[:DRAWN]


def kind_of(node: Node) -> str:
    return gettext(KINDS.get(node.kind, node.kind))


def name_of(node: Node) -> str:
    """A thing's name in the reader's language."""
    chinese = (get_language() or "").startswith("zh")
    return (node.name_zh if chinese else node.name_en) or str(node)
