"""The shared model layer: what search finds, what the encoders cost.

``python -m benchmarks.foundation [search] [relations] [encoders] [compression] [pictures]
[profile] [adaptation] [distributed] [contrastive] [--json] [--quick] [--half dev|needs|late]
[--data FOLDER]``

``encoders``: the default, multilingual-e5-small and its 8 bits beside each other: hits, time per
query, memory, size (benchmarks/encoders.py); needs requirements-models.txt.
``compression``: int8 against float32 (benchmarks/compression.py); needs requirements-models.txt.
``adaptation``: an adapter learned from the shop's own words against the encoder as it is, and
``contrastive``: the same labels by LoRA on a transformer; needs requirements-models.txt, and
``distributed``: the same training in two processes against one (benchmarks/adaptation.py).
``pictures``: image encoders on the product drawings (benchmarks/pictures.py).
``profile``: one vector of text, behaviour, price and picture (benchmarks/profile.py); needs a demo.
``relations``: complements and substitutes against counts (benchmarks/relations.py).
``search``: hit@1, hit@3 and time per query on the bilingual retrieval set (benchmarks/retrieval.py)
for title words only, encoder only and what the shop serves. ``--data`` names the folder of a
loaded demo; without it the catalogue is imported into a database that is removed afterwards.
"""

import argparse
import json
import re
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

import numpy as np

from benchmarks.adaptation import adaptation, contrastive, distributed
from benchmarks.compression import compression
from benchmarks.encoders import encoders
from benchmarks.pictures import pictures
from benchmarks.profile import profile
from benchmarks.provenance import commit
from benchmarks.relations import relations
from benchmarks.retrieval import (
    LATE_QUERIES,
    NEED_QUERIES,
    Item,
    Query,
    demo_database,
    first_hit,
    hit_at,
    load_queries,
    read_items,
)

Ranker = Callable[[Query], Sequence[int]]
PARTS = (
    *("search", "relations", "encoders", "compression", "pictures"),
    *("profile", "adaptation", "distributed", "contrastive"),
)
LENGTH = 10


def search_part(options: argparse.Namespace) -> Iterator[dict]:
    apart = {"late": LATE_QUERIES, "needs": NEED_QUERIES}
    queries = (
        load_queries(apart[options.half])
        if options.half in apart
        else [query for query in load_queries() if query.half == options.half]
    )
    items = read_items()
    for name, prepare in RANKERS.items():
        ranker = prepare(items)
        ranker(queries[0])
        started = time.perf_counter()
        places = [first_hit(query, ranker(query)[:LENGTH], items) for query in queries]
        seconds = time.perf_counter() - started
        yield from _quality(name, queries, places, seconds)
        if options.misses:
            for query, place in zip(queries, places, strict=True):
                if name == "mercato" and (place is None or place > 2):
                    _say_miss(query, ranker(query)[:5], items)
    yield _shoes(RANKERS["mercato"](items), items)


def _quality(
    name: str, queries: Sequence[Query], places: Sequence[int | None], seconds: float
) -> Iterator[dict]:
    for language in ("zh", "en", "all"):
        chosen = [
            place
            for query, place in zip(queries, places, strict=True)
            if language in ("all", query.language)
        ]
        for k in (1, 3):
            yield {
                "method": name,
                "dataset": language,
                "metric": f"hit@{k}",
                "value": round(hit_at(k, chosen), 4),
                "n": len(chosen),
                "seconds": round(seconds, 2),
            }
    yield {
        "method": name,
        "dataset": "all",
        "metric": "ms_per_query",
        "value": round(1000 * seconds / len(queries), 2),
        "n": len(queries),
        "seconds": round(seconds, 2),
    }


def _shoes(ranker: Ranker, items: dict[int, Item]) -> dict:
    """The plainest example: only shoes among the first ten, no laces or insoles."""
    found = ranker(Query("zh", "sentence", "我想买一些运动鞋", ("d:sports-shoes",)))[:10]
    shoes = sum(
        "d:sports-shoes" in items[pk].keys
        and "c:shoe-accessories" not in items[pk].keys
        and re.search("[鞋靴](?!套|垫|带)", items[pk].names[1]) is not None
        for pk in found
    )
    return {
        "method": "mercato",
        "dataset": "我想买一些运动鞋",
        "metric": "shoes_in_first_10",
        "value": shoes,
        "n": len(found),
        "seconds": 0.0,
    }


def _say_miss(query: Query, found: Sequence[int], items: dict[int, Item]) -> None:
    names = "; ".join(items[pk].names[query.language == "zh"] for pk in found)
    print(f"missed {query.kind} {query.text!r}: {names}", file=sys.stderr)


