"""Cans, bottles, jars, tubs, jugs, tubes: round things with a label around them."""

from shop.pictures.colours import WHITE, mix
from shop.pictures.shapes.parts import (
    CYLINDER,
    FLAT,
    FLOOR,
    Look,
    ellipse,
    face,
    group,
    line,
    outline,
    path,
    rect,
    shadow,
)

METAL, METAL_DARK, GLASS = "#cfd4d6", "#9aa2a6", "#e4efee"


def _clip(d: str, name: str = "k") -> tuple[str, str]:
    return f'<clipPath id="{name}"><path d="{d}"/></clipPath>', f'clip-path="url(#{name})"'


def _round_box(x: float, y: float, w: float, h: float, bulge: float) -> str:
    """A cylinder seen a little from above: both ends bend downwards."""
    return f"M{x:g} {y:g}q{w / 2:g} {bulge:g} {w:g} 0v{h:g}q{-w / 2:g} {bulge:g} {-w:g} 0Z"


def can(look: Look, w: float = 104, h: float = 138) -> str:
    """A food can with metal rims."""
    x, y = 120 - w / 2, FLOOR - h
    body = _round_box(x, y, w, h - 6, 9)
    wrap = _round_box(x, y + 9, w, h - 22, 9)
    clip, use = _clip(wrap)
    lid = ellipse(120, y, w / 2, 8, METAL_DARK) + ellipse(120, y - 0.5, w / 2 - 3, 6.3, "#dfe4e5")
    ring = line(f"M112 {y - 1:g}q8 -4 16 0", METAL_DARK, 1.6) if h < 100 else ""
    inside = (
        path(body, METAL)
        + clip
        + face(look, x, y + 12, w, h - 20, use)
        + path(body, CYLINDER)
        + lid
        + ring
    )
    return shadow(w / 2) + group(inside, look.scale)


def tin(look: Look) -> str:
    """A low round can: fish, pet food."""
    return can(look, 132, 82)


def soda(look: Look) -> str:
    """Beverage cans, one to three in view."""
    shown = 3 if look.count >= 4 else 1
    w, h = (60.0, 122.0) if shown > 1 else (70.0, 142.0)
    places = ((74.0, 0.94), (166.0, 0.94), (120.0, 1.0)) if shown > 1 else ((120.0, 1.0),)
    out = shadow(78 if shown > 1 else 36)
    one = _soda(look, w, h)
    parts = f'<defs><g id="o">{one}</g></defs>'
    for x, size in places:
        dy = FLOOR * (1 - size) - (8 if size < 1 else 0)
        out += f'<use href="#o" transform="translate({x - 120 * size:g} {dy:g}) scale({size:g})"/>'
    return parts + out


def _soda(look: Look, w: float, h: float) -> str:
    y = FLOOR - h
    half = w / 2
    body = outline([(half - 6, y), (half, y + 12), (half, FLOOR - 10), (half - 7, FLOOR)])
    clip, use = _clip(body)
    return (
        clip
        + path(body, METAL)
        + face(look, 120 - half, y + 8, w, h - 15, use)
        + path(body, CYLINDER)
        + ellipse(120, y, half - 5, 4.5, METAL_DARK)
        + ellipse(120, y - 0.6, half - 7, 3.4, "#e6eaeb")
    )


def _bottle(
    look: Look,
    points: list[tuple[float, float]],
    *,
    glass: str,
    cap: tuple[float, float, float, str],
    band: tuple[float, float, float],
) -> str:
    """A bottle by its profile, its cap (half width, top, bottom, colour) and the label's band
    (half width, top, bottom)."""
    body = outline(points)
    clip, use = _clip(body)
    half, top, bottom = band
    wide = max(one for one, _ in points)
    hat, up, down, colour = cap
    return shadow(wide) + group(
        clip
        + path(body, glass)
        + face(look, 120 - half, top, half * 2, bottom - top, use)
        + path(body, CYLINDER)
        + rect(120 - hat, up, hat * 2, down - up, colour, 2.5)
        + rect(120 - hat, up, hat * 2, down - up, CYLINDER, 2.5)
        + (line(f"M{120 - hat + 2:g} {down - 3:g}h{hat * 2 - 4:g}", "#0003", 1) if hat > 8 else ""),
        look.scale,
    )


def pop(look: Look) -> str:
    """A plastic bottle of a fizzy drink: the drink shows above the label."""
    glass = mix(look.content, "#3a1d12", 0.35)
    return _bottle(
        look,
        [(11, 44), (12, 58), (37, 92), (37, 108), (34, 150), (38, 180), (38, 200), (33, FLOOR)],
        glass=glass,
        cap=(13, 32, 48, look.scheme.main),
        band=(38, 96, 168),
    )


