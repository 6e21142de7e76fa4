"""What all shapes share: light from the upper left, a soft shadow below, labels and brand marks."""

import itertools
from dataclasses import dataclass
from html import escape

from shop.pictures.colours import CREAM, WHITE, Scheme, contrast, ink_on, luminance, mix
from shop.pictures.drawings import place
from shop.pictures.text import SANS, block, width

SIDE, MIDDLE = 240, 120
FLOOR = 208.0

DEFS = (
    '<linearGradient id="c"><stop stop-opacity=".34"/><stop offset=".1" stop-opacity=".1"/>'
    '<stop offset=".2" stop-color="#fff" stop-opacity=".1"/>'
    '<stop offset=".3" stop-color="#fff" stop-opacity=".38"/>'
    '<stop offset=".42" stop-color="#fff" stop-opacity=".04"/><stop offset=".68" stop-opacity=".03"/>'
    '<stop offset=".9" stop-opacity=".24"/><stop offset="1" stop-opacity=".38"/></linearGradient>'
    '<linearGradient id="f" x2=".8" y2="1"><stop stop-color="#fff" stop-opacity=".24"/>'
    '<stop offset=".5" stop-color="#fff" stop-opacity="0"/><stop offset="1" stop-opacity=".17"/>'
    "</linearGradient>"
    '<radialGradient id="s"><stop stop-color="#1d1a12" stop-opacity=".5"/>'
    '<stop offset=".55" stop-color="#1d1a12" stop-opacity=".2"/>'
    '<stop offset="1" stop-color="#1d1a12" stop-opacity="0"/></radialGradient>'
)
ONE_LINE = 11.5
"""From this size on a brand's name is put on one line."""
CYLINDER, FLAT = "url(#c)", "url(#f)"


@dataclass(frozen=True)
class Look:
    """What is on a pack: words, colours and the drawing of its content."""

    scheme: Scheme
    brand: str
    kind: str
    size: str
    motif: str
    content: str
    """Colour of the content: tomato red, milk white."""
    seed: int
    house: bool = False
    count: int = 1
    """Pieces in the pack."""
    scale: float = 1.0
    """Large packs are drawn larger."""
    colour: str = ""
    """Colour of the thing itself, for shoes and devices."""

    def pick(self, choices: int, salt: int = 1) -> int:
        """One of ``choices`` numbers from 0, always the same for a product."""
        return self.seed // (7 * salt + 1) % choices


def path(d: str, fill: str, extra: str = "") -> str:
    return f'<path d="{d}" fill="{fill}"{" " + extra if extra else ""}/>'


def line(d: str, stroke: str, thick: float, extra: str = "") -> str:
    return (
        f'<path d="{d}" fill="none" stroke="{stroke}" stroke-width="{thick:g}"'
        f' stroke-linecap="round" stroke-linejoin="round"{" " + extra if extra else ""}/>'
    )


def rect(
    x: float, y: float, w: float, h: float, fill: str, radius: float = 0, extra: str = ""
) -> str:
    corner = f' rx="{radius:g}"' if radius else ""
    more = " " + extra if extra else ""
    return f'<rect x="{x:g}" y="{y:g}" width="{w:g}" height="{h:g}"{corner} fill="{fill}"{more}/>'


def ellipse(x: float, y: float, rx: float, ry: float, fill: str, extra: str = "") -> str:
    more = " " + extra if extra else ""
    return f'<ellipse cx="{x:g}" cy="{y:g}" rx="{rx:g}" ry="{ry:g}" fill="{fill}"{more}/>'


def circle(x: float, y: float, r: float, fill: str, extra: str = "") -> str:
    more = " " + extra if extra else ""
    return f'<circle cx="{x:g}" cy="{y:g}" r="{r:g}" fill="{fill}"{more}/>'


def shadow(half: float, x: float = 120, y: float = FLOOR) -> str:
    return ellipse(x + 4, y + 1, half * 1.16, max(5.0, half * 0.13), "url(#s)")


