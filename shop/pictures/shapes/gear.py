"""Outdoor things and small electronics, in the colour they are sold in."""

from shop.pictures.colours import INK, WHITE, luminance, mix
from shop.pictures.shapes.parts import (
    CYLINDER,
    FLAT,
    FLOOR,
    Look,
    circle,
    ellipse,
    line,
    mark,
    outline,
    path,
    rect,
    shadow,
)

SCREEN, STEEL = "#14181d", "#c9ced2"


def _tones(look: Look) -> tuple[str, str, str, str]:
    """The thing's colour, a darker and a lighter one of it, and an accent."""
    own = look.colour or look.scheme.main
    accent = look.scheme.accent if luminance(own) < 0.4 else look.scheme.main
    return own, mix(own, INK, 0.35), mix(own, WHITE, 0.35), accent


def headphones(look: Look) -> str:
    own, dark, light, accent = _tones(look)
    cup = 'rx="20" ry="33"'
    out = line("M62 140C58 40 182 40 178 140", dark, 11) + line(
        "M70 108C78 54 162 54 170 108", light, 4
    )
    for x, turn in ((66, 6), (174, -6)):
        out += f'<g transform="rotate({turn} {x} 150)"><ellipse cx="{x + (10 if x < 120 else -10)}" cy="152" {cup} fill="{mix(INK, own, 0.15)}"/>'
        out += (
            ellipse(x, 152, 19, 35, own)
            + ellipse(x, 152, 19, 35, FLAT)
            + mark(look, x, 152, 8, accent, own)
            + "</g>"
        )
    return shadow(66, y=198) + out


def headset(look: Look) -> str:
    _own, dark, _, accent = _tones(look)
    boom = line("M62 172q10 30 44 26", dark, 5) + circle(112, 197, 7, accent)
    return headphones(look) + boom


def earbuds(look: Look) -> str:
    own, dark, light, accent = _tones(look)
    case = rect(64, 116, 112, 84, own, 34)
    buds = "".join(
        rect(x - 7, 78, 14, 52, own, 7)
        + circle(x, 78, 17, light)
        + circle(x + d, 74, 8, dark)
        + rect(x - 7, 78, 14, 52, FLAT, 7)
        for x, d in ((94, -9), (146, 9))
    )
    return (
        shadow(58)
        + buds
        + case
        + rect(64, 116, 112, 84, FLAT, 34)
        + line("M66 140h108", dark, 2)
        + circle(120, 152, 3, accent)
        + mark(look, 120, 174, 9, mix(own, INK, 0.3) if luminance(own) > 0.3 else light, own)
    )


def in_ear(look: Look) -> str:
    own, dark, light, _ = _tones(look)
    cord = line("M92 104C60 150 96 190 120 206M148 104c32 46 -4 86 -28 102", dark, 3.4)
    return (
        shadow(30)
        + cord
        + "".join(
            ellipse(x, 92, 20, 24, own)
            + circle(x + d, 84, 11, light)
            + ellipse(x, 92, 20, 24, FLAT)
            for x, d in ((88, -12), (152, 12))
        )
    )


def speaker(look: Look) -> str:
    own, dark, light, accent = _tones(look)
    if look.pick(2, 5):
        mesh = "".join(
            line(f"M48 {y}h144", mix(own, INK, 0.25), 1, 'stroke-dasharray="2 3"')
            for y in range(106, 190, 6)
        )
        return shadow(84, y=202) + (
            line("M64 100q56 -40 112 0", dark, 6)
            + rect(36, 96, 168, 104, own, 44)
            + mesh
            + rect(36, 96, 168, 104, FLAT, 44)
            + rect(92, 136, 56, 24, dark, 12)
            + mark(look, 120, 148, 8, accent, dark)
        )
    body = outline([(44, 60), (50, 74), (50, 194), (44, FLOOR)])
    dots = "".join(
        circle(x, y, 1.7, mix(own, INK, 0.4))
        for y in range(92, 176, 10)
        for x in range(80, 164, 10)
    )
    return shadow(50) + (
        path(body, own)
        + dots
        + path(body, CYLINDER, 'opacity=".7"')
        + ellipse(120, 61, 43, 8, dark)
        + ellipse(120, 60, 30, 5, accent)
        + rect(98, 182, 44, 16, dark, 8)
        + mark(look, 120, 190, 5, light, dark)
    )


