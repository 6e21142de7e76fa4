"""Phrases, spelling, needs: what stands between a query's letters and its products."""

import doctest
from pathlib import Path

import numpy as np
import pytest

from recommend.learning import aliases, segment, spelling
from recommend.learning.aliases import load_aliases
from recommend.learning.phrases import Group, PhraseTable, build_phrases, texts_of
from recommend.learning.segment import Segmenter
from recommend.learning.spelling import Speller
from recommend.learning.text import Document, TextIndex, build_index
from recommend.search_documents import search_documents
from tests.shop.factories import CategoryFactory, DepartmentFactory, ProductFactory

GROUPS = {
    "t:Butter": Group(("Butter", "黄油", "牛油")),
    "t:Avocado": Group(("Avocado", "牛油果")),
    "t:Coffee": Group(("Ground coffee", "咖啡"), ("something to stay awake",)),
    "c:hot": Group(("Tea & coffee", "茶与咖啡"), weight=0.9),
    "t:Shoes": Group(("Running shoes", "跑步鞋", "运动鞋")),
}
MEMBERS = [["t:Butter"], ["t:Avocado"], ["c:hot", "t:Coffee"], ["t:Shoes"]]


@pytest.fixture(scope="module")
def table() -> PhraseTable:
    texts = sorted({text for group in GROUPS.values() for text in texts_of(group)})
    vectors = np.eye(len(texts), dtype=np.float32)
    return build_phrases(GROUPS, MEMBERS, dict(zip(texts, vectors, strict=True)))


def named(table: PhraseTable, query: str) -> list[float]:
    units = Segmenter(table.chinese).units(query)
    return [round(float(score), 2) for score in table.scores(units, [1.0] * len(units))]


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ("牛油", [1, 0, 0, 0]),
        ("牛油果", [0, 1, 0, 0]),
        ("ground coffee", [0, 0, 1, 0]),
        ("coffee", [0, 0, 0.9, 0]),
        ("running shoes and butter", [1 / 3, 0, 0, 2 / 3]),
        ("nothing of the kind", [0, 0, 0, 0]),
        ("", [0, 0, 0, 0]),
    ],
)
def test_the_longest_phrase_names_its_group_and_no_other(table, query, expected) -> None:
    assert named(table, query) == pytest.approx(expected, abs=0.01)


def test_a_need_is_found_by_meaning(table: PhraseTable) -> None:
    texts = sorted({text for group in GROUPS.values() for text in texts_of(group)})
    query = np.zeros(len(texts), np.float32)
    query[texts.index("something to stay awake")] = 1.0
    assert np.argmax(table.needs(query)) == 2


@pytest.fixture(scope="module")
def speller() -> Speller:
    words = ["coffee", "running", "shoe", "headphone", "toothpaste", "ice", "cream", "chocolate"]
    phrases = ["运动鞋", "咖啡", "巧克力", "充电宝", "牛奶"]
    return Speller(words, phrases, [p[i : i + 2] for p in phrases for i in range(len(p) - 1)])


@pytest.mark.parametrize(
    ("typed", "meant"),
    [
        ("cofee", "coffee"),
        ("runing shoes", "running shoes"),
        ("head phones", "headphone"),
        ("tooth paste", "toothpaste"),
        ("icecream", "ice cream"),
        ("choclate", "chocolate"),
        ("咖非", "咖啡"),
        ("巧客力", "巧克力"),
        ("充电保", "充电宝"),
        ("niunai", "牛奶"),
        ("我要咖非和巧客力", "我要咖啡和巧克力"),
    ],
)
def test_what_was_meant_by_a_mistyped_query(speller: Speller, typed: str, meant: str) -> None:
    assert speller.correct(typed) == meant


@pytest.mark.parametrize("query", ["coffee", "运动鞋", "usb-c 65w", "", "   ", "的", "xyzzy", "🥾"])
def test_what_is_right_or_unknown_stays(speller: Speller, query: str) -> None:
    assert speller.correct(query) == query


