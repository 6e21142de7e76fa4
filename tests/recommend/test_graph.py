"""What goes with a product and what can stand in for it, from the shop's own orders."""

import numpy as np
import pytest

from foundation.models import Edge, Node
from recommend import graph
from recommend.learning.relations import complements, counted_together, incidence, substitutes
from shop.models import Product
from support.dialogue import products
from support.dialogue.turn import Turn
from support.learning.mood import Mood
from support.learning.slots import Slots
from support.models import Conversation
from tests.inventory.factories import stocked
from tests.shop.factories import ProductFactory, VariantFactory

TYPES = np.array([0, 0, 1, 1, 2], np.int32)


def test_what_goes_together_is_of_another_type() -> None:
    baskets = incidence(
        np.array([0, 0, 0, 1, 1, 1, 2, 2]), np.array([0, 1, 2, 0, 1, 2, 3, 4]), 3, 5
    )
    assert complements(baskets, TYPES, 2, prior=1.0).items[0, 0] == 2
    assert counted_together(baskets, 2).items[0, 0] == 1
    # Product 1 has few baskets of its own and takes what its type goes with.
    assert complements(baskets, TYPES, 5, prior=1.0).items[1, 0] == 2


def test_a_substitute_is_bought_by_the_same_people_at_other_times() -> None:
    households = incidence(np.array([0, 0, 1, 1, 2, 2]), np.array([0, 1, 0, 1, 2, 4]), 3, 5)
    named = substitutes(households, TYPES, 3, prior=1.0)
    assert named.items[0, 0] == 1
    assert 4 not in named.items[2]


@pytest.mark.django_db
def test_the_shop_becomes_a_graph(world) -> None:
    graph.build()
    sauce, spaghetti = world.products["sauce"].pk, world.products["spaghetti"].pk
    beside = dict(graph.related_to([spaghetti])[0])
    assert sauce in beside
    assert world.products["penne"].pk not in beside
    assert graph.links([spaghetti], [sauce])[sauce].relation == graph.GOES_WITH
    before = Edge.objects.count(), Node.objects.count()
    graph.build()
    assert (Edge.objects.count(), Node.objects.count()) == before
    assert Edge.objects.filter(kind="in_category", source__key=str(spaghetti)).count() == 1


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("text", "language", "act"),
    [
        ("is there a skimmed one?", "en", "other_kind"),
        ("Do you have a lactose-free version", "en", "no_other_kind"),
        ("有没有脱脂的？", "zh", "other_kind"),
        ("有没有无乳糖的", "zh", "no_other_kind"),
        ("is there a parking lot?", "en", None),
    ],
)
def test_the_assistant_looks_beside_the_product_talked_about(world, text, language, act) -> None:
    graph.build()
    memory = {"product": world.products["milk"].pk}
    turn = Turn(Conversation(), text, language, Slots(), Mood(0.0, 0.0), memory)
    assert products._other_kind(turn) is (act is not None)
    assert turn.acts == ([act] if act else [])
    if act == "other_kind":
        assert memory["product"] == world.products["skimmed"].pk


def _sold(**values) -> Product:
    product = ProductFactory(**values)
    stocked(20, variant=VariantFactory(product=product))
    return product


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("text", "language"),
    [("is there a lactose-free one?", "en"), ("有没有不含乳糖的？", "zh")],
)
def test_what_a_type_implies_is_found_though_no_title_says_so(world, text, language) -> None:
    soy = _sold(
        category__department=world.products["milk"].category.department,
        title_en="Soy & rice milk",
        title_zh="豆奶与米奶",
        product_type="SOY/RICE MILK",
    )
    # As lactose-free as the first, but no milk.
    _sold(
        category__department=world.products["milk"].category.department,
        title_en="Chocolate dessert",
        title_zh="巧克力甜品",
        product_type="SOY/RICE MILK DESSERT",
    )
    graph.build()
    turn = Turn(
        Conversation(),
        text,
        language,
        Slots(),
        Mood(0.0, 0.0),
        {"product": world.products["milk"].pk},
    )
    assert products._other_kind(turn)
    assert turn.acts == ["other_kind"]
    assert turn.memory["product"] == soy.pk
    assert len(turn.cards) == 1
    assert not graph.kin_with(world.products["spaghetti"].pk, "lactose free", 5)


@pytest.mark.django_db
def test_attributes_that_several_products_share_are_things_of_the_graph(world) -> None:
    row = {
        "key": "sole",
        "name": {"en": "Sole", "zh": "鞋底"},
        "value": {"en": "Gum", "zh": "橡胶"},
    }
    alone = {**row, "value": {"en": "Cork", "zh": "软木"}}
    shared = [world.products[key] for key in ("milk", "cereal")]
    for product in shared:
        product.attributes = [row]
    shared[0].attributes.append(alone)
    Product.objects.bulk_update(shared, ["attributes"])
    graph.build()
    node = Node.objects.get(kind="attribute")
    assert (node.key, node.name_zh) == ("sole: Gum", "鞋底: 橡胶")
    edges = Edge.objects.filter(kind="has", target=node).values_list("source__key", flat=True)
    assert set(edges) == {str(product.pk) for product in shared}
