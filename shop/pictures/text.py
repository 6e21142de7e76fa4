"""Words on packs: an SVG cannot wrap or shrink its text, so both are reckoned here."""

from html import escape

NARROW = frozenset("iljtfrI.,'’|!:;()[] -1")
WIDE = frozenset("mwMW%@&—")
SANS = "Helvetica Neue,Arial,PingFang SC,Microsoft YaHei,Noto Sans CJK SC,sans-serif"
SERIF = "Georgia,Times New Roman,Songti SC,Noto Serif CJK SC,serif"


def width(text: str) -> float:
    """Width in units of the font's size, on the wide side."""
    total = 0.0
    for one in text:
        if ord(one) > 0x2E7F:
            total += 1.0
        elif one in NARROW:
            total += 0.34
        elif one in WIDE:
            total += 0.93
        elif one.isupper():
            total += 0.72
        else:
            total += 0.575
    return total or 0.1


def wrap(text: str, room: float, lines: int) -> list[str]:
    """Break a text into at most ``lines`` lines of about equal width, at least ``room`` ems."""
    if lines == 1 or width(text) <= room:
        return [text]
    parts = text.split(" ") if " " in text else [text]
    if len(parts) == 1:
        if ord(text[0]) < 0x2E80 or len(text) < 4:
            return [text]
        half = (len(text) + 1) // 2
        return [text[:half], text[half:]]
    # The break after which both lines are closest in width.
    best = min(
        range(1, len(parts)),
        key=lambda cut: abs(width(" ".join(parts[:cut])) - width(" ".join(parts[cut:]))),
    )
    return [" ".join(parts[:best]), " ".join(parts[best:])]


def block(
    text: str,
    x: float,
    y: float,
    room: float,
    *,
    size: float,
    least: float = 7,
    lines: int = 2,
    fill: str,
    serif: bool = False,
    bold: bool = False,
    spacing: float = 0,
    anchor: str = "middle",
) -> tuple[str, float]:
    """A text within ``room`` units of width, its first line's top at ``y``; and its height.

    The size shrinks from ``size`` to ``least``; what does not fit even then is cut.
    """
    rows = wrap(text, room / size, lines)
    longest = max(width(row) + spacing * len(row) for row in rows)
    size = min(size, room / longest)
    if size < least:
        size = least
        rows = [_cut(row, room / size) for row in rows]
    leading = size * 1.12
    family = SERIF if serif else SANS
    weight = ' font-weight="700"' if bold else ""
    extra = f' letter-spacing="{spacing * size:.1f}"' if spacing else ""
    spans = "".join(
        f'<tspan x="{x:g}" y="{y + size * 0.82 + leading * at:.1f}">{escape(row)}</tspan>'
        for at, row in enumerate(rows)
    )
    return (
        f'<text font-family="{family}" font-size="{size:.1f}"{weight}{extra} fill="{fill}"'
        f' text-anchor="{anchor}">{spans}</text>',
        leading * len(rows),
    )


def _cut(row: str, room: float) -> str:
    while len(row) > 1 and width(row) > room:
        row = row[:-1]
    return row.rstrip()