def bookshelf(look: Look) -> str:
    _own, _dark, _, accent = _tones(look)
    wood = look.colour or "#8a5a38"
    return shadow(86) + "".join(
        rect(x, 66, 74, 140, wood, 5)
        + rect(x, 66, 74, 140, FLAT, 5)
        + rect(x + 7, 73, 60, 126, "#202327", 3)
        + circle(x + 37, 98, 13, "#3a3f45")
        + circle(x + 37, 98, 5, accent)
        + circle(x + 37, 155, 27, "#3a3f45")
        + circle(x + 37, 155, 20, "#24282c")
        + circle(x + 37, 155, 8, "#4b525a")
        for x in (38, 128)
    )


def charger(look: Look) -> str:
    own, dark, _light, accent = _tones(look)
    return shadow(52) + (
        rect(98, 52, 9, 34, STEEL, 2)
        + rect(133, 52, 9, 34, STEEL, 2)
        + rect(72, 80, 96, 126, own, 20)
        + rect(72, 80, 96, 126, FLAT, 20)
        + mark(look, 120, 122, 15, accent if luminance(own) < 0.5 else dark, own)
        + rect(106, 168, 28, 10, SCREEN, 5)
        + rect(111, 171, 18, 3, "#59616b", 1.5)
    )


def power_bank(look: Look) -> str:
    own, dark, _light, accent = _tones(look)
    lights = "".join(
        circle(102 + at * 12, 176, 2.6, "#7ee0a8" if at < 3 else dark) for at in range(4)
    )
    return shadow(50) + (
        rect(74, 48, 92, 158, own, 16)
        + rect(74, 48, 92, 158, FLAT, 16)
        + mark(look, 120, 108, 17, accent if luminance(own) < 0.5 else dark, own)
        + lights
        + rect(104, 48, 32, 7, SCREEN, 3)
    )


def pad(look: Look) -> str:
    own, dark, _light, accent = _tones(look)
    return shadow(78, y=196) + (
        ellipse(120, 176, 82, 26, dark)
        + ellipse(120, 168, 82, 26, own)
        + ellipse(120, 168, 82, 26, FLAT)
        + ellipse(120, 168, 62, 18, mix(own, INK, 0.15))
        + path("M124 156l-14 14h9l-4 11 15 -15h-10Z", accent)
        + line("M200 176q30 6 16 28", dark, 4)
    )


def cable(look: Look) -> str:
    own, dark, light, accent = _tones(look)
    plug = rect(-8, -26, 16, 30, dark, 5) + rect(-5, -38, 10, 14, STEEL, 3)
    return shadow(70, y=200) + (
        line("M70 64C40 150 190 60 190 132S90 214 84 150 176 90 172 186", own, 8)
        + line(
            "M70 64C40 150 190 60 190 132S90 214 84 150 176 90 172 186",
            light,
            2,
            'stroke-dasharray="3 4"',
        )
        + f'<g transform="translate(72 66) rotate(12)">{plug}</g>'
        + f'<g transform="translate(172 186) rotate(186)">{plug}</g>'
        + rect(96, 108, 46, 20, accent, 6)
        + mark(look, 119, 118, 7, WHITE, accent)
    )


def strip(look: Look) -> str:
    own, dark, _light, accent = _tones(look)
    sockets = "".join(
        rect(x, 142, 24, 30, mix(own, INK, 0.15), 6)
        + circle(x + 8, 154, 2.4, INK)
        + circle(x + 16, 154, 2.4, INK)
        + rect(x + 9, 161, 6, 5, INK, 2)
        for x in (46, 78, 110, 142, 174)
    )
    return shadow(92, y=190) + (
        line("M34 156C0 150 20 90 60 100", dark, 6)
        + rect(30, 128, 180, 58, own, 14)
        + rect(30, 128, 180, 58, FLAT, 14)
        + sockets
        + circle(201, 136, 3, accent)
    )


def keyboard(look: Look) -> str:
    own, dark, light, accent = _tones(look)
    keys = ""
    for row, y in enumerate((134, 147, 160)):
        keys += f'<path d="M{40 + row * 3} {y}h{158 - row * 3}" fill="none" stroke="{light}" stroke-width="9" stroke-dasharray="9.5 3"/>'
    return shadow(96, y=190) + (
        rect(28, 122, 184, 62, own, 9)
        + rect(28, 180, 184, 8, dark, 4)
        + keys
        + rect(78, 170, 84, 8, light, 3)
        + rect(40, 129.5, 9.5, 9, accent, 1)
        + rect(189, 155.5, 9, 9, accent, 1)
        + rect(28, 122, 184, 62, FLAT, 9)
    )


