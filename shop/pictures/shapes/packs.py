"""Boxes, cartons, bags, trays, rolls: flat things with a printed front."""

from shop.pictures.colours import WHITE, ink_on, mix
from shop.pictures.drawings import heap, place
from shop.pictures.shapes.parts import (
    CYLINDER,
    FLAT,
    FLOOR,
    Look,
    badge,
    brand_line,
    circle,
    ellipse,
    face,
    group,
    line,
    path,
    rect,
    shadow,
)
from shop.pictures.text import block

KRAFT, PAPER = "#c9a877", "#fbf8f1"


def _clip(d: str) -> tuple[str, str]:
    return f'<clipPath id="k"><path d="{d}"/></clipPath>', 'clip-path="url(#k)"'


def _front(look: Look, x: float, y: float, w: float, h: float, depth: float = 12) -> str:
    """A box a little from the right: its front and its narrow side."""
    side = mix(look.scheme.main, "#000000", 0.28)
    top = mix(look.scheme.main, WHITE, 0.25)
    return (
        path(
            f"M{x + w:g} {y:g}l{depth:g} {-depth * 0.55:g}v{h:g}l{-depth:g} {depth * 0.55:g}Z", side
        )
        + path(f"M{x:g} {y:g}l{depth:g} {-depth * 0.55:g}h{w:g}l{-depth:g} {depth * 0.55:g}Z", top)
        + face(look, x, y, w, h)
        + rect(x, y, w, h, FLAT)
    )


def box(look: Look) -> str:
    """An upright box: cereal, crackers, mixes."""
    return shadow(58) + group(_front(look, 66, 62, 98, FLOOR - 62), look.scale)


def small_box(look: Look) -> str:
    return shadow(48) + group(_front(look, 74, 104, 84, FLOOR - 104, 16), look.scale)


def flat_box(look: Look) -> str:
    """A wide box: pizza, frozen meals, foil."""
    return shadow(82) + group(_front(look, 42, 112, 146, FLOOR - 112, 12), look.scale)


def square_box(look: Look) -> str:
    return shadow(70) + group(_front(look, 52, 72, 128, FLOOR - 72, 10), look.scale)


def long_box(look: Look) -> str:
    return shadow(88) + group(_front(look, 32, 150, 168, FLOOR - 150, 14), look.scale)


def carton(look: Look) -> str:
    """A carton with a gable and a screw cap: juice, broth, soy milk."""
    x, w, y = 82.0, 76.0, 86.0
    gable = f"M{x:g} {y:g}L{x + 10:g} 54H{x + w - 10:g}L{x + w:g} {y:g}Z"
    side = mix(look.scheme.main, "#000000", 0.25)
    return shadow(48) + group(
        path(f"M{x + w:g} {y:g}l14 -8v{FLOOR - y:g}l-14 8Z", side)
        + path(f"M{x + w:g} {y:g}L{x + w - 10:g} 54l16 -2 8 26Z", mix(side, WHITE, 0.12))
        + path(gable, mix(look.scheme.main, WHITE, 0.14))
        + rect(x + 10, 44, w - 20, 12, mix(look.scheme.main, "#000000", 0.12))
        + circle(120, 70, 10, WHITE)
        + circle(120, 70, 7.5, look.scheme.accent)
        + face(look, x, y, w, FLOOR - y)
        + rect(x, y, w, FLOOR - y, FLAT),
        look.scale,
    )


def brick(look: Look) -> str:
    """A small drink box with its straw."""
    x, w, y = 86.0, 66.0, 96.0
    straw = line("M138 97V64l14 -8", WHITE, 4) + line("M138 86V78", look.scheme.accent, 4)
    return shadow(44) + group(straw + _front(look, x, y, w, FLOOR - y, 12), look.scale)


def _pillow(x: float, y: float, w: float, h: float) -> str:
    """A bag sealed above and below."""
    return (
        f"M{x:g} {y:g}h{w:g}c-6 {h * 0.2:g} 5 {h * 0.4:g} 3 {h * 0.6:g}s-7 {h * 0.25:g} -2 {h * 0.4:g}"
        f"h{-w - 2:g}c5 {-h * 0.15:g} 0 {-h * 0.2:g} -2 {-h * 0.4:g}s9 {-h * 0.4:g} 3 {-h * 0.6:g}Z"
    )