def test_an_index_comes_back_from_its_file_the_same(tmp_path) -> None:
    documents = [
        Document(
            id=1, names=("Butter", "黄油"), fields=((1.0, "Butter 黄油"),), groups=("t:Butter",)
        ),
        Document(2, ("Avocado", "牛油果"), ((1.0, "Avocado 牛油果"),)),
    ]

    def encode(texts: list[str]) -> np.ndarray:
        return np.eye(len(texts), 40, dtype=np.float32)

    index = build_index(documents, encode, "tests", GROUPS)
    index.save(tmp_path / "index.npz")
    again = TextIndex.load(tmp_path / "index.npz")
    for query in ("牛油", "buter", "avocado"):
        readings = index.readings(query)
        assert again.readings(query) == readings
        found, before = again.search(readings, [], 5), index.search(readings, [], 5)
        assert [match.id for match in found] == [match.id for match in before]
        # Weights are kept in half precision.
        assert found[0].score == pytest.approx(before[0].score, abs=0.001)
    assert again.search(again.readings("buter"), [], 5)[0].id == 1


def test_things_for_children_come_first_only_when_children_are_spoken_of() -> None:
    documents = [
        Document(1, ("Light shoe, Kids' shoes", "轻便鞋，儿童运动鞋"), ((1.0, "shoe 鞋"),)),
        Document(2, ("Light shoe, Running shoes", "轻便鞋，跑步鞋"), ((1.0, "shoe 鞋"),)),
    ]
    index = build_index(documents, lambda texts: np.ones((len(texts), 4), np.float32) / 2)

    def first(query: str) -> int:
        return index.search([query], [np.ones(4, np.float32) / 2], 2)[0].id

    assert [first(query) for query in ("鞋", "shoe", "shoe for my son", "孩子的鞋")] == [2, 2, 1, 1]


def test_what_is_put_into_coffee_comes_after_coffee_unless_it_is_asked_for(tmp_path: Path) -> None:
    documents = [
        Document(1, ("Coffee creamer", "咖啡植脂末"), ((1.0, "coffee 咖啡"),), popularity=9.0),
        Document(2, ("Ground coffee", "研磨咖啡粉"), ((1.0, "coffee 咖啡"),)),
    ]
    built = build_index(documents, lambda texts: np.ones((len(texts), 4), np.float32) / 2)
    built.save(tmp_path / "index.npz")
    index = TextIndex.load(tmp_path / "index.npz")

    def first(query: str) -> int:
        return index.search([query], [np.ones(4, np.float32) / 2], 2)[0].id

    queries = ("咖啡", "coffee", "coffee creamer", "咖啡伴侣")
    assert [first(query) for query in queries] == [2, 2, 1, 1]


def test_every_alias_has_a_key_of_the_catalogue_and_says_something() -> None:
    from shop.demo.coldstart import load_coldstart
    from shop.demo.vocabulary import load_vocabulary

    vocabulary, cold = load_vocabulary(), load_coldstart()
    keys = {f"d:{row['slug']}" for row in vocabulary.departments}
    keys |= {f"c:{words.slug}" for words in vocabulary.categories.values()}
    keys |= {f"t:{words.en}" for words in vocabulary.types.values()}
    for department in cold:
        keys.add(f"d:{department.slug}")
        for category in department.categories:
            keys.add(f"c:{category.slug}")
            keys |= {f"p:{product.slug}" for product in category.products}
    assert sorted(set(load_aliases()) - keys) == []
    assert all(alias.names for alias in load_aliases().values())


@pytest.mark.parametrize("module", [aliases, segment, spelling])
def test_examples_in_the_documentation_run(module) -> None:
    result = doctest.testmod(module)
    assert result.attempted
    assert not result.failed


@pytest.mark.django_db
def test_an_insole_does_not_answer_to_the_name_of_the_shoes() -> None:
    shoes = DepartmentFactory(slug="sports-shoes", name_en="Sports shoes", name_zh="运动鞋")
    for slug in ("running-shoes", "shoe-accessories"):
        ProductFactory(category=CategoryFactory(slug=slug, department=shoes))
    documents, groups = search_documents()
    assert sorted("d:sports-shoes" in document.groups for document in documents) == [False, True]
    assert {key for document in documents for key in document.groups} <= groups.keys()