def group(inside: str, scale: float, x: float = 120, y: float = FLOOR) -> str:
    """Scaled around a point on the floor."""
    if abs(scale - 1) < 0.01:
        return inside
    dx, dy = x * (1 - scale), y * (1 - scale)
    return f'<g transform="matrix({scale:.3f} 0 0 {scale:.3f} {dx:.1f} {dy:.1f})">{inside}</g>'


def outline(points: list[tuple[float, float]], x: float = 120) -> str:
    """A smooth closed path, the same left and right, from (half width, y) from top to bottom.

    Between two points of the same half width the side is straight.
    """
    right = f"M{x:g} {points[0][1]:g}L{x + points[0][0]:g} {points[0][1]:g}"
    for (a, ya), (b, yb) in itertools.pairwise(points):
        middle = (ya + yb) / 2
        if a == b:
            right += f"V{yb:g}"
        else:
            right += f"C{x + a:g} {middle:g} {x + b:g} {middle:g} {x + b:g} {yb:g}"
    left = f"H{x - points[-1][0]:g}"
    back = points[::-1]
    for (a, ya), (b, yb) in itertools.pairwise(back):
        middle = (ya + yb) / 2
        if a == b:
            left += f"V{yb:g}"
        else:
            left += f"C{x - a:g} {middle:g} {x - b:g} {middle:g} {x - b:g} {yb:g}"
    return right + left + "Z"


def mark(look: Look, x: float, y: float, r: float, fill: str, ground: str) -> str:
    """The brand's sign: the shop's seal, or one of eight simple forms by the brand's name."""
    if look.house:
        seal = rect(x - r * 0.85, y - r, r * 1.7, r * 2, "#b8321c", r * 0.35)
        return (
            f'{seal}<text x="{x:g}" y="{y + r * 0.52:.1f}" font-family="{SANS}"'
            f' font-size="{r * 1.35:.1f}" font-weight="700" fill="#fff8ef"'
            ' text-anchor="middle">慧</text>'
        )
    form = look.seed // 4096 % 8
    if form == 0:
        return circle(x, y, r, fill) + circle(x + r * 0.38, y - r * 0.3, r * 0.72, ground)
    if form == 1:
        return path(f"M{x - r:g} {y + r:g}L{x:g} {y - r:g}L{x + r:g} {y + r:g}Z", fill) + path(
            f"M{x - r * 0.2:g} {y + r:g}L{x + r * 0.35:g} {y:g}L{x + r * 0.9:g} {y + r:g}Z", ground
        )
    if form == 2:
        return path(
            f"M{x - r:g} {y + r:g}C{x - r:g} {y - r:g} {x:g} {y - r:g} {x + r:g} {y - r:g}"
            f"C{x + r:g} {y + r * 0.6:g} {x:g} {y + r:g} {x - r:g} {y + r:g}Z",
            fill,
        ) + line(
            f"M{x - r * 0.6:g} {y + r * 0.6:g}L{x + r * 0.5:g} {y - r * 0.5:g}", ground, r * 0.2
        )
    if form == 3:
        return circle(x, y, r, fill) + line(
            f"M{x - r * 0.6:g} {y + r * 0.2:g}q{r * 0.3:g} {-r * 0.6:g} {r * 0.6:g} 0"
            f"t{r * 0.6:g} 0",
            ground,
            r * 0.28,
        )
    if form == 4:
        return rect(
            x - r * 0.8,
            y - r * 0.8,
            r * 1.6,
            r * 1.6,
            fill,
            r * 0.2,
            f'transform="rotate(45 {x:g} {y:g})"',
        ) + circle(x, y, r * 0.38, ground)
    if form == 5:
        rays = "".join(
            line(f"M{x:g} {y:g}L{x + dx * r:g} {y + dy * r:g}", fill, r * 0.3)
            for dx, dy in ((0, -1), (0.7, -0.7), (1, 0), (-0.7, -0.7), (-1, 0))
        )
        return rays + path(
            f"M{x - r * 0.6:g} {y + 1:g}a{r * 0.6:g} {r * 0.6:g} 0 0 1 {r * 1.2:g} 0Z", fill
        )
    if form == 6:
        return path(
            f"M{x - r:g} {y - r * 0.9:g}H{x + r:g}V{y:g}C{x + r:g} {y + r * 0.7:g} {x:g} {y + r:g}"
            f" {x:g} {y + r:g}C{x:g} {y + r:g} {x - r:g} {y + r * 0.7:g} {x - r:g} {y:g}Z",
            fill,
        ) + path(
            f"M{x - r * 0.5:g} {y - r * 0.2:g}L{x:g} {y - r * 0.6:g}L{x + r * 0.5:g} {y - r * 0.2:g}"
            f"V{y + r * 0.15:g}L{x:g} {y - r * 0.25:g}L{x - r * 0.5:g} {y + r * 0.15:g}Z",
            ground,
        )
    return (
        ellipse(x, y, r, r * 0.42, fill, f'transform="rotate(30 {x:g} {y:g})"')
        + ellipse(x, y, r, r * 0.42, fill, f'transform="rotate(90 {x:g} {y:g})"')
        + ellipse(x, y, r, r * 0.42, fill, f'transform="rotate(150 {x:g} {y:g})"')
        + circle(x, y, r * 0.3, ground)
    )