def bag(look: Look) -> str:
    """A pillow of foil: chips, sweets."""
    x, y, w, h = 64.0, 58.0, 112.0, FLOOR - 58
    shape = _pillow(x, y, w, h)
    clip, use = _clip(shape)
    seal = mix(look.scheme.main, WHITE, 0.3)
    return shadow(54) + group(
        clip
        + path(shape, look.scheme.main)
        + face(look, x, y + 12, w, h - 24, use)
        + rect(x - 4, y, w + 8, 11, seal, 0, use)
        + rect(x - 4, FLOOR - 11, w + 8, 11, seal, 0, use)
        + path(shape, CYLINDER, 'opacity=".75"')
        + path(f"M{x + 16:g} {y + 20:g}c8 30 4 60 -2 96", "none")
        + line(f"M{x + 14:g} {y + 24:g}c7 24 5 52 0 84", "#ffffff", 5, 'opacity=".22"'),
        look.scale,
    )


def small_bag(look: Look) -> str:
    x, y, w, h = 74.0, 92.0, 92.0, FLOOR - 92
    shape = _pillow(x, y, w, h)
    clip, use = _clip(shape)
    seal = mix(look.scheme.main, WHITE, 0.3)
    return shadow(46) + group(
        clip
        + path(shape, look.scheme.main)
        + face(look, x, y + 9, w, h - 18, use)
        + rect(x - 4, y, w + 8, 8, seal, 0, use)
        + rect(x - 4, FLOOR - 8, w + 8, 8, seal, 0, use)
        + path(shape, CYLINDER, 'opacity=".75"'),
        look.scale,
    )


def pouch(look: Look) -> str:
    """A pouch that stands: coffee, treats, dried fruit."""
    shape = f"M78 62H162L168 {FLOOR - 8:g}Q120 {FLOOR + 8:g} 72 {FLOOR - 8:g}Z"
    clip, use = _clip(shape)
    return shadow(48) + group(
        clip
        + path(shape, look.scheme.main)
        + face(look, 74, 80, 92, FLOOR - 82, use)
        + rect(70, 62, 100, 8, mix(look.scheme.main, WHITE, 0.35), 0, use)
        + line("M78 75H162", "#00000030", 1.2)
        + path(shape, CYLINDER, 'opacity=".7"'),
        look.scale,
    )


def sack(look: Look) -> str:
    """A big paper bag, folded above: pet food, flour, sugar, charcoal, litter."""
    shape = f"M66 52H174L178 {FLOOR - 6:g}q-2 6 -8 6H70q-6 0 -8 -6Z"
    clip, use = _clip(shape)
    side = path(f"M174 52l10 10 2 {FLOOR - 70:g}-8 {8:g}Z", mix(look.scheme.main, "#000000", 0.3))
    return shadow(62) + group(
        side
        + clip
        + path(shape, look.scheme.main)
        + face(look, 64, 68, 112, FLOOR - 70, use)
        + rect(64, 52, 112, 14, mix(look.scheme.main, "#000000", 0.15), 0, use)
        + line("M66 59H174", WHITE, 1.4, 'stroke-dasharray="4 3" opacity=".7"')
        + path(shape, FLAT),
        look.scale,
    )


def window_bag(look: Look) -> str:
    """A clear bag whose content shows: frozen fruit and vegetables, salads, nuts."""
    shape = _pillow(64, 58, 112, FLOOR - 58)
    clip, use = _clip(shape)
    spots = [
        (88.0, 168.0, 44.0, -20.0),
        (152.0, 170.0, 44.0, 15.0),
        (120.0, 160.0, 46.0, 0.0),
        (100.0, 188.0, 42.0, 30.0),
        (140.0, 188.0, 42.0, -12.0),
    ]
    seal = mix(look.scheme.main, WHITE, 0.2)
    return shadow(54) + group(
        clip
        + path(shape, mix(look.content, WHITE, 0.72))
        + f"<g {use}>"
        + heap(look.motif, spots)
        + _band(look, 60, 74, 120, 62)
        + rect(58, 58, 124, 10, seal)
        + rect(58, FLOOR - 9, 124, 9, seal)
        + "</g>"
        + path(shape, CYLINDER, 'opacity=".6"'),
        look.scale,
    )


