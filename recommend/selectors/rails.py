"""Recommendations for pages, for an order just placed and for the weekly letter."""

import logging
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from functools import cached_property

import numpy as np
import numpy.typing as npt
from django.utils import timezone

from recommend import graph
from recommend.learning.experiments import team_draft
from recommend.learning.next_baskets import with_chances
from recommend.learning.purchases import PurchaseModel
from recommend.learning.sequence import SequenceModel
from recommend.learning.text import TextIndex
from recommend.selectors import shoppers
from recommend.selectors.reasons import Reason
from recommend.selectors.shelf import adult_customer, pick, servable
from recommend.selectors.why import Known
from recommend.serving import purchase_model, ranking_model, sequence_model, text_index
from shop.models import Customer, Order, OrderLine, Product, Variant
from shop.pricing import Offer
from shop.selectors import kept

log = logging.getLogger(__name__)

SURFACES = ("home", "product", "cart", "order", "digest")
CANDIDATES = 60
"""So many of each group are looked up; enough to fill a rail when half is out of stock."""
VIEW_STRENGTH = 0.7
"""A look counts as a purchase seen through log1p(1); the ones before it less."""
VIEW_FADE = 0.8
SEEDS = 4
COLD_NEIGHBOURS = 5
SUBSTITUTES = 6
"""So many that households really take instead come before what only reads alike."""
MAX_LIMIT = 50
EXPLORED_PLACE = 5
"""Where among the finds a product that nobody has bought yet is shown, counted from 0."""
EXPLORED_AMONG = 20
"""So many that come closest to the household's purchases take turns there, by the day."""

Ranked = list[tuple[int, float]]
Scores = npt.NDArray[np.float32]


@dataclass(frozen=True)
class Recommendation:
    """One product and why. Scores compare within one reason only."""

    product_id: int
    reason_code: str
    score: float
    explored: bool = False
    """Shown to learn what comes of it, as nobody has bought it yet."""


@dataclass
class Group:
    """Candidates of one reason, best first, and how mixed they should be."""

    reason: Reason
    ranked: Ranked
    per_category: int | None = None
    per_type: int | None = None


@dataclass(frozen=True)
class Next:
    """What the sequence model expects after a shopper's baskets and this visit, by kind."""

    model: SequenceModel
    log_chances: dict[str, Scores]

    def of(self, products: npt.NDArray[np.int64]) -> dict[str, Scores]:
        """By the rows of another model's products."""
        return {
            kind: self.model.in_order_of(values, products)
            for kind, values in self.log_chances.items()
        }


@dataclass
class Ask:
    """One request for recommendations with what is known of the shopper, and the models."""

    customer: Customer | None
    viewed: list[int]
    bought: list[tuple[int, int]]
    forgotten: frozenset[int]
    product: Product | None
    taken: list[int]
    """What is in the cart, or in the order."""
    interleave: str = ""
    explored: set[int] = field(default_factory=set)
    teams: dict[int, int] = field(default_factory=dict)
    edges: list[graph.Bought] | None = None
    """Relations of everything the surface may name as a reason, where they were read."""
    model: PurchaseModel | None = field(default_factory=purchase_model)
    index: TextIndex | None = field(default_factory=text_index)

    @cached_property
    def following(self) -> Next | None:
        """What is expected next; None when no sequence model is active or it fails."""
        model = sequence_model()
        if model is None:
            return None
        try:
            today = timezone.localdate().toordinal()
            chances = model.after(self.bought, _faded(self.viewed), today)
        except (ValueError, IndexError, KeyError):
            # The other sources are a whole answer.
            log.exception("the sequence model failed")
            return None
        return Next(model, chances) if chances is not None else None


def recommend(
    surface: str,
    *,
    customer: Customer | None = None,
    visitor: str = "",
    product: Product | None = None,
    order: Order | None = None,
    cart_variant_ids: Sequence[int] = (),
    limit: int = 12,
) -> list[Recommendation]:
    """Return what to show on one of ``SURFACES``, group by group.

    At most ``limit`` products of each reason. Everything is on sale and in stock; nothing is in
    the cart or the order, twice in the answer, or the product itself. Without models or history
    the answer is what sells most lately. Who may see the order is the caller's question. Raises
    ValueError for an unknown surface, a missing product or a missing order.
    """
    return explained(
        surface,
        customer=customer,
        visitor=visitor,
        product=product,
        order=order,
        cart=_of_cart(list(cart_variant_ids)[:200]),
        limit=limit,
    )[0]