def _serif(look: Look) -> bool:
    return look.house or look.seed // 512 % 2 == 0


def brand_line(
    look: Look, x: float, y: float, room: float, fill: str, size: float, lines: int = 2
) -> tuple[str, float]:
    """The brand's name in its own lettering, on one line if it can be read there; its height."""
    upper = look.seed // 1024 % 3 == 0 and look.brand.isascii()
    words = look.brand.upper() if upper else look.brand
    if width(words) * (1.08 if upper else 1) * ONE_LINE <= room:
        lines = 1
    return block(
        words,
        x,
        y,
        room,
        size=size,
        lines=lines,
        fill=fill,
        serif=_serif(look),
        bold=True,
        spacing=0.06 if upper else 0,
    )


def badge(look: Look, x: float, y: float, fill: str, ink: str) -> str:
    """The size, in a small pill around a centre."""
    if not look.size:
        return ""
    text = look.size if width(look.size) <= 6 else look.size.split(" / ")[0].split("/")[0].strip()
    half = max(10.0, width(text) * 8.2 / 2 + 4.5)
    return (
        rect(x - half, y - 7, half * 2, 14, fill, 7)
        + f'<text x="{x:g}" y="{y + 3:g}" font-family="{SANS}" font-size="8.2" font-weight="700"'
        f' fill="{ink}" text-anchor="middle">{escape(text)}</text>'
    )