def _band(look: Look, x: float, y: float, w: float, h: float, radius: float = 0) -> str:
    """A plain label with brand, kind and size, without a drawing."""
    ground = look.scheme.paper if look.scheme.style in {"paper", "arch"} else look.scheme.main
    ink = ink_on(ground, look.scheme.deep if ground != look.scheme.main else look.scheme.ink)
    centre, room = x + w / 2, w - 14
    two = h > 54
    gap = 15 if look.size and two else 0
    _, tall = brand_line(look, centre, 0, room, ink, min(20, h * 0.42), 1)
    _, low = block(look.kind, centre, 0, room, size=10, least=6, fill=ink, lines=1 + two)
    top = y + (h - tall - low - gap - 1) / 2
    name, _ = brand_line(look, centre, top, room, ink, min(20, h * 0.42), 1)
    kind, _ = block(
        look.kind, centre, top + tall + 1, room, size=10, least=6, fill=ink, lines=1 + two
    )
    edge = rect(x, y + h - 2.5, w, 2.5, look.scheme.accent) if not radius else ""
    pill = badge(look, centre, top + tall + low + 9.5, ink, ground) if gap else ""
    return rect(x, y, w, h, ground, radius) + edge + name + kind + pill


def loaf(look: Look) -> str:
    """Bread or rolls in a clear bag, tied at one end."""
    shape = "M44 118c20 -22 120 -22 142 0 10 12 10 66 0 84-20 9 -122 9 -142 0-12 -18 -12 -72 0 -84Z"
    clip, use = _clip(shape)
    tie = path("M186 150l26 -14c6 -2 6 46 0 44l-26 -12Z", "#f3efe6") + rect(
        184, 148, 8, 20, look.scheme.accent, 3
    )
    spots = [(76.0, 150.0, 78.0, 0.0), (164.0, 150.0, 78.0, 0.0), (120.0, 146.0, 84.0, 0.0)]
    return shadow(84) + group(
        tie
        + clip
        + path(shape, mix(look.content, WHITE, 0.55))
        + f"<g {use}>"
        + heap(look.motif, spots)
        + _band(look, 66, 150, 108, 50)
        + "</g>"
        + path(shape, FLAT)
        + line("M56 122c16 -12 40 -14 60 -14", "#ffffff", 4, 'opacity=".6"'),
        look.scale,
    )


def net(look: Look) -> str:
    """Fruit or roots in a net with a label."""
    spots = [
        (92.0, 120.0, 56.0, -10.0),
        (150.0, 122.0, 56.0, 12.0),
        (120.0, 102.0, 54.0, 0.0),
        (84.0, 168.0, 60.0, -16.0),
        (158.0, 168.0, 60.0, 18.0),
        (121.0, 160.0, 62.0, 4.0),
    ]
    shape = "M104 56h32c6 22 46 46 46 98 0 34 -20 54 -62 54s-62 -20 -62 -54c0 -52 40 -76 46 -98Z"
    mesh = "".join(
        line(f"M{60 + at * 16} 70l60 136M{180 - at * 16} 70l-60 136", look.scheme.main, 1.1)
        for at in range(-1, 7)
    )
    clip, use = _clip(shape)
    return shadow(58) + group(
        heap(look.motif, spots)
        + clip
        + f'<g {use} opacity=".55">{mesh}</g>'
        + rect(102, 46, 36, 14, look.scheme.deep, 3)
        + _band(look, 74, 148, 92, 52, 5)
        + path(shape, FLAT),
        look.scale,
    )


def tray(look: Look) -> str:
    """Meat, fish or deli food on a tray under film."""
    base = "M36 152h168l-10 48q-1 8 -9 8H55q-8 0 -9 -8Z"
    foam = "#2f3437" if look.pick(2, 3) else "#f4f3ee"
    spots = [(80.0, 134.0, 84.0, -12.0), (160.0, 134.0, 84.0, 14.0), (120.0, 130.0, 92.0, 0.0)]
    return shadow(84) + group(
        path(base, foam)
        + heap(look.motif, spots)
        + path("M38 154h164l-6 46q-1 8 -9 8H55q-8 0 -9 -8Z", foam)
        + path("M38 154h164l-6 46q-1 8 -9 8H55q-8 0 -9 -8Z", FLAT)
        + rect(34, 150, 172, 7, mix(foam, WHITE, 0.3), 3.5)
        + path("M62 84c40 -14 90 -10 120 4l-84 58H50Z", WHITE, 'opacity=".18"')
        + _band(look, 58, 162, 124, 40, 4),
        look.scale,
    )


