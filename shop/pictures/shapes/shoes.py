"""Shoes from the side: one last, many soles, collars and colourways."""

from shop.pictures.colours import INK, WHITE, luminance, mix
from shop.pictures.shapes.parts import FLAT, Look, ellipse, line, mark, path, rect, shadow

LOW = (
    "M46 166C38 140 36 118 44 98q6 -8 16 -2C68 112 86 116 98 104L110 88q10 -6 16 4"
    "C138 114 154 126 178 134 200 140 212 150 212 168Z"
)
MID = (
    "M46 166C38 130 38 100 44 74q8 -8 20 -2 18 8 36 -4 14 -8 18 2 4 16 10 28"
    "C140 116 156 127 178 134 200 140 212 150 212 168Z"
)
HIGH = (
    "M46 166C40 120 42 82 44 50q6 -8 20 -4 18 6 36 -2 14 -6 18 4 0 34 8 52"
    "C138 118 156 127 178 134 200 140 212 150 212 168Z"
)
TOE = "M166 130C196 138 212 150 212 168H158q-4 -22 8 -38Z"
HEEL = "M46 166C40 142 37 122 42 102q14 8 26 64Z"


def _colours(look: Look) -> tuple[str, str, str]:
    """Upper, trim and sole of the colourway."""
    upper = look.colour or look.scheme.main
    dark = luminance(upper) < 0.25
    trim = look.scheme.accent if dark else mix(look.scheme.main, upper, 0.15)
    if upper == look.scheme.main:
        trim = look.scheme.accent
    return upper, trim, "#f4f2ec" if look.pick(3, 2) or dark else mix(upper, WHITE, 0.6)


def _sign(look: Look, trim: str, upper: str) -> str:
    """The brand's sign on the side of the shoe."""
    form = look.seed // 4096 % 5
    if form == 0:
        return "".join(line(f"M{x} 158l16 -34", trim, 6) for x in (92, 108, 124))
    if form == 1:
        return path("M78 148c20 10 56 4 84 -22-22 36-62 46-84 22Z", trim)
    if form == 2:
        return line("M86 130l22 26 34 -36", trim, 7)
    if form == 3:
        return line("M82 154q14 -24 30 -6t34 -14", trim, 6)
    return mark(look, 110, 142, 13, trim, upper)


def _laces(colour: str, top: int) -> str:
    steps = ((114, 104), (124, 114), (136, 122), (149, 129))
    out = "".join(line(f"M{x - 9} {y + 5}l16 -9", colour, 3.2) for x, y in steps)
    for y in range(top, 96, 12):
        out += line(f"M106 {y + 3}l16 -5", colour, 3.2)
    return out


def _shoe(look: Look, body: str, sole: str, laces: int = 96) -> str:
    upper, trim, _ = _colours(look)
    lace = WHITE if luminance(upper) < 0.55 else mix(upper, INK, 0.7)
    tongue = path("M96 108l12 -26q12 -8 20 6l6 22Z", mix(upper, INK, 0.25)) if laces == 96 else ""
    return (
        shadow(92, y=197)
        + tongue
        + path(body, upper)
        + path(HEEL, mix(upper, trim, 0.55), 'opacity=".9"')
        + path(TOE, mix(upper, INK, 0.12))
        + line(
            "M64 112q-8 28 2 54M158 134q-8 14 -4 32",
            mix(upper, INK, 0.3),
            1.2,
            'stroke-dasharray="3 2.5"',
        )
        + _sign(look, trim, upper)
        + path(body, FLAT)
        + _laces(lace, laces)
        + sole
    )


def runner(look: Look) -> str:
    _, trim, sole = _colours(look)
    thick = look.pick(3, 4)
    top = (160, 156, 152)[thick]
    foam = f"M36 {top + 8}q0 -8 10 -8c40 6 90 8 166 2 8 2 8 12 4 20q-6 12 -20 12H58q-18 0 -22 -14Z"
    tread = line("M54 194h144q12 0 18 -10", mix(trim, INK, 0.3), 4.5)
    wave = line(f"M44 {top + 14}q30 -6 60 4t70 -2", mix(sole, trim, 0.7), 3)
    return _shoe(look, LOW, path(foam, sole) + wave + path(foam, FLAT) + tread)


def court(look: Look) -> str:
    """Flat soled: tennis, skate, training."""
    _, trim, sole = _colours(look)
    flat = "M38 168q0 -6 6 -6h166q8 2 7 16 -1 16 -10 16H46q-8 0 -8 -10Z"
    return _shoe(look, LOW, path(flat, sole) + line("M44 184h168", trim, 3) + path(flat, FLAT))


def trail(look: Look) -> str:
    _, trim, sole = _colours(look)
    return _shoe(look, LOW, _lugs(sole, mix(trim, INK, 0.55)))


def _lugs(sole: str, rubber: str) -> str:
    foam = "M36 166q0 -8 10 -8c50 6 100 6 166 2 8 4 8 12 4 18H42q-6 -4 -6 -12Z"
    teeth = "".join("v8h11v-8h8" for _ in range(9))
    return (
        path(foam, sole)
        + path(foam, FLAT)
        + path("M38 176H216l-4 12H210V188H44Z", rubber)
        + path(f"M44 186{teeth}Z", rubber)
    )


def boot(look: Look) -> str:
    upper, trim, _ = _colours(look)
    return _shoe(look, HIGH, _lugs(mix(upper, INK, 0.35), mix(INK, trim, 0.1)), 50)