def mouse(look: Look) -> str:
    own, dark, light, accent = _tones(look)
    body = "M120 60c34 0 46 34 46 78 0 46 -20 70 -46 70s-46 -24 -46 -70c0 -44 12 -78 46 -78Z"
    return shadow(50) + (
        path(body, own)
        + line("M120 60v64M76 124q44 10 88 0", mix(own, INK, 0.3), 2)
        + rect(113, 78, 14, 30, dark, 7)
        + rect(117, 84, 6, 16, accent, 3)
        + path(body, FLAT)
        + mark(look, 120, 168, 9, mix(own, INK, 0.3) if luminance(own) > 0.3 else light, own)
    )


def watch(look: Look) -> str:
    own, dark, _light, accent = _tones(look)
    return shadow(34) + (
        path("M94 30h52l6 52H88Z", own)
        + path("M88 158h64l-6 52H94Z", own)
        + line("M120 176v20", dark, 2, 'stroke-dasharray="3 5"')
        + rect(70, 74, 100, 92, mix(own, INK, 0.55), 30)
        + rect(168, 106, 8, 22, STEEL, 3)
        + rect(78, 82, 84, 76, SCREEN, 24)
        + '<circle cx="120" cy="120" r="26" fill="none" stroke="#2c333b" stroke-width="6"/>'
        + line("M120 94a26 26 0 1 1 -24 36", accent, 6)
        + line("M120 108v13l9 6", WHITE, 3)
        + rect(70, 74, 100, 92, FLAT, 30)
    )


def dial(look: Look) -> str:
    """A watch with hands."""
    own, _dark, _light, accent = _tones(look)
    ticks = "".join(
        line("M120 84v7", INK, 2, f'transform="rotate({turn} 120 120)"')
        for turn in range(0, 360, 30)
    )
    return shadow(34) + (
        path("M96 28h48l6 52H90Z", own)
        + path("M90 160h60l-6 52H96Z", own)
        + rect(164, 112, 12, 16, STEEL, 3)
        + circle(120, 120, 48, "#b9bfc4")
        + circle(120, 120, 48, FLAT)
        + circle(120, 120, 40, "#f8f6f0")
        + ticks
        + line("M120 120V96M120 120l18 10", INK, 3.4)
        + line("M120 128V92", accent, 1.4)
        + circle(120, 120, 3.4, accent)
    )


def band(look: Look) -> str:
    own, _dark, _light, accent = _tones(look)
    return shadow(30) + (
        rect(100, 26, 40, 184, own, 18)
        + rect(100, 26, 40, 184, FLAT, 18)
        + rect(96, 74, 48, 92, INK, 20)
        + rect(101, 80, 38, 80, SCREEN, 16)
        + line("M106 126h6l4 -12 6 22 5 -10h7", accent, 2.6)
        + line("M108 146h24", "#3c444d", 3)
    )


def desk_lamp(look: Look) -> str:
    own, dark, light, _accent = _tones(look)
    return shadow(60) + (
        path("M150 86l34 60H96Z", "#ffe9a8", 'opacity=".55"')
        + ellipse(98, 200, 52, 9, own)
        + line("M98 198L70 126 132 70", dark, 7)
        + circle(70, 126, 6, light)
        + path("M118 56q30 -14 52 20l-42 22q-20 -14 -10 -42Z", own)
        + path("M118 56q30 -14 52 20l-42 22q-20 -14 -10 -42Z", FLAT)
        + ellipse(98, 200, 52, 9, FLAT)
    )


def table_lamp(look: Look) -> str:
    own, dark, _light, _accent = _tones(look)
    return shadow(48) + (
        ellipse(120, 128, 84, 60, "#ffe9a8", 'opacity=".35"')
        + path("M56 116c0 -40 28 -62 64 -62s64 22 64 62q-64 22 -128 0Z", own)
        + path("M56 116c0 -40 28 -62 64 -62s64 22 64 62q-64 22 -128 0Z", FLAT)
        + path("M112 124h16l4 74h-24Z", mix("#f6efdf", own, 0.15))
        + ellipse(120, 200, 40, 8, dark)
    )


def bulb(look: Look) -> str:
    return shadow(28) + (
        circle(120, 104, 66, "#fff1bf", 'opacity=".5"')
        + path(
            "M120 48c34 0 54 24 54 54 0 32 -26 40 -30 68h-48c-4 -28 -30 -36 -30 -68 0 -30 20 -54 54 -54Z",
            "#fdf6e0",
        )
        + line("M104 112l8 -10 8 12 8 -12 8 10M106 114l4 54M134 114l-4 54", "#e0a63a", 2.4)
        + path(
            "M120 48c34 0 54 24 54 54 0 32 -26 40 -30 68h-48c-4 -28 -30 -36 -30 -68 0 -30 20 -54 54 -54Z",
            FLAT,
        )
        + rect(98, 168, 44, 30, STEEL, 5)
        + line("M98 176h44M98 184h44M98 192h44", "#9aa2a8", 2)
        + rect(110, 198, 20, 9, "#4b5157", 4)
    )


