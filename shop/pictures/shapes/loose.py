"""Things without a pack: fruit and vegetables, bread on a board, flowers."""

from shop.pictures.colours import INK, mix
from shop.pictures.drawings import heap, place
from shop.pictures.shapes.parts import FLAT, FLOOR, Look, ellipse, line, path, rect, shadow
from shop.pictures.text import block, width

HEAPS = (
    [(78.0, 142.0, 98.0, -8.0), (162.0, 142.0, 98.0, 8.0), (120.0, 94.0, 100.0, 0.0)],
    [(84.0, 126.0, 122.0, -6.0), (152.0, 138.0, 128.0, 10.0)],
    [
        (66.0, 150.0, 80.0, -10.0),
        (174.0, 150.0, 80.0, 12.0),
        (92.0, 100.0, 80.0, 6.0),
        (150.0, 100.0, 80.0, -8.0),
        (120.0, 152.0, 84.0, 0.0),
    ],
)


def tag(look: Look) -> str:
    """A paper sign in front, as on a market stall: what it is, and the size."""
    words = look.kind or look.brand
    half = min(88.0, max(40.0, width(words) * 5.4 + 12))
    sign, _ = block(
        words, 120, 192.5, half * 2 - 14, size=11.5, least=7, lines=1, fill=INK, bold=True
    )
    return (
        rect(120 - half, 187, half * 2, 25, "#fffdf6", 4)
        + rect(120 - half, 187, 5, 25, look.scheme.main, 2)
        + sign
    )


def loose(look: Look) -> str:
    """A few pieces, heaped."""
    spots = HEAPS[look.pick(3, 2)]
    return shadow(82, y=198) + heap(look.motif, spots) + tag(look)


def single(look: Look) -> str:
    """One large piece: a melon, a pineapple, a cabbage."""
    return shadow(64, y=196) + place(look.motif, 120, 112, 164) + tag(look)


def punnet(look: Look) -> str:
    """Berries in a small basket."""
    basket = mix(look.scheme.main, "#ffffff", 0.15)
    spots = [
        (78.0, 126.0, 54.0, -12.0),
        (162.0, 126.0, 54.0, 14.0),
        (100.0, 108.0, 54.0, 8.0),
        (142.0, 108.0, 54.0, -10.0),
        (120.0, 128.0, 60.0, 0.0),
    ]
    slots = "".join(rect(x, 160, 12, 26, "#00000022", 4) for x in range(64, 172, 20))
    return (
        shadow(70)
        + heap(look.motif, spots)
        + path("M46 138h148l-14 64q-1 6 -8 6H68q-7 0 -8 -6Z", basket)
        + slots
        + path("M46 138h148l-14 64q-1 6 -8 6H68q-7 0 -8 -6Z", FLAT)
        + rect(42, 134, 156, 9, mix(basket, "#ffffff", 0.3), 4)
    )


def bunch(look: Look) -> str:
    """Stalks with a band around them."""
    return shadow(56, y=200) + (
        place(look.motif, 96, 122, 120, -14)
        + place(look.motif, 146, 122, 120, 14)
        + place(look.motif, 120, 116, 132)
        + rect(98, 158, 46, 13, look.scheme.main, 5)
        + rect(98, 158, 46, 13, FLAT, 5)
        + tag(look)
    )


def board(look: Look) -> str:
    """Fresh from the bakery or the counter, on a wooden board."""
    wood = "#c99a66"
    few = look.pick(2, 3)
    spots = (
        [(86.0, 150.0, 88.0, -8.0), (156.0, 152.0, 88.0, 10.0), (120.0, 126.0, 92.0, 0.0)]
        if few
        else [(120.0, 126.0, 148.0, 0.0)]
    )
    return (
        shadow(90, y=206)
        + rect(30, 186, 180, 18, wood, 8)
        + line("M44 195h96M156 197h40", mix(wood, "#000000", 0.2), 1.6)
        + rect(30, 186, 180, 18, FLAT, 8)
        + heap(look.motif, spots)
        + tag(look)
    )


def plate(look: Look) -> str:
    """Ready to eat, on a plate."""
    return (
        shadow(92, y=200)
        + ellipse(120, 176, 94, 30, "#eceff0")
        + ellipse(120, 172, 94, 29, "#ffffff")
        + ellipse(120, 172, 66, 19, "#eef1f1")
        + place(look.motif, 120, 116, 132)
        + tag(look)
    )


def bouquet(look: Look) -> str:
    """Flowers in paper."""
    paper = mix(look.scheme.accent, "#ffffff", 0.45)
    spots = [
        (84.0, 92.0, 74.0, -22.0),
        (156.0, 92.0, 74.0, 22.0),
        (120.0, 72.0, 76.0, 0.0),
        (104.0, 112.0, 70.0, -8.0),
        (138.0, 112.0, 70.0, 10.0),
    ]
    return (
        shadow(40)
        + path("M60 108l60 100 60 -100-24 -8-36 30-36 -30Z", mix(paper, "#000000", 0.12))
        + heap(look.motif, spots)
        + path("M64 128q56 28 112 0l-44 80h-24Z", paper)
        + path("M64 128q56 28 112 0l-44 80h-24Z", FLAT)
        + path("M100 172q20 8 40 0l-3 12q-17 6 -34 0Z", look.scheme.main)
    )


def balloon(look: Look) -> str:
    return line("M120 150c-8 20 10 30 0 56", "#8a8f93", 1.6) + place(look.motif, 120, 104, 150)


def thing(look: Look) -> str:
    """The drawing alone, large, on the floor."""
    return shadow(62, y=FLOOR - 12) + place(look.motif, 120, 122, 172)
