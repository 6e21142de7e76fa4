"""The knowledge graph: things and typed, weighted relations between them.

Things are known by kind and key, so that this layer needs no table of the shop. A build replaces
all edges of the kinds it brings in one transaction; readers see the old graph or the new one.
"""

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from django.db import transaction
from django.urls import reverse
from django.utils.translation import get_language

from foundation.models import Edge, Node

BATCH = 2000
SIZE = 640
RINGS = (150.0, 250.0)
DRAWN = 28


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
            edge.target.kind, edge.target.key, _name(edge.target), edge.kind, float(edge.weight)
        )
        for edge in rows
    ]


def draw(node: Node) -> dict:
    """Return places for an SVG: the node in the middle, its strongest relations around it."""
    edges = list(
        Edge.objects.filter(source=node).select_related("target").order_by("-weight")[:DRAWN]
    )
    edges.sort(key=lambda edge: (edge.kind, -edge.weight))
    middle = SIZE / 2
    around = []
    for number, edge in enumerate(edges):
        angle = 2 * math.pi * number / len(edges) - math.pi / 2
        ring = RINGS[number % 2]
        around.append(
            {
                "x": round(middle + ring * math.cos(angle), 1),
                "y": round(middle + ring * math.sin(angle), 1),
                "name": _name(edge.target),
                "kind": edge.kind,
                "weight": edge.weight,
                "url": reverse("admin:foundation_graph", args=[edge.target_id]),
            }
        )
    return {"size": SIZE, "middle": middle, "name": _name(node), "around": around}


def _name(node: Node) -> str:
    chinese = (get_language() or "").startswith("zh")
    return (node.name_zh if chinese else node.name_en) or str(node)