def torch(look: Look) -> str:
    own, dark, _light, accent = _tones(look)
    return (
        shadow(74, y=192)
        + '<g transform="rotate(-24 120 140)">'
        + path("M188 110L236 80V196L188 170Z", "#ffeeb5", 'opacity=".6"')
        + rect(30, 122, 118, 36, own, 8)
        + path("M146 118l40 -14v72l-40 -14Z", dark)
        + line("M50 124v32M60 124v32M70 124v32M80 124v32", mix(own, INK, 0.3), 3)
        + rect(102, 132, 18, 10, accent, 5)
        + rect(30, 122, 118, 36, FLAT, 8)
        + "</g>"
    )


def head_torch(look: Look) -> str:
    own, _dark, _light, accent = _tones(look)
    return shadow(70, y=190) + (
        '<ellipse cx="120" cy="116" rx="82" ry="44" fill="none" stroke="'
        + own
        + '" stroke-width="17"/>'
        + line("M40 124q80 76 160 0", accent, 3, 'stroke-dasharray="8 6"')
        + rect(84, 122, 72, 58, mix(INK, own, 0.2), 18)
        + circle(120, 150, 21, "#fff3c8")
        + circle(120, 150, 12, WHITE)
        + rect(84, 122, 72, 58, FLAT, 18)
    )


def lantern(look: Look) -> str:
    own, dark, _light, accent = _tones(look)
    return shadow(46) + (
        line("M84 78C84 30 156 30 156 78", STEEL, 4)
        + circle(120, 126, 62, "#ffeeb5", 'opacity=".4"')
        + rect(88, 86, 64, 84, "#fff3cf", 12)
        + rect(114, 104, 12, 50, "#ffd97a", 6)
        + rect(80, 70, 80, 22, own, 10)
        + rect(76, 166, 88, 40, own, 10)
        + rect(76, 166, 88, 40, FLAT, 10)
        + line("M98 90v78M142 90v78", dark, 3)
        + mark(look, 120, 186, 8, accent, own)
    )


def tent(look: Look) -> str:
    own, dark, light, accent = _tones(look)
    return shadow(98, y=196) + (
        path("M24 194L104 68 150 194Z", own)
        + path("M104 68L208 170 216 194H150Z", dark)
        + path("M104 68L150 194H86Z", mix(own, INK, 0.55))
        + path("M104 68L150 194H128Z", light)
        + path("M24 194L104 68 150 194Z", FLAT)
        + line("M104 68L96 50M24 194l-14 6M216 194l14 6", dark, 3)
        + line("M104 68L208 170", light, 2.4)
        + mark(look, 178, 172, 8, accent, dark)
    )


def tarp(look: Look) -> str:
    own, dark, _light, accent = _tones(look)
    return shadow(94, y=200) + (
        line("M56 92V202M184 92V202", STEEL, 4)
        + path("M20 120L56 84q64 22 128 0l36 36q-100 -20 -200 0Z", own)
        + path("M20 120L56 84q64 22 128 0l36 36q-100 -20 -200 0Z", FLAT)
        + line("M20 120l-8 80M220 120l8 80", dark, 1.6)
        + mark(look, 120, 104, 7, accent, own)
    )


def backpack(look: Look) -> str:
    own, dark, light, accent = _tones(look)
    body = "M72 84q0 -36 48 -36t48 36v104q0 18 -18 18H90q-18 0 -18 -18Z"
    return shadow(58) + (
        line("M104 50q0 -18 16 -18t16 18", dark, 6)
        + rect(56, 128, 24, 58, dark, 10)
        + rect(160, 128, 24, 58, dark, 10)
        + path(body, own)
        + path("M72 88q48 22 96 0v20q-48 20 -96 0Z", dark)
        + rect(84, 134, 72, 60, light, 12)
        + line("M84 148h72", dark, 2.4)
        + line("M96 104v20M144 104v20", accent, 5)
        + rect(92, 120, 9, 11, INK, 2)
        + rect(140, 120, 9, 11, INK, 2)
        + path(body, FLAT)
        + mark(look, 120, 172, 10, accent if luminance(light) < 0.5 else dark, light)
    )


def duffel(look: Look) -> str:
    own, dark, light, accent = _tones(look)
    return shadow(92, y=200) + (
        line("M84 120C84 74 156 74 156 120", dark, 7)
        + rect(30, 108, 180, 90, own, 34)
        + line("M42 120q78 -14 156 0", light, 3)
        + rect(74, 110, 14, 86, dark)
        + rect(152, 110, 14, 86, dark)
        + rect(30, 108, 180, 90, FLAT, 34)
        + mark(look, 120, 160, 13, accent, own)
    )