def vacuum(look: Look) -> str:
    """A flat sealed pack: bacon, sausages, sliced meat, cheese."""
    shape = "M52 82h136q6 0 6 6v112q0 8 -8 8H54q-8 0 -8 -8V88q0 -6 6 -6Z"
    clip, use = _clip(shape)
    spots = [(86.0, 176.0, 56.0, -8.0), (120.0, 176.0, 58.0, 0.0), (154.0, 176.0, 56.0, 8.0)]
    return shadow(76) + group(
        clip
        + path(shape, mix(look.content, WHITE, 0.6))
        + f"<g {use}>"
        + heap(look.motif, spots)
        + _band(look, 46, 92, 148, 58)
        + "</g>"
        + path(shape, FLAT)
        + circle(120, 87, 3, "#ffffff")
        + line("M50 202h140", WHITE, 1.4, 'stroke-dasharray="2 2" opacity=".8"'),
        look.scale,
    )


def block_pack(look: Look) -> str:
    """A wrapped block: butter, cream cheese, a bar of soap."""
    side = mix(look.scheme.main, "#000000", 0.25)
    return shadow(80) + group(
        path("M188 132l18 -12v62l-18 14Z", side)
        + path("M42 132l18 -12h146l-18 12Z", mix(look.scheme.paper, WHITE, 0.3))
        + face(look, 42, 132, 146, 64)
        + rect(42, 132, 146, 64, FLAT)
        + path("M42 196h146l18 -14", "none"),
        look.scale,
        y=196,
    )


def bar(look: Look) -> str:
    """A bar in a wrapper with jagged ends."""
    shape = (
        "M36 146l8 6-8 6 8 6-8 6 8 6-8 6 8 6-8 6 8 6h156l8 -6-8 -6 8 -6-8 -6 8 -6-8 -6 8 -6-8 -6 8 -6-8 -6"
        "-156 0Z"
    )
    clip, use = _clip(shape)
    return shadow(84) + group(
        f'<g transform="rotate(-8 120 176)">{clip}'
        + path(shape, look.scheme.main)
        + face(look, 48, 142, 144, 66, use)
        + path(shape, FLAT)
        + "</g>",
        look.scale,
    )


def rolls(look: Look) -> str:
    """Rolls of paper in a wrapper."""
    roll = (
        ellipse(0, 0, 27, 10, WHITE)
        + ellipse(0, 0, 8, 3.4, "#b9a184")
        + path("M-27 0v58q27 14 54 0V0q-27 14 -54 0Z", "#f6f5f1")
        + path("M-27 0v58q27 14 54 0V0q-27 14 -54 0Z", CYLINDER, 'opacity=".35"')
    )
    places = ((66, 92), (120, 92), (174, 92), (66, 146), (120, 146), (174, 146))
    copies = "".join(f'<use href="#o" x="{x}" y="{y}"/>' for x, y in places)
    wrap = "M36 88q84 -18 168 0v116q-84 10 -168 0Z"
    return shadow(86) + group(
        f'<defs><g id="o">{roll}</g></defs>'
        + copies
        + path(wrap, mix(look.scheme.main, WHITE, 0.4), 'opacity=".28"')
        + _band(look, 36, 122, 168, 62)
        + path(wrap, FLAT),
        look.scale,
    )


def tall_rolls(look: Look) -> str:
    """Kitchen rolls, side by side."""
    roll = (
        path("M-36 0v126q36 14 72 0V0q-36 14 -72 0Z", "#f8f7f3")
        + path("M-36 0v126q36 14 72 0V0q-36 14 -72 0Z", CYLINDER, 'opacity=".35"')
        + ellipse(0, 0, 36, 10, WHITE)
        + ellipse(0, 0, 10, 3.4, "#b9a184")
    )
    return shadow(78) + group(
        f'<defs><g id="o">{roll}</g></defs><use href="#o" x="84" y="76"/><use href="#o" x="156" y="76"/>'
        + _band(look, 48, 112, 144, 66)
        + rect(48, 74, 144, 132, FLAT),
        look.scale,
    )