def water(look: Look) -> str:
    """A clear bottle of water."""
    ribs = "".join(
        line(f"M86 {y}q34 6 68 0", "#ffffff", 1.6, 'opacity=".7"') for y in (178, 188, 198)
    )
    return (
        _bottle(
            look,
            [(11, 44), (12, 56), (35, 88), (35, 104), (35, 168), (34, 190), (31, FLOOR)],
            glass="#bfe0ee",
            cap=(12, 32, 47, look.scheme.main),
            band=(36, 96, 168),
        )
        + ribs
    )


def jug_water(look: Look) -> str:
    return milk(look, "#cfe6ef", "#2b78b8")


def juice(look: Look) -> str:
    """A squat bottle of juice with a wide cap."""
    return _bottle(
        look,
        [(18, 48), (19, 58), (44, 88), (44, 110), (44, 178), (44, 196), (40, FLOOR)],
        glass=mix(look.content, WHITE, 0.12),
        cap=(20, 34, 52, WHITE),
        band=(44, 94, 190),
    )


def sauce(look: Look) -> str:
    """A narrow glass bottle: ketchup, dressing, oil, syrup, vinegar."""
    return _bottle(
        look,
        [(11, 40), (12, 72), (34, 104), (35, 120), (35, 190), (33, FLOOR)],
        glass=look.content,
        cap=(13, 22, 46, look.scheme.deep),
        band=(35, 108, 194),
    )


def squeeze(look: Look) -> str:
    """A soft bottle with a pointed cap."""
    nozzle = path("M114 44L118 22H122L126 44Z", look.scheme.accent)
    return (
        _bottle(
            look,
            [(20, 58), (34, 82), (33, 130), (38, 180), (36, 204), (34, FLOOR)],
            glass=mix(look.content, WHITE, 0.1),
            cap=(20, 42, 60, look.scheme.accent),
            band=(38, 84, 190),
        )
        + nozzle
    )


def wine(look: Look) -> str:
    """A wine bottle with a foil and a paper label."""
    glass = "#2c3a2a" if look.pick(3) else "#3a2024"
    return _bottle(
        look,
        [(9, 28), (9, 74), (32, 112), (33, 128), (33, 196), (31, FLOOR)],
        glass=glass,
        cap=(10, 24, 66, look.scheme.main),
        band=(33, 122, 192),
    )


def beer(look: Look) -> str:
    """Brown bottles, one or three."""
    return _bottle(
        look,
        [(9, 36), (10, 66), (31, 106), (32, 120), (32, 196), (30, FLOOR)],
        glass="#6b3f1c",
        cap=(11, 30, 40, look.scheme.accent),
        band=(32, 114, 188),
    )


def spirits(look: Look) -> str:
    """A square-shouldered bottle of clear glass."""
    return _bottle(
        look,
        [(10, 38), (10, 70), (40, 86), (41, 100), (41, 200), (38, FLOOR)],
        glass=mix(look.content, WHITE, 0.25),
        cap=(12, 24, 48, look.scheme.deep),
        band=(38, 102, 196),
    )


def milk(look: Look, body: str = "", cap: str = "") -> str:
    """A gallon jug with a handle."""
    tint = body or mix(look.content, WHITE, 0.55)
    lid = cap or look.scheme.main
    shape = outline([(13, 50), (14, 58), (50, 92), (52, 110), (52, 196), (47, FLOOR)])
    clip, _use = _clip(shape)
    hole = path(
        "M150 92c8 2 12 8 12 18v14c0 6-10 6-10 0v-12c0-6-4-10-6-12-2-4 0-9 4-8z", "#0000001f"
    )
    panel = group(
        clip
        + path(shape, tint)
        + face(look, 76, 104, 76, 96, "")
        + hole
        + path(shape, CYLINDER, 'opacity=".7"')
        + rect(105, 34, 30, 18, lid, 3)
        + rect(105, 34, 30, 18, CYLINDER, 3),
        look.scale,
    )
    return shadow(52) + panel