def sleeping_bag(look: Look) -> str:
    own, dark, light, accent = _tones(look)
    body = "M84 50q36 -24 72 0 22 20 12 70l-14 66q-6 20 -34 20t-34 -20l-14 -66q-10 -50 12 -70Z"
    quilts = "".join(
        line(f"M{76 + at * 2} {104 + at * 20}q44 12 {88 - at * 4} 0", mix(own, INK, 0.22), 1.8)
        for at in range(5)
    )
    return shadow(46) + (
        path(body, own)
        + ellipse(120, 72, 33, 27, dark)
        + ellipse(120, 76, 25, 19, light)
        + quilts
        + line("M152 92q10 40 -10 106", accent, 2.6)
        + path(body, FLAT)
    )


def mat(look: Look) -> str:
    own, dark, light, accent = _tones(look)
    return shadow(84, y=200) + (
        path("M40 148h120v52H40Z", own)
        + line("M62 150v48M84 150v48M106 150v48", dark, 2)
        + path("M40 148h120v52H40Z", FLAT)
        + circle(166, 152, 48, own)
        + '<circle cx="166" cy="152" r="38" fill="none" stroke="'
        + dark
        + '" stroke-width="4"/>'
        + '<circle cx="166" cy="152" r="24" fill="none" stroke="'
        + light
        + '" stroke-width="4"/>'
        + circle(166, 152, 9, dark)
        + line("M136 116q30 -18 60 4", accent, 6)
        + circle(166, 152, 48, FLAT)
    )


def flask(look: Look) -> str:
    own, dark, _light, accent = _tones(look)
    body = outline([(20, 70), (38, 92), (40, 106), (40, 196), (36, FLOOR)])
    return shadow(40) + (
        path("M104 44q16 -24 32 0v10h-32Z", dark)
        + rect(98, 48, 44, 26, mix(dark, INK, 0.3), 5)
        + path(body, own)
        + path(body, CYLINDER)
        + mark(look, 120, 148, 15, accent if luminance(own) < 0.5 else dark, own)
        + rect(82, 194, 76, 5, mix(own, INK, 0.2))
    )


def chair(look: Look) -> str:
    own, dark, _light, accent = _tones(look)
    return shadow(76) + (
        line("M66 206L156 130M174 206L84 130", STEEL, 6)
        + line("M60 64l14 78M180 64l-14 78", STEEL, 6)
        + path("M58 62q62 -16 124 0l-10 70H68Z", own)
        + path("M58 62q62 -16 124 0l-10 70H68Z", FLAT)
        + path("M66 134h108l8 24H58Z", dark)
        + line("M46 118h28M166 118h28", dark, 9)
        + mark(look, 120, 96, 12, accent, own)
    )


def table(look: Look) -> str:
    _own, dark, _, _ = _tones(look)
    wood = "#c99a66"
    slats = "".join(
        line(f"M{40 + at * 20} 106l{-10 + at * 2} 14", mix(wood, INK, 0.3), 1.6) for at in range(9)
    )
    return shadow(86) + (
        line("M64 120L156 206M176 120L84 206", STEEL, 6)
        + path("M40 104h160l16 18H24Z", wood)
        + slats
        + path("M40 104h160l16 18H24Z", FLAT)
        + rect(24, 122, 192, 7, mix(wood, INK, 0.25), 2)
        + circle(120, 172, 5, dark)
    )


def helmet(look: Look) -> str:
    own, dark, _light, accent = _tones(look)
    shell = "M36 148C32 88 76 56 128 60c50 4 82 40 84 88-60 -14 -120 -14 -176 0Z"
    vents = "".join(
        path(f"M{x} {y}q14 -22 34 -26-10 18 -16 30Z", mix(own, INK, 0.6))
        for x, y in ((66, 122), (104, 112), (144, 114))
    )
    return shadow(84, y=196) + (
        line("M72 146q10 40 50 48M180 146q-20 40 -58 48", dark, 4)
        + path(shell, own)
        + vents
        + line("M40 144c60 -14 116 -14 170 0", accent, 5)
        + path(shell, FLAT)
        + rect(112, 188, 20, 11, INK, 4)
    )


def kettle(look: Look) -> str:
    own, dark, _light, accent = _tones(look)
    body = outline([(30, 84), (44, 104), (56, 160), (56, 196), (52, FLOOR - 4)])
    return shadow(62) + (
        line("M160 104c44 -6 44 70 14 76", dark, 9)
        + path("M72 120L44 92q-6 -6 6 -6l30 14Z", own)
        + path(body, own)
        + path(body, CYLINDER, 'opacity=".75"')
        + ellipse(120, 84, 30, 8, dark)
        + circle(120, 74, 7, accent)
        + rect(64, 198, 112, 9, INK, 4)
        + mark(look, 120, 156, 12, accent, own)
    )