def explained(
    surface: str,
    *,
    customer: Customer | None = None,
    visitor: str = "",
    product: Product | None = None,
    order: Order | None = None,
    cart: Sequence[int] = (),
    limit: int = 12,
    interleave: str = "",
) -> tuple[list[Recommendation], Known]:
    """Return what :func:`recommend` does and what was known, for :func:`.why.explain`.

    ``cart`` are products here, not variants.

    With ``interleave``, a seed, the start page's finds are those of the learned ranker and of the
    blend in one list, where both can rank; ``Known.teams`` says whose each is.
    """
    if surface not in SURFACES:
        raise ValueError(f"Unknown surface {surface!r}; there are {', '.join(SURFACES)}.")
    if surface == "product" and product is None:
        raise ValueError("The surface 'product' needs a product.")
    if surface == "order" and order is None:
        raise ValueError("The surface 'order' needs an order.")
    taken = _of_order(order) if order else list(cart)[:200]
    viewed, without = shoppers.viewed(visitor, customer)
    ask = Ask(
        customer,
        viewed,
        shoppers.purchases(customer, without) if surface != "product" else [],
        without,
        product,
        taken,
        interleave if surface == "home" else "",
    )
    ways = {"home": _home, "product": _product, "cart": _cart, "order": _order, "digest": _home}
    groups = ways[surface](ask)
    found, offers = _assemble(groups, ask, max(1, min(limit, MAX_LIMIT)))
    known = Known(
        ask.bought,
        ask.viewed,
        taken,
        product,
        order is not None,
        frozenset(ask.explored),
        ask.teams,
        ask.edges,
        offers,
    )
    return found, known


def _of_cart(variants: list[int]) -> list[int]:
    if not variants:
        return []
    return list(Variant.objects.filter(pk__in=variants).values_list("product_id", flat=True))


def _of_order(order: Order) -> list[int]:
    lines = OrderLine.objects.filter(order=order).order_by("pk")
    return list(dict.fromkeys(lines.values_list("variant__product_id", flat=True)[:200]))


def _assemble(
    groups: list[Group], ask: Ask, limit: int
) -> tuple[list[Recommendation], dict[int, Sequence[Offer]]]:
    taken = set(ask.taken)
    if ask.product is not None:
        taken.add(ask.product.pk)
    adult = adult_customer(ask.customer) or (
        # The reader has passed the question for the age to be on this page.
        ask.product is not None and ask.product.category.age_gated
    )
    candidates = {pk for group in groups for pk, _score in group.ranked}
    shelf = servable(candidates - taken, adult=adult)
    result: list[Recommendation] = []
    for group in groups:
        chosen = pick(
            group.ranked,
            shelf,
            limit=limit,
            taken=taken,
            per_category=group.per_category,
            per_type=group.per_type,
        )
        taken.update(pk for pk, _score in chosen)
        result += [
            Recommendation(pk, group.reason.value, round(float(score), 5), pk in ask.explored)
            for pk, score in chosen
        ]
    return result, {item.product_id: shelf[item.product_id].offers for item in result}


def _home(ask: Ask) -> list[Group]:
    groups: list[Group] = []
    if ask.model is not None and ask.bought:
        decayed, counts = ask.model.history(ask.bought)
        learned = _learned(ask)
        if learned is None or ask.interleave:
            blended = _blended(ask, ask.model, decayed, counts)
        repeats, finds = learned or blended
        if learned is not None and ask.interleave:
            finds = _interleaved(ask, finds, blended[1])
        groups.append(Group(Reason.BUY_AGAIN, repeats, per_category=3))
        finds = _with_one_unbought(ask, ask.model, counts, finds)
        groups.append(Group(Reason.NEW_FOR_YOU, finds, per_category=2, per_type=1))
    if ask.viewed:
        groups.append(Group(Reason.BECAUSE_VIEWED, _like_viewed(ask), per_category=6))
    if ask.model is None or not ask.bought:
        groups.append(_popular(ask))
    return groups


def _interleaved(ask: Ask, learned: Ranked, blended: Ranked) -> Ranked:
    first, second = ([pk for pk, _score in ranked] for ranked in (learned, blended))
    drafted = team_draft(first, second, ask.interleave)
    ask.teams.update(drafted)
    return [(pk, float(len(drafted) - place)) for place, (pk, _team) in enumerate(drafted)]


