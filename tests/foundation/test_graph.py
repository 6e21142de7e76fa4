"""The knowledge graph: typed edges, replaced whole, read strongest first, drawn."""

import pytest
from django.conf import settings
from django.urls import reverse

from foundation import graph
from foundation.graph import Relation, Thing
from foundation.models import Edge, Node

pytestmark = pytest.mark.django_db
THINGS = [
    Thing("product", "1", "Spaghetti", "意面"),
    Thing("product", "2", "Pasta sauce", "意面酱"),
    Thing("product", "3", "Penne", "通心粉"),
    Thing("type", "PASTA", "Pasta", "面"),
]
PASTA, SAUCE, PENNE, TYPE = (thing.identity for thing in THINGS)
EDGES = [
    Relation("goes_with", PASTA, SAUCE, 0.4),
    Relation("instead_of", PASTA, PENNE, 0.7),
    Relation("is_a", PASTA, TYPE, 1.0),
]


def test_neighbours_come_strongest_first_by_relation() -> None:
    graph.replace(THINGS, EDGES, ["goes_with", "instead_of", "is_a"])
    found = graph.neighbours("product", "1")
    assert [item.key for item in found] == ["PASTA", "3", "2"]
    assert [item.name for item in graph.neighbours("product", "1", ["goes_with"])] == [
        "Pasta sauce"
    ]
    assert graph.neighbours("product", "nothing") == []


def test_a_build_replaces_its_kinds_and_no_other() -> None:
    graph.replace(THINGS, EDGES, ["goes_with", "instead_of", "is_a"])
    graph.replace(THINGS, [Relation("goes_with", PENNE, SAUCE, 0.2)], ["goes_with"])
    assert Node.objects.count() == 4
    assert sorted(Edge.objects.values_list("kind", flat=True)) == [
        "goes_with",
        "instead_of",
        "is_a",
    ]
    assert Edge.objects.get(kind="goes_with").source.key == "3"


def test_the_page_draws_it(admin_client) -> None:
    graph.replace(THINGS, EDGES, ["goes_with", "instead_of", "is_a"])
    node = Node.objects.get(kind="product", key="1")
    page = admin_client.get(reverse("admin:foundation_graph", args=[node.pk])).content.decode()
    assert "<svg" in page
    assert "Pasta sauce" in page
    assert "goes with" in page
    admin_client.cookies[settings.LANGUAGE_COOKIE_NAME] = "zh-hans"
    listed = admin_client.get(reverse("admin:foundation_node_changelist")).content.decode()
    assert "意面酱" in listed
    assert "商品" in listed
    del admin_client.cookies[settings.LANGUAGE_COOKIE_NAME]
    alone = Node.objects.get(kind="type", key="PASTA")
    assert admin_client.get(reverse("admin:foundation_graph", args=[alone.pk])).status_code == 200


def test_each_relation_has_its_share_of_the_drawing() -> None:
    others = [Thing("product", str(100 + number), f"Other {number}") for number in range(60)]
    heavy = [Relation("goes_with", SAUCE, other.identity, 0.9) for other in others]
    light = [Relation("is_a", SAUCE, others[0].identity, 0.01)]
    graph.replace([*THINGS, *others], [*heavy, *light], ["goes_with", "is_a"])
    drawing = graph.draw(Node.objects.get(kind="product", key=SAUCE[1]))
    assert [kind for kind, _colour in drawing["legend"]] == ["goes with", "is of the type"]
    assert len(drawing["around"]) == graph.DRAWN_EACH + 1