def pot(look: Look) -> str:
    own, dark, light, accent = _tones(look)
    body = "M50 126h140v56q0 24 -24 24H74q-24 0 -24 -24Z"
    return shadow(76) + (
        line("M50 140H30M190 140h20", dark, 10)
        + path(body, own)
        + path(body, CYLINDER, 'opacity=".7"')
        + path("M44 122q76 -56 152 0Z", light)
        + path("M44 122q76 -56 152 0Z", FLAT)
        + rect(42, 118, 156, 10, dark, 5)
        + circle(120, 88, 9, accent)
    )


def cooker(look: Look) -> str:
    """Rice cookers, air fryers, multicookers."""
    own, dark, _light, accent = _tones(look)
    body = "M54 96q0 -36 66 -36t66 36v86q0 24 -24 24H78q-24 0 -24 -24Z"
    return shadow(72) + (
        path(body, own)
        + line("M54 116q66 14 132 0", dark, 3)
        + path(body, CYLINDER, 'opacity=".55"')
        + rect(90, 142, 60, 44, SCREEN, 10)
        + line("M102 158h36", accent, 5)
        + circle(106, 174, 4, "#59616b")
        + circle(120, 174, 4, "#59616b")
        + circle(134, 174, 4, "#59616b")
        + rect(102, 54, 36, 10, dark, 5)
    )


def toaster(look: Look) -> str:
    own, dark, _light, accent = _tones(look)
    return shadow(84) + (
        rect(84, 66, 72, 60, "#d99a55", 12)
        + rect(90, 72, 60, 54, "#f0c88c", 9)
        + rect(44, 108, 152, 94, own, 26)
        + rect(70, 108, 100, 8, INK, 4)
        + rect(44, 108, 152, 94, FLAT, 26)
        + rect(196, 132, 10, 16, dark, 3)
        + circle(172, 178, 9, dark)
        + mark(look, 104, 164, 13, accent, own)
        + rect(54, 200, 132, 7, INK, 3)
    )


def blender(look: Look) -> str:
    own, dark, _light, accent = _tones(look)
    return shadow(46) + (
        path("M82 56h76l-10 92H92Z", "#dfeeee")
        + path("M86 92h68l-6 56H92Z", mix(look.content, WHITE, 0.15))
        + path("M82 56h76l-10 92H92Z", CYLINDER, 'opacity=".7"')
        + rect(78, 42, 84, 16, dark, 6)
        + path("M86 148h68l10 50q2 8 -8 8H84q-10 0 -8 -8Z", own)
        + path("M86 148h68l10 50q2 8 -8 8H84q-10 0 -8 -8Z", FLAT)
        + circle(120, 178, 11, dark)
        + circle(120, 178, 5, accent)
    )


def coffee_maker(look: Look) -> str:
    own, dark, _light, accent = _tones(look)
    return shadow(66) + (
        rect(62, 54, 116, 152, own, 14)
        + rect(62, 54, 116, 152, FLAT, 14)
        + rect(78, 104, 84, 80, mix(own, INK, 0.65), 8)
        + rect(108, 100, 24, 14, STEEL, 3)
        + line("M120 114v22", "#6b4226", 3)
        + path("M100 140h40l-4 32h-32Z", "#ffffff")
        + line("M140 146c14 0 14 18 -2 18", WHITE, 4)
        + rect(56, 192, 128, 14, dark, 5)
        + circle(84, 80, 8, accent)
        + line("M104 80h52", dark, 6)
    )


def mixer(look: Look) -> str:
    own, dark, _light, accent = _tones(look)
    return shadow(84) + (
        path("M52 70q4 -22 40 -22h70q34 0 34 24 0 22 -34 22h-60v100h-50Z", own)
        + path("M52 70q4 -22 40 -22h70q34 0 34 24 0 22 -34 22h-60v100h-50Z", FLAT)
        + line("M156 94v40", STEEL, 6)
        + path("M112 132h88q0 58 -30 62h-28q-30 -4 -30 -62Z", STEEL)
        + path("M112 132h88q0 58 -30 62h-28q-30 -4 -30 -62Z", CYLINDER)
        + rect(40, 192, 172, 14, dark, 7)
        + circle(82, 74, 7, accent)
    )


