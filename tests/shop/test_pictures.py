"""Pictures of products: small, safe, legible, the same everywhere, kept for ever."""

import gzip
import xml.etree.ElementTree as ET

import pytest
from django.utils import translation

from shop.demo.vocabulary import load_vocabulary
from shop.pictures import Article, draw, fingerprint, look_of
from shop.pictures.colours import CREAM, LEGIBLE, contrast, ink_on, scheme
from shop.pictures.kinds import SHAPES, shape_name
from shop.selectors import pictures
from tests.shop.factories import ProductFactory, VariantFactory

ALLOWED = {
    *("svg", "defs", "linearGradient", "radialGradient", "stop", "clipPath", "g", "use"),
    *("path", "rect", "circle", "ellipse", "line", "polyline", "polygon", "text", "tspan"),
}
SOUP = Article(
    "soup-broth", "Condensed soup", "Condensed soup", "Maple <Hollow>", "Maple <Hollow>",
    "10.75 oz", "10.75 oz", "1F372",
)  # fmt: skip


def _articles() -> list[Article]:
    """One for every type of the vocabulary, by makers of different kinds."""
    words = load_vocabulary()
    rows = []
    for number, ((category, kind), name) in enumerate(sorted(words.types.items())):
        if category not in words.categories:
            continue
        shelf = words.categories[category]
        brand = ("Maple Hollow", "Store brand", "Bramwick", "枫叶谷")[number % 4]
        icon = words.type_icons.get((category, kind), "") or shelf.icon
        rows.append(
            Article(shelf.slug, name.en, name.zh, brand, brand, "16 oz", "16 盎司", icon, "Black")
        )
    return rows


@pytest.fixture(scope="module")
def drawn() -> list[tuple[Article, bytes]]:
    return [(article, draw(article)) for article in _articles()]


def test_every_type_has_a_small_picture_without_scripts_or_styles(drawn):
    assert len(drawn) > 700
    for article, svg in drawn:
        root = ET.fromstring(svg)
        names = {one.tag.rpartition("}")[2] for one in root.iter()}
        assert names <= ALLOWED, article
        attributes = {name for one in root.iter() for name in one.attrib}
        assert not [n for n in attributes if n == "style" or n.startswith("on")], article
        assert len(gzip.compress(svg)) < 4600, article


def test_no_category_is_without_a_shape_of_its_own():
    words = load_vocabulary()
    for category in words.categories.values():
        assert shape_name(category.slug, "") in SHAPES
        assert category.slug in {"toys"} or shape_name(category.slug, "") != "thing"


def test_lists_do_not_look_all_the_same(drawn):
    assert len({svg for _, svg in drawn}) > len(drawn) * 0.97
    assert len({look_of(article)[0] for article, _ in drawn}) > 40


@pytest.mark.parametrize("name", [f"Brand {number}" for number in range(400)])
def test_words_are_legible_in_every_brands_colours(name):
    for mood in ("", "premium", "natural"):
        colours = scheme(name, mood=mood)
        assert contrast(colours.ink, colours.main) >= LEGIBLE
        assert contrast(colours.deep, CREAM) >= LEGIBLE
        assert contrast(ink_on(colours.paper), colours.paper) >= LEGIBLE


def test_names_are_text_and_nothing_else():
    assert b"<Hollow>" not in draw(SOUP)
    assert b"Hollow" in draw(SOUP)


def test_the_hash_follows_what_is_drawn():
    assert fingerprint(SOUP) == fingerprint(Article(**vars(SOUP)))
    assert fingerprint(SOUP) != fingerprint(Article(**{**vars(SOUP), "size": "2 lb"}))


@pytest.mark.django_db
class TestAddresses:
    def test_a_picture_is_kept_for_ever_until_the_product_changes(self, client):
        product = ProductFactory()
        before = pictures.address(product)
        answer = client.get(before)
        assert answer["Content-Type"] == "image/svg+xml"
        assert "immutable" in answer["Cache-Control"]
        assert client.get(before, headers={"if-none-match": answer["ETag"]}).status_code == 304
        product.brand_en = "Another brand"
        product.save()
        assert pictures.address(product) != before
        # Pages that are still open keep working, but their address is no longer kept for long.
        assert "immutable" not in client.get(before)["Cache-Control"]

    def test_each_language_has_its_own(self):
        product = ProductFactory()
        with translation.override("zh-hans"):
            assert "/zh/" in pictures.address(product)
        assert "/en/" in pictures.address(product, language="en")

    def test_a_colour_is_drawn_in_that_colour(self, client):
        product = ProductFactory()
        red, blue = (
            VariantFactory(product=product, options={"colour": {"en": colour, "zh": colour}})
            for colour in ("Red", "Blue")
        )
        product.category.slug = "running-shoes"
        product.category.save()
        shown = {client.get(pictures.address(product, one)).content for one in (red, blue)}
        assert len(shown) == 2

    @pytest.mark.parametrize("path", ["/picture/en/999999-0-x.svg", "/picture/fr/1-0-x.svg"])
    def test_nothing_else_is_there(self, client, path):
        assert client.get(path).status_code == 404
