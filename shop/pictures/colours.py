"""Colours of packs: harmonious by construction, legible by check.

Colours are chosen in OKLCH (Björn Ottosson, 2020), where equal steps look equal, and turned into
the ``#rrggbb`` that any SVG reader knows. Brands get their hue from a hash of their name.
"""

import math
from dataclasses import dataclass
from functools import lru_cache
from hashlib import blake2b

LEGIBLE = 4.5
"""Least contrast of words on a pack (WCAG 2.2, 1.4.3)."""
WHITE, INK, CREAM = "#ffffff", "#22261f", "#fbf6ea"
HUES = (18, 30, 48, 75, 105, 135, 152, 170, 195, 220, 240, 258, 280, 305, 335, 355)

WORN = {
    "black": "#2b2d31",
    "white": "#f1f0ec",
    "blue": "#2b62b8",
    "red": "#c53030",
    "grey": "#8a8f96",
    "pink": "#e78fb0",
    "navy": "#22345c",
    "orange": "#e8792b",
    "coral": "#f0735f",
    "cream": "#efe5cf",
    "sky blue": "#7cbbe6",
    "mint": "#98d8bd",
    "forest green": "#2c5f45",
    "teal": "#1f7f83",
    "charcoal": "#474b52",
    "yellow": "#f2c53d",
    "sand": "#d6c09a",
    "burgundy": "#77273a",
    "lime": "#b5d334",
    "lilac": "#b9a3dc",
    "olive": "#76793f",
    "silver": "#c3c9cf",
    "brown": "#7a5136",
    "purple": "#6d4aa0",
    "mustard": "#cf9f2c",
    "khaki": "#a39a6b",
    "green": "#3a8f4d",
    "gold": "#d0a951",
    "rose gold": "#dba594",
    "beige": "#dccdb4",
    "copper": "#b9714a",
    "clear": "#dfeaee",
}
"""Colours that products are sold in, by their English name."""


@dataclass(frozen=True)
class Scheme:
    """A brand's colours. ``ink`` is legible on ``main``, ``deep`` on ``paper``."""

    main: str
    deep: str
    paper: str
    accent: str
    ink: str
    style: str


def number(key: str, salt: str = "") -> int:
    """A number that is always the same for a text, in 64 bits."""
    return int.from_bytes(blake2b(f"{salt}|{key}".encode(), digest_size=8).digest(), "big")


def oklch(lightness: float, chroma: float, hue: float) -> str:
    """``#rrggbb`` of an OKLCH colour; chroma is reduced until sRGB can show it.

    >>> oklch(1.0, 0.0, 0.0), oklch(0.0, 0.0, 0.0)
    ('#ffffff', '#000000')
    """
    while True:
        channels = _linear(lightness, chroma, hue)
        if chroma <= 0 or all(-0.001 <= one <= 1.001 for one in channels):
            return "#" + "".join(f"{round(_encode(one) * 255):02x}" for one in channels)
        chroma = max(0.0, chroma - 0.01)


def _linear(lightness: float, chroma: float, hue: float) -> tuple[float, float, float]:
    a = chroma * math.cos(math.radians(hue))
    b = chroma * math.sin(math.radians(hue))
    long = (lightness + 0.3963377774 * a + 0.2158037573 * b) ** 3
    middle = (lightness - 0.1055613458 * a - 0.0638541728 * b) ** 3
    short = (lightness - 0.0894841775 * a - 1.2914855480 * b) ** 3
    return (
        4.0767416621 * long - 3.3077115913 * middle + 0.2309699292 * short,
        -1.2684380046 * long + 2.6097574011 * middle - 0.3413193965 * short,
        -0.0041960863 * long - 0.7034186147 * middle + 1.7076147010 * short,
    )


def _encode(linear: float) -> float:
    linear = min(1.0, max(0.0, linear))
    return 12.92 * linear if linear <= 0.0031308 else 1.055 * linear ** (1 / 2.4) - 0.055


def _rgb(colour: str) -> tuple[int, int, int]:
    return int(colour[1:3], 16), int(colour[3:5], 16), int(colour[5:7], 16)