def camera(look: Look) -> str:
    own, dark, _light, accent = _tones(look)
    return shadow(44) + (
        ellipse(120, 200, 40, 8, dark)
        + rect(112, 152, 16, 46, dark)
        + circle(120, 108, 56, own)
        + circle(120, 108, 56, FLAT)
        + circle(120, 104, 32, SCREEN)
        + circle(120, 104, 17, "#2f4a6a")
        + circle(113, 97, 6, "#9fc4e6")
        + circle(120, 147, 4, accent)
    )


def panel(look: Look) -> str:
    """Small smart things: sensors, scales, plugs, timers."""
    own, dark, _light, accent = _tones(look)
    return shadow(66) + (
        rect(56, 70, 128, 136, own, 30)
        + rect(56, 70, 128, 136, FLAT, 30)
        + rect(76, 92, 88, 52, SCREEN, 12)
        + line("M90 126q12 -22 24 -6t36 -12", accent, 4)
        + mark(look, 120, 174, 12, accent if luminance(own) < 0.5 else dark, own)
    )


def lock(look: Look) -> str:
    own, dark, light, accent = _tones(look)
    return shadow(40) + (
        rect(84, 36, 66, 172, own, 24)
        + rect(84, 36, 66, 172, FLAT, 24)
        + rect(96, 50, 42, 54, SCREEN, 10)
        + line("M106 66q11 -10 22 0M108 76q9 -7 18 0M112 86q5 -4 10 0", accent, 2.6)
        + rect(112, 128, 88, 18, dark, 9)
        + circle(117, 137, 15, light)
    )


def robot(look: Look) -> str:
    own, dark, light, accent = _tones(look)
    return shadow(90, y=192) + (
        path("M32 160v14q88 40 176 0v-14Z", dark)
        + ellipse(120, 158, 88, 40, own)
        + ellipse(120, 158, 88, 40, FLAT)
        + ellipse(120, 148, 28, 13, dark)
        + ellipse(120, 143, 28, 13, light)
        + circle(120, 174, 4, accent)
        + mark(look, 164, 160, 7, dark, own)
    )


def brush(look: Look) -> str:
    """An electric toothbrush in its stand."""
    own, dark, _light, accent = _tones(look)
    return shadow(34) + (
        rect(112, 28, 12, 28, WHITE, 4)
        + line("M126 32v20M130 32v20", accent, 3)
        + rect(114, 54, 10, 34, "#eef0ef")
        + path("M106 86h28l6 14v88q0 12 -20 12t-20 -12v-88Z", own)
        + path("M106 86h28l6 14v88q0 12 -20 12t-20 -12v-88Z", CYLINDER)
        + circle(120, 124, 8, dark)
        + circle(120, 124, 3.4, accent)
        + ellipse(120, 202, 32, 8, dark)
    )


def dryer(look: Look) -> str:
    own, dark, light, accent = _tones(look)
    return shadow(46) + (
        path("M100 118h34l-6 84q-1 6 -8 6h-12q-7 0 -8 -6Z", dark)
        + path("M58 62h90q42 0 42 36t-42 36H58Z", own)
        + path("M58 62h90q42 0 42 36t-42 36H58Z", FLAT)
        + path("M58 58L34 66v64l24 8Z", dark)
        + circle(152, 98, 19, mix(own, INK, 0.25))
        + circle(152, 98, 8, accent)
        + rect(108, 148, 10, 22, light, 4)
    )


def shaver(look: Look) -> str:
    own, dark, _light, accent = _tones(look)
    return shadow(32) + (
        path("M92 74q28 -28 56 0l-6 34h-44Z", "#3a4047")
        + circle(106, 72, 15, STEEL)
        + circle(134, 72, 15, STEEL)
        + circle(120, 90, 15, STEEL)
        + "".join(circle(x, y, 6, "#6b737b") for x, y in ((106, 72), (134, 72), (120, 90)))
        + path("M98 108h44l4 86q0 14 -26 14t-26 -14Z", own)
        + path("M98 108h44l4 86q0 14 -26 14t-26 -14Z", CYLINDER)
        + rect(111, 130, 18, 26, dark, 9)
        + circle(120, 150, 4, accent)
    )


def jacket(look: Look) -> str:
    own, dark, _light, accent = _tones(look)
    return shadow(60) + (
        path("M84 66L40 96q-8 40 -6 86l30 6 14 -60Z", dark)
        + path("M156 66l44 30q8 40 6 86l-30 6-14 -60Z", dark)
        + path("M84 64q36 -14 72 0l16 24v116q-52 10 -104 0V88Z", own)
        + path("M96 62q24 -22 48 0l-10 20h-28Z", mix(own, INK, 0.5))
        + line("M120 82v124", accent, 2.6)
        + line("M82 152l22 8M158 152l-22 8", dark, 3)
        + path("M84 64q36 -14 72 0l16 24v116q-52 10 -104 0V88Z", FLAT)
        + mark(look, 146, 108, 8, accent, own)
    )


