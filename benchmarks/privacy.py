"""Membership inference against the served models: can an attacker tell who was learned from?

    python -m benchmarks.privacy --json > benchmarks/results/privacy.jsonl
    python -m benchmarks.privacy --table benchmarks/results/privacy.jsonl   # writes docs/privacy.md

One half of the people (or texts, or orders) is learned from, drawn by a seed; the attacker sees the
model and asks of each whether it was. Two attacks:

- ``loss``: the better the model does on somebody, the more likely they were in (Yeom et al. 2018,
  "Privacy Risk in Machine Learning", CSF). Needs no data of one's own.
- ``shadows``: LiRA (Carlini et al. 2022, "Membership Inference Attacks From First Principles",
  S&P), online, with a few shadow models and one variance for all.

``advantage`` is the largest TPR - FPR over all thresholds, ``tpr_at_1_fpr`` the share of members
found when one stranger in a hundred is taken for one. Chance: 0 (in expectation a little above, as
the threshold is the best of all) and 0.01.
"""

import argparse
import json
import timeit
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import numpy.typing as npt
from scipy import sparse
from sklearn.metrics import roc_curve

from benchmarks.complete_journey import _lines
from benchmarks.risk_shop import replay
from benchmarks.rows import row, show
from recommend.learning.ease import EASE
from risk.learning.scorer import OrderScorer

ROOT = Path(__file__).resolve().parent.parent
PAGE = ROOT / "docs" / "privacy.md"
MARKS = "<!-- attack figures: begin -->", "<!-- attack figures: end -->"
COST_MARKS = "<!-- cost figures: begin -->", "<!-- cost figures: end -->"
Losses = npt.NDArray[np.float64]
Rows = npt.NDArray[np.intp]
Model = Callable[[Rows, int], Losses]
"""(rows to learn from, seed) -> loss of every row."""


def advantage(scores: Losses, member: npt.NDArray[np.bool_]) -> tuple[float, float]:
    """Return (largest TPR - FPR, TPR at 1 % FPR); a higher score says "member"."""
    false, true, _ = roc_curve(member, scores)
    return float((true - false).max()), float(np.interp(0.01, false, true))


def lira(target: Losses, shadows: Losses, inside: npt.NDArray[np.bool_]) -> Losses:
    """Return log likelihood ratios; ``shadows`` and ``inside`` have shape (n_shadows, n)."""
    known = np.where(inside, shadows, np.nan), np.where(inside, np.nan, shadows)
    means = [np.nanmean(values, 0) for values in known]
    spreads = [
        np.sqrt(np.nanmean((values - mean) ** 2)) + 1e-12
        for values, mean in zip(known, means, strict=True)
    ]
    near, far = (
        -((target - mean) ** 2) / (2 * spread**2) - np.log(spread)
        for mean, spread in zip(means, spreads, strict=True)
    )
    return near - far