def title_words(items: dict[int, Item]) -> Ranker:
    """Titles alone: the idf of the query's words that a title holds, in the order of ids."""
    from recommend.learning.tokens import tokens

    ids = np.array(sorted(items))
    words = [set(tokens(" ".join(items[pk].names))) for pk in ids]
    rows: dict[str, list[int]] = {}
    for row, own in enumerate(words):
        for word in own:
            rows.setdefault(word, []).append(row)

    def rank(query: Query) -> list[int]:
        scores = np.zeros(len(ids))
        for word in set(tokens(query.text)):
            if word in rows:
                scores[rows[word]] += np.log(len(ids) / len(rows[word]))
        order = np.argsort(-scores, kind="stable")
        return [int(ids[row]) for row in order[:LENGTH] if scores[row] > 0]

    return rank


def encoder_only(items: dict[int, Item]) -> Ranker:
    """Cosine of the query's vector to the better of a product's two titles."""
    from foundation.encoders import get_encoder

    encoder = get_encoder()
    ids = sorted(items)
    vectors = [encoder.encode([items[pk].names[side] for pk in ids]) for side in (0, 1)]

    def rank(query: Query) -> list[int]:
        vector = encoder.encode([query.text])[0]
        scores = np.maximum(vectors[0] @ vector, vectors[1] @ vector)
        return [ids[row] for row in np.argsort(-scores, kind="stable")[:LENGTH]]

    return rank


def served(items: dict[int, Item]) -> Ranker:
    """The shop's own search, with whatever SEARCH_PROVIDER names."""
    from shop.selectors.search import search

    def rank(query: Query) -> list[int]:
        language = "zh-hans" if query.language == "zh" else "en"
        found = search(query.text, customer=None, language=language)
        return [pk for pk in found.ids if pk in items]

    return rank


RANKERS: dict[str, Callable[[dict[int, Item]], Ranker]] = {
    "title_words": title_words,
    "encoder_only": encoder_only,
    "mercato": served,
}


def compression_part(options: argparse.Namespace) -> Iterator[dict]:
    yield from compression(read_items(), load_queries() + load_queries(LATE_QUERIES))


def encoders_part(options: argparse.Namespace) -> Iterator[dict]:
    yield from encoders(read_items(), load_queries())


def relations_part(options: argparse.Namespace) -> Iterator[dict]:
    window = "validation" if options.half == "dev" else "test"
    yield from relations(window, 600 if options.quick else None)


def profile_part(options: argparse.Namespace) -> Iterator[dict]:
    yield from profile("validation" if options.half == "dev" else "test")


def adaptation_part(options: argparse.Namespace) -> Iterator[dict]:
    queries = [query for query in load_queries() if query.half == "test"]
    yield from adaptation(read_items(), queries)


def contrastive_part(options: argparse.Namespace) -> Iterator[dict]:
    queries = [query for query in load_queries() if query.half == "test"]
    yield from contrastive(read_items(), queries)


RUN: dict[str, Callable[[argparse.Namespace], Iterator[dict]]] = {
    "search": search_part,
    "relations": relations_part,
    "encoders": encoders_part,
    "compression": compression_part,
    "pictures": lambda options: pictures(),
    "profile": profile_part,
    "adaptation": adaptation_part,
    "distributed": lambda options: distributed(),
    "contrastive": contrastive_part,
}


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n")[0])
    parser.add_argument("parts", nargs="*", choices=[*PARTS, []], default=[])
    parser.add_argument("--json", action="store_true")
    parser.add_argument("--quick", action="store_true", help="the small catalogue")
    parser.add_argument("--half", choices=["test", "dev", "late", "needs"], default="test")
    parser.add_argument("--misses", action="store_true", help="name what was missed (dev, needs)")
    parser.add_argument("--data", type=Path, help="folder of a loaded demo (MERCATO_VAR)")
    options = parser.parse_args()
    options.misses = options.misses and options.half in ("dev", "needs")
    folder = str(options.data) if options.data else None
    size = "small" if options.quick else "full"
    with demo_database(folder, size, lambda text: print(text, file=sys.stderr)):
        for part in options.parts or PARTS:
            started = time.perf_counter()
            for row in RUN[part](options):
                row = {"benchmark": f"foundation.{part}", **row, "commit": commit()}
                if options.json:
                    print(json.dumps(row, ensure_ascii=False), flush=True)
                else:
                    name = f"{row['method']:14s} {row['dataset']:18s} {row['metric']:18s}"
                    print(f"{row['benchmark']:20s} {name} {row['value']:>10} n={row['n']}")
            print(f"{part}: {time.perf_counter() - started:.0f} s", file=sys.stderr, flush=True)


if __name__ == "__main__":
    main()