def trousers(look: Look) -> str:
    own, dark, _light, accent = _tones(look)
    body = "M80 48h80l12 156h-38l-14 -96-14 96H68Z"
    return shadow(52) + (
        path(body, own)
        + rect(80, 48, 80, 13, dark)
        + line("M84 64q2 20 18 20M156 64q-2 20 -18 20M78 140h28M134 140h30", dark, 2.4)
        + path(body, FLAT)
        + mark(look, 148, 112, 6, accent, own)
    )


def shirt(look: Look) -> str:
    own, dark, _light, accent = _tones(look)
    body = "M88 56q32 16 64 0l48 28-18 36-18 -10v92q-44 8 -88 0v-92l-18 10-18 -36Z"
    return shadow(54) + (
        path(body, own)
        + path("M98 59q22 12 44 0-4 20 -22 20t-22 -20Z", dark)
        + path(body, FLAT)
        + mark(look, 144, 104, 8, accent, own)
        + line("M78 196q42 7 84 0", dark, 2)
    )


def poles(look: Look) -> str:
    own, dark, _light, accent = _tones(look)
    return shadow(50) + "".join(
        f'<g transform="rotate({turn} 120 206)">'
        + rect(117, 60, 6, 146, own)
        + rect(113, 34, 14, 44, dark, 7)
        + rect(115, 116, 10, 14, accent, 3)
        + ellipse(120, 188, 13, 4, INK)
        + rect(117, 60, 6, 146, FLAT)
        + "</g>"
        for turn in (-13, 13)
    )


def rod(look: Look) -> str:
    own, dark, _light, accent = _tones(look)
    return shadow(60) + (
        line("M52 206L196 34", own, 4.5)
        + line("M52 206L86 166", dark, 10)
        + circle(108, 152, 17, STEEL)
        + circle(108, 152, 8, accent)
        + line("M196 34q14 60 4 108", "#8f979d", 1)
        + path("M196 142q8 -2 8 8t-8 8", "none", f'stroke="{dark}" stroke-width="2"')
    )


def rope(look: Look) -> str:
    own, dark, _light, accent = _tones(look)
    coils = "".join(
        f'<ellipse cx="120" cy="{120 + at * 3}" rx="{76 - at * 5}" ry="{66 - at * 5}" fill="none"'
        f' stroke="{own if at % 2 else dark}" stroke-width="8" stroke-dasharray="10 2"/>'
        for at in range(5)
    )
    return (
        shadow(74, y=200) + coils + rect(98, 44, 44, 40, accent, 6) + rect(98, 44, 44, 40, FLAT, 6)
    )


def harness(look: Look) -> str:
    own, dark, _light, accent = _tones(look)
    return shadow(60) + (
        f'<ellipse cx="120" cy="88" rx="66" ry="22" fill="none" stroke="{own}" stroke-width="17"/>'
        + f'<ellipse cx="84" cy="164" rx="32" ry="36" fill="none" stroke="{dark}" stroke-width="13"/>'
        + f'<ellipse cx="156" cy="164" rx="32" ry="36" fill="none" stroke="{dark}" stroke-width="13"/>'
        + line("M120 108v28", accent, 11)
        + line("M56 96q-8 20 4 34M184 96q8 20 -4 34", STEEL, 4)
        + rect(108, 100, 24, 13, STEEL, 3)
    )


def basket(look: Look) -> str:
    own, dark, _light, _accent = _tones(look)
    weave = "".join(
        line(f"M46 {y}h148", "#9a6b3c", 2.4, 'stroke-dasharray="12 5"') for y in range(132, 200, 11)
    )
    return shadow(80) + (
        line("M64 120C64 44 176 44 176 120", "#8a5c33", 8)
        + path("M40 118h160l-12 88H52Z", "#c1905a")
        + weave
        + path("M34 110h90l4 14H34Z", own)
        + path("M206 110h-90l-4 14h94Z", dark)
        + path("M40 118h160l-12 88H52Z", FLAT)
    )


def blanket(look: Look) -> str:
    own, dark, light, accent = _tones(look)
    stripes = "".join(
        rect(x, 108, 12, 92, c) for x, c in ((62, accent), (92, light), (122, accent), (152, light))
    )
    return shadow(76) + (
        rect(44, 108, 152, 94, own, 14)
        + stripes
        + "".join(line(f"M44 {y}h152", dark, 3) for y in (132, 160, 186))
        + rect(44, 108, 152, 94, FLAT, 14)
        + line("M96 108V80q24 -22 48 0v28", "#8a5c33", 7)
    )
