"""Pictures of products, drawn: a pack in its brand's colours, a shoe in the colour it is sold in.

A picture is an SVG of 240 by 240 units on a clear ground, 1 to 4 kB compressed. It is a function of
the product's own words, so it is the same on every machine, and its address carries a hash of
them: it can be kept for ever. What is drawn on packs, and fruit and bread themselves, are drawings
of OpenMoji (CC BY-SA 4.0), composed anew.
"""

import re
from dataclasses import dataclass
from functools import lru_cache
from hashlib import blake2b
from pathlib import Path

from shop.pictures.colours import WORN, number, scheme
from shop.pictures.kinds import FRAMES, SHAPES, content_colour, motif, shape_name
from shop.pictures.shapes.parts import DEFS, FLOOR, MIDDLE, SIDE, Look

LANGUAGES = ("en", "zh")
HOUSE = "Store brand"
FIZZ = "1FAE7"
DRINKS = ("#5b2f1c", "#e8872f", "#3f9a4e", "#c8382f", "#e9c43a", "#7b4aa3", "#3f86c8")
"""Cola, orange, lime, cherry and more: what tells varieties of the same article apart."""
_PREMIUM = re.compile(r"premium|gourmet|super|angus|select|whiskey|vodka", re.IGNORECASE)
_NATURAL = re.compile(r"natural|organic", re.IGNORECASE)
_PACK = re.compile(r"(\d+)\s*(?:pack|ct|pk)\b", re.IGNORECASE)
_AMOUNT = re.compile(r"([\d.]+)\s*(oz|lb|gal|L|ml|pt|qt)\b")
_OUNCES = {"oz": 1, "lb": 16, "gal": 128, "L": 34, "ml": 0.034, "pt": 16, "qt": 32}


@dataclass(frozen=True)
class Article:
    """What a picture is made from, all of it text.

    ``kind`` is what the thing is ("Condensed soup"), in English and in the reader's language;
    ``brand`` likewise; ``size`` is the pack's size in English; ``colour`` what it is sold in.
    """

    category: str
    kind_en: str
    kind: str
    brand_en: str
    brand: str
    size_en: str
    size: str
    icon: str
    colour: str = ""
    flavour: int = 0
    """Which of several varieties of the same article, from 0."""


def fingerprint(article: Article) -> str:
    """Ten hexadecimal digits that change with the article and with how pictures are drawn."""
    key = "|".join(map(str, (_edition(), *vars(article).values())))
    return blake2b(key.encode(), digest_size=5).hexdigest()


@lru_cache(maxsize=1)
def _edition() -> str:
    """A hash of the code that draws: new pictures get new addresses."""
    digest = blake2b(digest_size=8)
    for file in sorted(Path(__file__).parent.rglob("*.py")):
        digest.update(file.read_bytes())
    return digest.hexdigest()


def look_of(article: Article) -> tuple[str, Look]:
    """Name of the article's shape and how it looks."""
    shape = shape_name(article.category, article.kind_en)
    code = motif(article.category, article.kind_en, article.icon, shape)
    seed = number(article.brand_en) ^ (number(article.kind_en, "kind") >> 40)
    brand_seed = number(article.brand_en)
    mood = "natural" if _NATURAL.search(article.kind_en) else ""
    mood = "premium" if _PREMIUM.search(article.kind_en) else mood
    house = article.brand_en == HOUSE
    content = content_colour(code, number(article.kind_en, "content"))
    if article.flavour or (code == FIZZ and shape in {"pop", "soda"}):
        content = DRINKS[(brand_seed + article.flavour) % len(DRINKS)]
    pieces = _PACK.search(article.size_en)
    return shape, Look(
        scheme=scheme(article.brand_en or article.category, house, "" if house else mood),
        brand=article.brand or article.kind,
        kind=article.kind if article.brand else "",
        size=article.size,
        motif=code,
        content=content,
        seed=brand_seed & ~0xFFF | seed & 0xFFF,
        house=house,
        count=int(pieces[1]) if pieces else (6 if "multipack" in article.kind_en.lower() else 1),
        scale=_scale(article.size_en),
        colour=WORN.get(article.colour.lower(), ""),
    )


def _scale(size: str) -> float:
    """0.86 to 1.02: large packs are drawn a little larger."""
    amount = _AMOUNT.search(size)
    if not amount:
        return 1.0
    ounces = float(amount[1]) * _OUNCES[amount[2]]
    for limit, scale in ((4, 0.86), (9, 0.92), (15, 0.97), (24, 1.0)):
        if ounces < limit:
            return scale
    return 1.02


@lru_cache(maxsize=1024)
def draw(article: Article) -> bytes:
    """The picture as an SVG document."""
    shape, look = look_of(article)
    inside = SHAPES[shape](look)
    scale, lift = FRAMES.get(shape, (1.0, 0))
    if (scale, lift) != (1.0, 0):
        x, y = MIDDLE * (1 - scale), FLOOR * (1 - scale) + lift
        inside = f'<g transform="matrix({scale:g} 0 0 {scale:g} {x:.1f} {y:.1f})">{inside}</g>'
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="12 14 216 216"'
        f' width="{SIDE}" height="{SIDE}"><defs>{DEFS}</defs>{inside}</svg>'
    ).encode()