def _with_one_unbought(
    ask: Ask, model: PurchaseModel, counts: npt.NDArray, finds: Ranked
) -> Ranked:
    """Put a product that nobody has bought among the finds: what is never shown is never bought.

    Of those whose texts come closest to the household's purchases, another one each day; another
    household begins with another.
    """
    if ask.index is None or ask.customer is None or not finds:
        return finds
    places = [ask.index.row_of(pk) for pk, count in model.best(counts, SEEDS) if count > 0]
    usual = [row for row in places if row is not None]
    unbought = ~np.isin(ask.index.ids, model.product_ids)
    if not usual or not unbought.any():
        return finds
    near = np.max([ask.index.alike(row) for row in usual], axis=0)
    order = np.argsort(np.where(unbought, -near, np.inf), kind="stable")[:EXPLORED_AMONG]
    close = ask.index.ids[order[: int(unbought.sum())]].tolist()
    chosen = close[(timezone.localdate().toordinal() + ask.customer.pk) % len(close)]
    had = {pk for pk, _score in finds}
    if chosen in had or chosen in ask.forgotten:
        return finds
    ask.explored.add(chosen)
    place = min(EXPLORED_PLACE, len(finds))
    return [*finds[:place], (chosen, finds[place - 1][1]), *finds[place:]]


def _learned(ask: Ask) -> tuple[Ranked, Ranked] | None:
    """What the learned ranker would show of old and new; None when it is not active or fails."""
    ranker = ranking_model()
    if ranker is None or ask.customer is None:
        return None
    following = ask.following if ranker.takes_sequence else None
    if ranker.takes_sequence and following is None:
        return None
    try:
        interest = ranker.interest(_faded(ask.viewed))
        chances = following.of(ranker.products) if following else None
        lines = shoppers.lines(ask.customer, ask.forgotten)
        found = ranker.rank(lines, interest, CANDIDATES, chances)
    except (ValueError, IndexError, KeyError):
        # The blend is a whole answer; a start page without it is not.
        log.exception("the learned ranker failed for customer %s", ask.customer.pk)
        return None
    return (found["repeat"], found["discovery"]) if found["repeat"] else None


def _blended(
    ask: Ask, model: PurchaseModel, decayed: Scores, counts: Scores
) -> tuple[Ranked, Ranked]:
    had = decayed > 0
    # What was looked at in this visit counts at once, like a part of a purchase.
    interest = counts + model.strengths(_faded(ask.viewed))
    repeat, discovery = model.repeat(decayed, counts), model.discovery(interest)
    if ask.following is not None:
        chances = ask.following.of(model.product_ids)
        repeat = with_chances("repeat", repeat, chances["repeat"])
        discovery = with_chances("discovery", discovery, chances["discovery"])
    again = np.where(had, repeat, -np.inf)
    fresh = np.where(had, -np.inf, discovery)
    return model.best(again, CANDIDATES), model.best(fresh, CANDIDATES)


def _product(ask: Ask) -> list[Group]:
    assert ask.product is not None
    groups = []
    pk = ask.product.pk
    own = _kin(ask.product)
    alike = _alike(ask.index, pk, own)
    nearest = [other for other, _score in alike[:COLD_NEIGHBOURS]]
    # All that may be a reason here: each is asked for its relations once.
    ask.edges = graph.bought_with({pk, *nearest, *ask.viewed, *ask.taken})
    beside, instead = graph.related_to([pk], nearest, ask.edges)
    if ask.model is not None:
        expected = ask.model.related(ask.model.strengths({pk: 1.0}))
        beside = _then(beside, ask.model.best(expected, CANDIDATES))
    # What can stand in for it is the other rail's business.
    beside = [(other, score) for other, score in beside if score > 0 and other not in own]
    if beside:
        groups.append(Group(Reason.GOES_WITH, beside, per_category=2, per_type=1))
    groups.append(Group(Reason.SIMILAR, _then(instead[:SUBSTITUTES], alike)))
    return groups


def _then(first: Ranked, rest: Ranked) -> Ranked:
    """The first ranking, then what only the other one has; scores go on falling."""
    had = {pk for pk, _score in first}
    others = [(pk, score) for pk, score in rest if pk not in had]
    if not first or not others:
        return first or others
    highest = max(others[0][1], 1e-9)
    least = first[-1][1]
    return first + [(pk, least * score / highest) for pk, score in others]


def _cart(ask: Ask) -> list[Group]:
    return _beside_basket(ask, Reason.MISSING)