def balanced(size: int, count: int, rng: np.random.Generator) -> npt.NDArray[np.bool_]:
    """Return halves in pairs of complements, so that every row is in and out as often."""
    inside = np.zeros((count, size), bool)
    for number in range(0, count, 2):
        order = rng.permutation(size)
        inside[number, order[: size // 2]] = True
        inside[number + 1] = ~inside[number]
    return inside


def attacked(name: str, model: Model, size: int, shadows: int, seed: int) -> Iterator[dict]:
    rng = np.random.default_rng(seed)
    member = balanced(size, 2, rng)[0]
    losses = model(np.flatnonzero(member), seed)
    drawn = balanced(size, shadows, rng)
    known = np.stack([model(np.flatnonzero(one), seed + 1) for one in drawn])
    attacks = {"loss": -losses, "shadows": lira(losses, known, drawn)}
    for attack, scores in attacks.items():
        gap, found = advantage(scores, member)
        for metric, value in (("advantage", gap), ("tpr_at_1_fpr", found)):
            more = {"n": size, "shadows": shadows if attack == "shadows" else 0, "seed": seed}
            yield row(f"privacy.{name}", attack, metric, value, **more)


def ease(quick: bool) -> tuple[Model, int]:
    """Households against the item weights of EASE^R: how well it rebuilds what they bought."""
    lines = _lines()
    sold = lines["product_id"].value_counts()
    lines = lines[lines["product_id"].isin(sold.index[: 500 if quick else 2500])]
    people, users = np.unique(lines["household_id"], return_inverse=True)
    _products, items = np.unique(lines["product_id"], return_inverse=True)
    counts = sparse.coo_array((np.ones(len(lines), np.float32), (users, items))).tocsr()
    counts.data = np.log1p(counts.data)
    own = counts.toarray()

    def model(rows: Rows, seed: int) -> Losses:
        scores = EASE().fit_matrix(counts[rows]).predict(counts)
        return ((scores - own) ** 2).mean(1).astype(np.float64)

    return model, len(people)


def booster(quick: bool) -> tuple[Model, int]:
    """Orders against the trees of risk: how sure they are of the right answer.

    Half of the rows are frauds, as an attacker would ask for those.
    """
    data = replay(seed=0, households=100 if quick else 400)
    rng = np.random.default_rng(0)
    bad = np.flatnonzero(data.fraud == 1)
    good = rng.choice(np.flatnonzero(data.fraud == 0), min(10 * len(bad), 4000), replace=False)
    rows = np.sort(np.r_[bad, good])
    x, y = data.features[rows], data.fraud[rows].astype(int)

    def model(chosen: Rows, seed: int) -> Losses:
        scorer = OrderScorer(rounds=60 if quick else 160, random_state=seed)
        scorer.fit(x[chosen], y[chosen])
        chance = np.clip(scorer.known_probability(x), 1e-6, 1 - 1e-6)
        return -np.where(y == 1, np.log(chance), np.log1p(-chance))

    return model, len(y)


def intents(quick: bool) -> tuple[Model, int]:
    """Utterances against the intent model: how sure it is of the right intent."""
    from foundation.encoders import get_encoder
    from support import knowledge_files
    from support.learning.intents import IntentModel

    texts, labels = knowledge_files.utterances()
    kept = np.random.default_rng(0).permutation(len(texts))[: 600 if quick else 3000]
    texts, labels = [texts[place] for place in kept], [labels[place] for place in kept]
    vectors = dict(zip(texts, get_encoder().encode(texts), strict=True))

    def encode(asked):
        missing = [text for text in dict.fromkeys(asked) if text not in vectors]
        if missing:
            vectors.update(zip(missing, get_encoder().encode(missing), strict=True))
        return np.stack([vectors[text] for text in asked])

    def model(rows: Rows, seed: int) -> Losses:
        fitted = IntentModel(encode).fit([texts[i] for i in rows], [labels[i] for i in rows])
        chances = fitted.predict_proba(texts)
        place = {name: column for column, name in enumerate(fitted.intents)}
        right = [
            chances[line, place[label]] if label in place else 0.0
            for line, label in enumerate(labels)
        ]
        return -np.log(np.clip(np.array(right, np.float64), 1e-9, 1))

    return model, len(texts)


def encryption() -> Iterator[dict]:
    """Microseconds a value of address length costs, the best of repeated runs."""
    from foundation.encryption import blind_index, seal, unseal

    text = "Ada Lovelace, 12 St James's Square, London SW1Y 4JH, United Kingdom"
    sealed, times = seal(text), 2000
    parts = {
        "seal": lambda: seal(text),
        "unseal": lambda: unseal(sealed),
        "blind index": lambda: blind_index("benchmark", text),
    }
    for name, part in parts.items():
        best = min(timeit.repeat(part, number=times, repeat=7)) / times
        yield row("privacy.encryption", name, "microseconds", 1e6 * best, n=times)
    yield row("privacy.encryption", "seal", "bytes", len(sealed), n=len(text.encode()))


TARGETS = {"ease": ease, "booster": booster, "intents": intents}
SHADOWS = {"ease": 8, "booster": 8, "intents": 4}


def rows(names: list[str], *, quick: bool, seed: int) -> Iterator[dict]:
    for name in names:
        if name == "encryption":
            yield from encryption()
            continue
        model, size = TARGETS[name](quick)
        yield from attacked(name, model, size, 2 if quick else SHADOWS[name], seed)


def table(lines: list[dict]) -> str:
    """The figures of the attacks as docs/privacy.md holds them."""
    lines = [line for line in lines if line["benchmark"] != "privacy.encryption"]
    found = {(r["benchmark"], r["method"], r["metric"]): r for r in lines}
    text = ["| model | attack | n | advantage | TPR at 1 % FPR |", "|---|---|---|---|---|"]
    for benchmark, attack in dict.fromkeys((r["benchmark"], r["method"]) for r in lines):
        gap, hit = (found[benchmark, attack, name] for name in ("advantage", "tpr_at_1_fpr"))
        text.append(
            f"| {benchmark.removeprefix('privacy.')} | {attack} | {gap['n']} | "
            f"{gap['value']:.3f} | {hit['value']:.3f} |"
        )
    return "\n".join(text)


def costs(lines: list[dict]) -> str:
    """What encryption costs, as docs/privacy.md holds it."""
    text = ["| a value | metric | figure |", "|---|---|---|"]
    for line in lines:
        if line["benchmark"] == "privacy.encryption":
            text.append(f"| {line['method']} | {line['metric']} | {line['value']:.0f} |")
    return "\n".join(text)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.split("\n", 1)[0])
    parser.add_argument("part", nargs="?", default="all", choices=[*TARGETS, "encryption", "all"])
    parser.add_argument("--json", action="store_true", help="one JSON object a line")
    parser.add_argument("--quick", action="store_true", help="samples, under a minute")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--table", type=Path, help="write the figures of a file into the page")
    options = parser.parse_args()
    if options.table:
        lines = [json.loads(line) for line in options.table.read_text().splitlines()]
        page = PAGE.read_text()
        for (begin, end), figures in ((MARKS, table(lines)), (COST_MARKS, costs(lines))):
            before, rest = page.split(begin)
            page = f"{before}{begin}\n{figures}\n{end}{rest.split(end)[1]}"
        PAGE.write_text(page)
        return
    if options.part in ("intents", "encryption", "all"):
        import os

        import django

        os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
        django.setup()
    names = [*TARGETS, "encryption"] if options.part == "all" else [options.part]
    show(rows(names, quick=options.quick, seed=options.seed), as_json=options.json)


if __name__ == "__main__":
    main()