def hike(look: Look) -> str:
    upper, trim, _ = _colours(look)
    return _shoe(look, MID, _lugs(mix(upper, INK, 0.35), mix(INK, trim, 0.1)), 74)


def hoop(look: Look) -> str:
    """High for basketball."""
    _, trim, sole = _colours(look)
    flat = "M36 168q0 -8 8 -8h168q8 2 6 18 -2 16 -12 16H48q-10 0 -12 -12Z"
    return _shoe(
        look, HIGH, path(flat, sole) + line("M48 180q60 8 160 -2", trim, 3.4) + path(flat, FLAT), 50
    )


def football(look: Look) -> str:
    """A boot with studs."""
    upper, trim, _ = _colours(look)
    plate = "M38 164q90 10 176 2 6 12 -8 16-80 6 -156 0-14 -4 -12 -18Z"
    studs = "".join(path(f"M{x} 180h14l-3 16h-8Z", trim) for x in (48, 72, 128, 154, 184))
    return _shoe(look, LOW, studs + path(plate, mix(upper, INK, 0.45)) + path(plate, FLAT))


def slip_on(look: Look) -> str:
    """Without laces."""
    upper, trim, sole = _colours(look)
    flat = "M36 168q0 -8 8 -8h168q8 2 6 18 -2 16 -12 16H48q-10 0 -12 -12Z"
    body = (
        "M46 166C38 142 38 124 44 108q8 -8 18 0c10 12 30 16 46 8 20 -6 40 6 70 18 22 6 34 16 34 34Z"
    )
    return (
        shadow(92, y=197)
        + path(body, upper)
        + path("M62 110c10 10 30 14 46 8l8 4q-30 18 -58 -4Z", mix(upper, INK, 0.45))
        + path(TOE, mix(upper, INK, 0.1))
        + _sign(look, trim, upper)
        + path(body, FLAT)
        + path(flat, sole)
        + path(flat, FLAT)
    )


def sandal(look: Look) -> str:
    upper, trim, _ = _colours(look)
    bed = (
        "M34 172q4 -12 22 -8c50 10 90 -4 130 0 24 2 32 8 30 18-2 10 -10 12 -22 12H54q-18 0 -20 -22Z"
    )
    strap = 17
    return (
        shadow(92, y=197)
        + line("M58 166C60 132 84 122 108 164", upper, strap)
        + line("M108 168C124 118 160 120 182 166", upper, strap + 3)
        + line("M84 138C110 130 130 128 146 132", mix(upper, INK, 0.2), 10)
        + rect(122, 122, 20, 16, trim, 3)
        + path(bed, mix(upper, INK, 0.35))
        + line("M44 178q80 10 168 0", trim, 3)
        + path(bed, FLAT)
    )


def slide(look: Look) -> str:
    upper, trim, _ = _colours(look)
    bed = (
        "M32 168q4 -12 22 -8c50 12 96 2 136 4 22 2 28 10 26 18-2 12 -12 14 -24 14H54q-20 0 -22 -28Z"
    )
    return (
        shadow(92, y=197)
        + path("M96 176C96 128 126 108 156 116 186 124 200 148 198 176Z", upper)
        + path("M96 176C96 128 126 108 156 116 186 124 200 148 198 176Z", FLAT)
        + mark(look, 148, 146, 14, trim, upper)
        + path(bed, mix(upper, WHITE, 0.25))
        + path(bed, FLAT)
    )


def socks(look: Look) -> str:
    upper, trim, _ = _colours(look)
    one = "M92 46h48v78q0 12 12 18l30 16q18 10 12 26-4 10 -18 8l-58 -12q-26 -6 -26 -34Z"
    return shadow(64, y=200) + "".join(
        f'<g transform="translate({dx} {dy})">'
        + path(one, mix(upper, INK, shade))
        + rect(92, 46, 48, 16, trim)
        + line("M92 72h48M92 80h48", trim, 3)
        + path("M160 146l22 12q18 10 12 26-4 10 -18 8l-16 -4q-12 -20 0 -42Z", trim, 'opacity=".85"')
        + path(one, FLAT)
        + "</g>"
        for dx, dy, shade in ((-34, -6, 0.18), (0, 6, 0.0))
    )


def insole(look: Look) -> str:
    upper, trim, _ = _colours(look)
    one = "M0 -78c26 0 34 30 28 58-6 26 -4 34 2 58 6 26 -8 44 -28 44s-34 -20 -28 -46c6 -26 4 -32 -2 -56-8 -32 4 -58 28 -58Z"
    return shadow(70, y=204) + "".join(
        f'<g transform="translate({x} 122) rotate({turn}) scale({flip} 1)">{path(one, upper)}'
        + ellipse(0, 52, 18, 22, trim)
        + line("M-8 -50q16 -8 28 6", mix(upper, INK, 0.25), 2)
        + path(one, FLAT)
        + "</g>"
        for x, turn, flip in ((84, -6, -1), (154, 6, 1))
    )


def laces(look: Look) -> str:
    upper, trim, _ = _colours(look)
    return (
        shadow(60)
        + line("M70 60q100 20 60 60t20 60", upper, 8)
        + line("M168 58q-110 30 -60 66t-20 62", mix(upper, INK, 0.15), 8)
        + rect(78, 108, 84, 44, trim, 8)
        + mark(look, 120, 130, 13, WHITE, trim)
    )