def _order(ask: Ask) -> list[Group]:
    """What goes with the order comes first: what it lacked is a matter of the next one."""
    return _beside_basket(ask, Reason.NEXT_TIME)[::-1]


def _beside_basket(ask: Ask, lacking: Reason) -> list[Group]:
    """What the household usually buys and did not take, and what goes with what it took."""
    if ask.model is None or not ask.taken:
        return [_popular(ask)]
    groups = []
    expected = ask.model.related(ask.model.strengths(dict.fromkeys(ask.taken, 1.0)))
    decayed, counts = ask.model.history(ask.bought)
    if ask.bought:
        # Usual purchases, those that go with the basket first.
        fit = 1.0 + np.maximum(expected, 0.0) / max(float(expected.max()), 1e-9)
        missing = np.where(decayed > 0, ask.model.repeat(decayed, counts) * fit, -np.inf)
        groups.append(Group(lacking, ask.model.best(missing, CANDIDATES), per_category=2))
    same = _of_same_types(ask.taken)
    linked, _instead = graph.related_to(ask.taken)
    best = _then(linked[:CANDIDATES], ask.model.best(expected, CANDIDATES))
    beside = [(pk, score) for pk, score in best if score > 0 and pk not in same]
    groups.append(Group(Reason.GOES_WITH, beside, per_category=2, per_type=1))
    if not ask.bought and not beside:
        groups.append(_popular(ask))
    return groups


def _of_same_types(product_ids: list[int]) -> set[int]:
    """Products that could stand in for one of these: whoever has pasta needs no other pasta."""
    types = Product.objects.filter(pk__in=product_ids).exclude(product_type="")
    kin = Product.objects.filter(
        product_type__in=list(types.values_list("product_type", flat=True))
    )
    return set(kin.values_list("pk", flat=True))


def _faded(product_ids: Iterable[int]) -> dict[int, float]:
    """Weights of products looked at, the newest first and strongest."""
    return {pk: VIEW_STRENGTH * VIEW_FADE**place for place, pk in enumerate(product_ids)}


def _like_viewed(ask: Ask) -> Ranked:
    """Products like the last few looked at: by text, and by what is bought beside them."""
    scores: dict[int, float] = {}
    seeds = ask.viewed[:SEEDS]
    rows = Product.objects.filter(pk__in=seeds).only("pk", "category_id", "product_type")
    products = rows.in_bulk()
    for place, pk in enumerate(seeds):
        if pk not in products:
            continue
        weight = VIEW_FADE**place
        for other, score in _alike(ask.index, pk, _kin(products[pk]))[:CANDIDATES]:
            scores[other] = scores.get(other, 0.0) + weight * score
    for pk in ask.viewed:
        scores.pop(pk, None)
    return sorted(scores.items(), key=lambda item: (-item[1], item[0]))[:CANDIDATES]


def _kin(product: Product) -> dict[int, float]:
    """Products of the same category, with a bonus for the same type and for being liked."""
    rows = Product.objects.filter(category=product.category_id, is_active=True)
    names = ("pk", "product_type", "recent_units")
    # What is on sale is asked again before it is shown.
    kin = kept.keep(f"recommend-kin-{product.category_id}", lambda: list(rows.values_list(*names)))
    return {
        pk: (0.2 if kind and kind == product.product_type else 0.0) + 0.05 * min(1.0, units / 100)
        for pk, kind, units in kin
        if pk != product.pk
    }


def _alike(index: TextIndex | None, product_id: int, kin: dict[int, float]) -> Ranked:
    """Rank products of the same category by how alike their texts are."""
    row = index.row_of(product_id) if index else None
    if index is None or row is None:
        cosines: dict[int, float] = {}
    else:
        near = index.alike(row)
        places = {pk: index.row_of(pk) for pk in kin}
        cosines = {pk: float(near[place]) for pk, place in places.items() if place is not None}
    ranked = [(pk, bonus + cosines.get(pk, 0.0)) for pk, bonus in kin.items()]
    return sorted(ranked, key=lambda item: (-item[1], item[0]))[:CANDIDATES]


def _popular(ask: Ask) -> Group:
    if ask.model is not None:
        ranked = ask.model.best(ask.model.recent, CANDIDATES)
    else:
        rows = Product.objects.filter(is_active=True).order_by("-recent_units", "pk")
        ranked = [
            (pk, float(units)) for pk, units in rows.values_list("pk", "recent_units")[:CANDIDATES]
        ]
    return Group(Reason.POPULAR, ranked, per_category=2)