def soft_pack(look: Look) -> str:
    """A soft rounded pack: tissues, wipes, nappies, pads."""
    shape = "M44 92q76 -16 152 0 10 56 0 110-76 12 -152 0-10 -54 0 -110Z"
    clip, use = _clip(shape)
    return shadow(80) + group(
        clip
        + path(shape, look.scheme.main)
        + face(look, 42, 88, 156, 118, use)
        + path(shape, CYLINDER, 'opacity=".55"')
        + line("M44 92q76 -16 152 0", WHITE, 2, 'opacity=".5"'),
        look.scale,
    )


def blister(look: Look) -> str:
    """A card with something under a clear bubble."""
    return shadow(54) + group(
        rect(66, 52, 108, 154, look.scheme.main, 8)
        + circle(120, 64, 5, "#ffffff")
        + rect(66, 52, 108, 154, FLAT, 8)
        + _band(look, 66, 74, 108, 50)
        + rect(78, 128, 84, 70, mix(look.scheme.paper, WHITE, 0.4), 12)
        + place(look.motif, 120, 163, 66)
        + rect(78, 128, 84, 70, FLAT, 12)
        + line("M86 138v40", WHITE, 5, 'opacity=".7"'),
        look.scale,
    )


def egg_box(look: Look) -> str:
    """Eggs in a carton of pulp."""
    pulp = mix("#b9b2a3", look.scheme.main, 0.18)
    eggs = "".join(ellipse(x, 134, 17, 21, colour) for x, colour in _eggs(look))
    lid = "M38 98q0 -8 8 -9 74 -10 148 0 8 1 8 9l2 28H36Z"
    base = "M34 142q14 10 28 0 15 10 29 0 14 10 29 0 15 10 29 0 14 10 29 0 14 8 28 0l-8 60q-1 6 -8 6H50q-7 0 -8 -6Z"
    return shadow(86) + group(
        path(lid, mix(pulp, "#000000", 0.22))
        + eggs
        + path(base, pulp)
        + path(base, FLAT)
        + _band(look, 64, 152, 112, 48, 4),
        look.scale,
    )


def _eggs(look: Look) -> list[tuple[float, str]]:
    shell = ("#f6ead6", "#e0b48a", "#fbf7ee")[look.pick(3, 2)]
    return [(x, mix(shell, "#000000", 0.03 * (x % 2))) for x in (62.0, 91.0, 120.0, 149.0, 178.0)]


def canned_card(look: Look) -> str:
    """A greeting card with its envelope."""
    return shadow(70) + (
        path("M58 96l124 16-12 98-124 -16Z", KRAFT)
        + f'<g transform="rotate(4 120 130)">{rect(74, 56, 100, 140, look.scheme.paper, 3)}'
        + rect(80, 62, 88, 128, mix(look.content, WHITE, 0.75), 2)
        + place(look.motif, 124, 126, 78)
        + rect(74, 56, 100, 140, FLAT, 3)
        + "</g>"
    )


def magazine(look: Look) -> str:
    """A magazine's cover."""
    cover = look.scheme.main
    ink = ink_on(cover, look.scheme.ink)
    name, _tall = brand_line(look, 120, 62, 96, ink, 24)
    kind, _ = block(look.kind, 120, 178, 92, size=11, fill=ink)
    return shadow(58) + (
        path("M170 52l8 4v152l-8 0Z", "#e7e3d8")
        + rect(66, 52, 106, 156, cover)
        + name
        + circle(120, 128, 40, look.content)
        + place(look.motif, 120, 128, 66)
        + kind
        + rect(66, 52, 106, 156, FLAT)
    )


def newspaper(look: Look) -> str:
    """A folded newspaper."""
    name, _ = block(
        look.brand, 120, 78, 120, size=20, lines=1, fill="#26221c", serif=True, bold=True
    )
    rows = "".join(
        line(f"M{x} {y}h{w}", "#6d675d", 2)
        for y in range(126, 196, 9)
        for x, w in ((58, 52), (130, 52))
        if not (x == 130 and y < 170)
    )
    return shadow(78) + (
        rect(46, 66, 148, 140, "#f3efe4", 3)
        + name
        + line("M56 106h128M56 112h128", "#26221c", 1.2)
        + rows
        + rect(130, 122, 52, 44, "#d9d3c4")
        + place(look.motif, 156, 144, 40)
        + rect(46, 66, 148, 140, FLAT, 3)
    )