def detergent(look: Look) -> str:
    """A jug of detergent: coloured plastic, a handle and a big cap."""
    colour = look.scheme.main
    body = "M78 208c-6 0-9-4-9-10V104c0-22 10-34 30-36l34-2c22 0 38 14 38 40v92c0 6-3 10-9 10Z"
    clip, _use = _clip(body)
    handle = (
        '<path fill-rule="evenodd" d="M126 74c26-6 50 6 50 34v34c0 10-14 10-14 0v-30'
        'c0-16-12-20-30-18Z" fill="' + mix(colour, "#000000", 0.12) + '"/>'
    )
    return shadow(56) + group(
        clip
        + path(body, colour)
        + face(look, 76, 98, 78, 102, "")
        + path(body, FLAT)
        + handle
        + rect(84, 38, 40, 32, look.scheme.accent, 5)
        + rect(84, 38, 40, 32, CYLINDER, 5),
        look.scale,
    )


def trigger(look: Look) -> str:
    """A cleaner with a trigger."""
    body = outline([(13, 78), (14, 88), (36, 122), (37, 150), (34, 180), (38, 200), (36, FLOOR)])
    clip, use = _clip(body)
    head = path("M92 44h44c10 0 16 6 16 14l-14 2v18h-30V62H92l-8-4v-8Z", look.scheme.deep)
    pull = path("M100 62c0 12-4 18-10 24l6 3c7-6 11-14 12-27Z", look.scheme.accent)
    return shadow(37) + group(
        clip
        + path(body, mix(look.content, WHITE, 0.2))
        + face(look, 82, 112, 76, 88, use)
        + path(body, CYLINDER)
        + pull
        + head,
        look.scale,
    )


def spray(look: Look) -> str:
    """An aerosol can."""
    body = outline([(20, 70), (30, 82), (31, 90), (31, 200), (29, FLOOR)])
    clip, use = _clip(body)
    return shadow(31) + group(
        clip
        + path(body, METAL)
        + face(look, 89, 84, 62, 118, use)
        + path(body, CYLINDER)
        + rect(102, 40, 36, 32, look.scheme.accent, 6)
        + rect(102, 40, 36, 32, CYLINDER, 6)
        + rect(113, 34, 14, 10, WHITE, 3),
        look.scale,
    )


def pump(look: Look) -> str:
    """A dispenser of liquid soap or lotion."""
    body = outline([(14, 84), (36, 100), (38, 114), (38, 196), (34, FLOOR)])
    clip, use = _clip(body)
    head = (
        path("M116 50h8v30h-8Z", "#d9dcda")
        + path("M84 40c14-6 36-8 50-4v14H98l-12-2Z", look.scheme.deep)
        + rect(106, 70, 28, 16, look.scheme.deep, 3)
    )
    return shadow(38) + group(
        head
        + clip
        + path(body, mix(look.content, WHITE, 0.3))
        + face(look, 82, 106, 76, 92, use)
        + path(body, CYLINDER),
        look.scale,
    )


def pills(look: Look) -> str:
    """A small bottle with a safety cap."""
    body = outline([(24, 82), (40, 98), (40, 110), (40, 198), (37, FLOOR)])
    clip, use = _clip(body)
    ridges = "".join(line(f"M{x} 56v18", "#0000001c", 2) for x in range(98, 146, 6))
    return shadow(40) + group(
        clip
        + path(body, WHITE)
        + face(look, 80, 102, 80, 96, use)
        + path(body, CYLINDER)
        + rect(92, 50, 56, 32, "#f4f5f3", 4)
        + ridges
        + rect(92, 50, 56, 32, CYLINDER, 4),
        look.scale,
    )


def jar(look: Look) -> str:
    """A glass jar with a metal lid; its content shows above the label."""
    body = outline([(37, 74), (48, 92), (49, 106), (49, 194), (45, FLOOR)])
    clip, use = _clip(body)
    inside = mix(look.content, "#5a3a1a", 0.12)
    return shadow(49) + group(
        clip
        + path(body, GLASS)
        + rect(72, 82, 96, 130, inside, 0, use)
        + face(look, 71, 104, 98, 90, use)
        + path(body, CYLINDER)
        + line("M84 96v104", "#ffffff", 3, 'opacity=".5"')
        + rect(80, 52, 80, 24, look.scheme.main, 4)
        + rect(80, 52, 80, 24, CYLINDER, 4)
        + line("M82 71h76", "#00000026", 1.4),
        look.scale,
    )