def luminance(colour: str) -> float:
    """Relative luminance from 0 to 1 (WCAG 2.2)."""
    parts = [one / 255 for one in _rgb(colour)]
    red, green, blue = (
        one / 12.92 if one <= 0.04045 else ((one + 0.055) / 1.055) ** 2.4 for one in parts
    )
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def contrast(one: str, other: str) -> float:
    """Contrast ratio from 1 to 21 (WCAG 2.2)."""
    light, dark = sorted((luminance(one), luminance(other)), reverse=True)
    return (light + 0.05) / (dark + 0.05)


def mix(one: str, other: str, share: float) -> str:
    """``one`` with a share of ``other`` in it."""
    pairs = zip(_rgb(one), _rgb(other), strict=True)
    return "#" + "".join(f"{round(a + (b - a) * share):02x}" for a, b in pairs)


def ink_on(ground: str, wished: str = "") -> str:
    """The wished colour where it is legible on the ground, else white or dark ink."""
    if wished and contrast(wished, ground) >= LEGIBLE:
        return wished
    return max((WHITE, INK), key=lambda one: contrast(one, ground))


def tone(hue: float, lightness: float = 0.62, chroma: float = 0.15) -> str:
    return oklch(lightness, chroma, hue)


def hue_of(colour: str) -> float:
    """Hue in degrees from 0 to 360, as OKLCH counts it."""
    red, green, blue = (
        (one / 255 / 12.92) if one <= 10 else ((one / 255 + 0.055) / 1.055) ** 2.4
        for one in _rgb(colour)
    )
    long = (0.4122214708 * red + 0.5363325363 * green + 0.0514459929 * blue) ** (1 / 3)
    middle = (0.2119034982 * red + 0.6806995451 * green + 0.1073969566 * blue) ** (1 / 3)
    short = (0.0883024619 * red + 0.2817188376 * green + 0.6299787005 * blue) ** (1 / 3)
    a = 1.9779984951 * long - 2.4285922050 * middle + 0.4505937099 * short
    b = 0.0259040371 * long + 0.7827717662 * middle - 0.8086757660 * short
    return math.degrees(math.atan2(b, a)) % 360


@lru_cache(maxsize=2048)
def scheme(brand: str, house: bool = False, mood: str = "") -> Scheme:
    """A brand's colours. ``house`` is the shop's own brand: white, green and its red seal.

    ``mood`` is ``premium`` (dark with gold), ``natural`` (kraft and green) or nothing.
    """
    if house:
        return Scheme("#14553f", "#14553f", "#fffdf7", "#b8321c", WHITE, "paper")
    seed = number(brand, "brand")
    hue = HUES[seed % len(HUES)]
    style = ("solid", "paper", "duo", "arch")[seed // 16 % 4]
    lightness = (0.44, 0.52, 0.6, 0.38)[seed // 64 % 4]
    chroma = (0.15, 0.12, 0.17)[seed // 256 % 3]
    if mood == "premium":
        main = oklch(0.3, 0.05, hue)
        return Scheme(main, main, "#f6efe0", "#cfa650", "#f3dfae", "solid")
    if mood == "natural":
        main = oklch(0.46, 0.09, 140)
        return Scheme(
            main, oklch(0.38, 0.08, 140), "#efe4cd", oklch(0.62, 0.13, 70), WHITE, "paper"
        )
    main = oklch(lightness, chroma, hue)
    while contrast(main, CREAM) < LEGIBLE:
        lightness -= 0.02
        main = oklch(lightness, chroma, hue)
    accent = oklch(0.8, 0.14, (hue + (150, 180, 60, 210)[seed // 1024 % 4]) % 360)
    return Scheme(
        main=main,
        deep=_legible(oklch(0.36, 0.12, hue)),
        paper=oklch(0.965, 0.022, hue),
        accent=accent,
        ink=ink_on(main, CREAM),
        style=style,
    )


def _legible(colour: str) -> str:
    return colour if contrast(colour, CREAM) >= LEGIBLE else INK