def face(look: Look, x: float, y: float, w: float, h: float, clip: str = "") -> str:
    """The printed side of a pack in one of four layouts; words always on a plain ground."""
    scheme, pad = look.scheme, w * 0.07
    wide = h < w * 0.72
    if scheme.style == "paper":
        return (
            rect(x, y, w, h, scheme.paper, 0, clip)
            + rect(x, y, w, h * 0.05, scheme.main, 0, clip)
            + rect(x, y + h * 0.94, w, h * 0.06, look.content, 0, clip)
            + label(look, x + pad, y + h * 0.075, w - 2 * pad, h * 0.84, scheme.paper)
        )
    if scheme.style == "arch" and not wide:
        side, top = w * 0.06, y + h * 0.04
        arch = (
            f"M{x + side:g} {y + h:g}V{top + w * 0.42:g}a{w / 2 - side:g} {w * 0.42:g} 0 0 1"
            f" {w - 2 * side:g} 0V{y + h:g}Z"
        )
        return (
            rect(x, y, w, h, scheme.main, 0, clip)
            + path(arch, CREAM, clip)
            + rect(x, y + h * 0.955, w, h * 0.045, look.content, 0, clip)
            + label(look, x + w * 0.13, y + h * 0.08, w * 0.74, h * 0.86, CREAM)
        )
    if scheme.style == "duo" and not wide:
        low = mix(look.content, WHITE, 0.8)
        return rect(x, y, w, h, scheme.main, 0, clip) + label(
            look, x + pad, y + h * 0.04, w - 2 * pad, h * 0.92, scheme.main, low, (x, y, w, h, clip)
        )
    return (
        rect(x, y, w, h, scheme.main, 0, clip)
        + rect(x, y + h * 0.915, w, h * 0.02, scheme.accent, 0, clip)
        + rect(x, y + h * 0.935, w, h * 0.065, look.content, 0, clip)
        + label(look, x + pad, y + h * 0.05, w - 2 * pad, h * 0.85, scheme.main)
    )


def label(
    look: Look,
    x: float,
    y: float,
    w: float,
    h: float,
    ground: str,
    low: str = "",
    whole: tuple[float, float, float, float, str] | None = None,
) -> str:
    """Brand, drawing and kind within a box (left, top, width, height) on a ground colour.

    A tall box stacks them; a wide one puts the drawing beside the words. With ``low`` the ground
    changes to that colour below the brand, over the ``whole`` face.
    """
    scheme = look.scheme
    ink = ink_on(ground, scheme.ink if contrast(scheme.ink, ground) > 4.5 else scheme.deep)
    if h < w * 0.72:
        side = min(h * 0.9, w * 0.4)
        words, left = w - side - 5, x + (w - side - 5) / 2
        _, tall = brand_line(look, left, y, words, ink, min(17, h * 0.34))
        _, small = block(look.kind, left, 0, words, size=9, least=6, fill=ink)
        top = y + (h - tall - small - 4) / 2
        text, _ = brand_line(look, left, top, words, ink, min(17, h * 0.34))
        kind, _ = block(look.kind, left, top + tall + 4, words, size=9, least=6, fill=ink)
        disc = circle(x + w - side / 2, y + h / 2, side * 0.5, CREAM) if _dark(ground) else ""
        return text + kind + disc + place(look.motif, x + w - side / 2, y + h / 2, side * 0.86)
    centre = x + w / 2
    r = min(9.0, h * 0.055)
    top = y + 2 * r + h * 0.03
    text, tall = brand_line(look, centre, top, w, ink, min(21, w * 0.21))
    below = low or ground
    dark = ink_on(below, scheme.deep if low else ink)
    _, small = block(look.kind, centre, 0, w, size=min(10.5, w * 0.12), least=6, fill=dark)
    floor = y + h - small - (17 if look.size else 3)
    kind, _ = block(look.kind, centre, floor, w, size=min(10.5, w * 0.12), least=6, fill=dark)
    head = top + tall + h * 0.02
    room = floor - head - 3
    side = min(room, w * 0.95)
    middle = head + room / 2
    out = ""
    if low and whole:
        left, up, across, down, clip = whole
        out += path(
            f"M{left:g} {head + 6:g}q{across / 2:g} {-h * 0.09:g} {across:g} 0V{up + down:g}H{left:g}Z",
            low,
            clip,
        )
    out += mark(look, centre, y + r + 1, r, ink, ground) + text + kind
    if side > 12:
        if _dark(below):
            out += circle(centre, middle, side * 0.52, CREAM)
            side *= 0.86
        out += place(look.motif, centre, middle, side)
    if look.size:
        out += badge(look, centre, y + h - 7.5, dark, below)
    return out


def _dark(ground: str) -> bool:
    """Whether drawings, whose lines are dark, need a light disc on it."""
    return luminance(ground) < 0.45