def tub(look: Look, top: float = 54, bottom: float = 44, h: float = 96) -> str:
    """A round tub, wider above: margarine, dips, ice cream."""
    y = FLOOR - h
    body = (
        f"M{120 - top:g} {y:g}h{2 * top:g}l{bottom - top:g} {h:g}q{-bottom:g} 8 {-2 * bottom:g} 0Z"
    )
    clip, use = _clip(body)
    lid = look.scheme.accent if look.scheme.style != "paper" else look.scheme.main
    return shadow(bottom) + group(
        clip
        + path(body, look.scheme.paper)
        + face(look, 120 - top, y + 3, top * 2, h + 4, use)
        + path(body, CYLINDER)
        + rect(115 - top, y - 12, top * 2 + 10, 15, lid, 4)
        + rect(115 - top, y - 12, top * 2 + 10, 15, CYLINDER, 4),
        look.scale,
    )


def pint(look: Look) -> str:
    return tub(look, 46, 38, 118)


def low_tub(look: Look) -> str:
    return tub(look, 66, 58, 72)


def cups(look: Look) -> str:
    """Yoghurt pots, one or a pack of them."""
    one = _cup(look)
    if look.count < 2:
        return shadow(38) + group(one, 1.12)
    spots = ((76, 0.86, 14), (164, 0.86, 14), (120, 0.98, 0))
    out = f'<defs><g id="o">{one}</g></defs>' + shadow(84)
    for x, size, up in spots:
        dy = FLOOR * (1 - size) - up
        out += f'<use href="#o" transform="translate({x - 120 * size:g} {dy:g}) scale({size:g})"/>'
    return out


def _cup(look: Look) -> str:
    body = f"M78 108h84l-9 {FLOOR - 108:g}q-33 7 -66 0Z"
    clip, use = _clip(body)
    return (
        clip
        + path(body, look.scheme.paper)
        + face(look, 80, 108, 80, 104, use)
        + path(body, CYLINDER)
        + path("M74 104q46 -12 92 0l2 5q-48 8 -96 0Z", "#dfe3e4")
        + path("M164 104l10 8-8 3Z", "#c6cccd")
    )


def tube(look: Look) -> str:
    """A tube standing on its cap."""
    body = "M82 40h76l-12 136h-52Z"
    clip, use = _clip(body)
    return shadow(30) + group(
        clip
        + path(body, look.scheme.paper)
        + face(look, 86, 48, 68, 124, use)
        + path(body, CYLINDER, 'opacity=".7"')
        + rect(82, 36, 76, 8, mix(look.scheme.main, "#000000", 0.1), 1.5)
        + rect(96, 176, 48, 32, look.scheme.accent, 4)
        + rect(96, 176, 48, 32, CYLINDER, 4),
        look.scale,
    )


def canister(look: Look) -> str:
    """A tall round box: chips, cocoa, oats, nuts, formula, salt."""
    x, w, y = 84.0, 72.0, 60.0
    body = _round_box(x, y, w, FLOOR - y - 5, 7)
    clip, use = _clip(body)
    return shadow(38) + group(
        clip
        + path(body, look.scheme.main)
        + face(look, x, y + 6, w, FLOOR - y - 3, use)
        + path(body, CYLINDER)
        + path(_round_box(x - 2, y - 12, w + 4, 12, 7), look.scheme.accent)
        + path(_round_box(x - 2, y - 12, w + 4, 12, 7), CYLINDER)
        + ellipse(120, y - 12, w / 2 + 2, 6.5, mix(look.scheme.accent, WHITE, 0.35)),
        look.scale,
    )


def drum(look: Look) -> str:
    """A wider round box."""
    x, w, y = 68.0, 104.0, 92.0
    body = _round_box(x, y, w, FLOOR - y - 6, 9)
    clip, use = _clip(body)
    return shadow(52) + group(
        clip
        + path(body, look.scheme.main)
        + face(look, x, y + 8, w, FLOOR - y - 4, use)
        + path(body, CYLINDER)
        + path(_round_box(x - 2, y - 14, w + 4, 14, 9), look.scheme.accent)
        + path(_round_box(x - 2, y - 14, w + 4, 14, 9), CYLINDER)
        + ellipse(120, y - 14, w / 2 + 2, 8.5, mix(look.scheme.accent, WHITE, 0.35)),
        look.scale,
    )


def spice(look: Look) -> str:
    """A small jar with a shaker's lid."""
    body = outline([(26, 84), (32, 92), (33, 104), (33, 200), (31, FLOOR)])
    clip, use = _clip(body)
    return shadow(33) + group(
        clip
        + path(body, GLASS)
        + rect(86, 92, 70, 118, look.content, 0, use)
        + face(look, 87, 108, 66, 84, use)
        + path(body, CYLINDER)
        + rect(91, 54, 58, 32, look.scheme.deep, 5)
        + rect(91, 54, 58, 32, CYLINDER, 5),
        look.scale,
    )
