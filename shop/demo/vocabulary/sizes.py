"""Package sizes of the data set, said in both languages, or not at all.

The data set writes a size in some seven hundred ways: ``16 OZ``, ``16.00 OZ``, ``10 3/4 OZ``,
``12 PK/12 OZ``, ``6-4 OZ``, ``24 LOADS``. A size that cannot be read with certainty is None, so
that no code reaches a title. Equal sizes come out equal however they were written.
"""

import re
from decimal import Decimal

from shop.demo.vocabulary.tables import Words

# Unit as written: (singular, plural, Chinese).
_UNITS: dict[str, tuple[str, str, str]] = {
    "OZ": ("oz", "oz", "盎司"),
    "FL OZ": ("fl oz", "fl oz", "液盎司"),
    "LB": ("lb", "lb", "磅"),
    "GAL": ("gal", "gal", "加仑"),
    "QT": ("qt", "qt", "夸脱"),
    "PT": ("pt", "pt", "品脱"),
    "L": ("L", "L", "升"),
    "ML": ("ml", "ml", "毫升"),
    "G": ("g", "g", "克"),
    "KG": ("kg", "kg", "千克"),
    "FT": ("ft", "ft", "英尺"),
    "SQ FT": ("sq ft", "sq ft", "平方英尺"),
    "CT": ("ct", "ct", "个"),
    "PC": ("pc", "pcs", "片"),
    "PK": ("pack", "pack", "件装"),
    "DZ": ("dozen", "dozen", "打"),
    "LOAD": ("load", "loads", "次洗涤用量"),
    "STEM": ("stem", "stems", "枝"),
    "ROLL": ("roll", "rolls", "卷"),
}
_SPELLINGS = {
    "OZS": "OZ",
    "OZS.": "OZ",
    "OZ.": "OZ",
    # The last letter is cut off where the field was full.
    "O": "OZ",
    "FZ": "FL OZ",
    "LBS": "LB",
    "GA": "GAL",
    "GALON": "GAL",
    "GALLON": "GAL",
    "LTR": "L",
    "LT": "L",
    "LITER": "L",
    "GM": "G",
    "PCS": "PC",
    "DOZ": "DZ",
    "LD": "LOAD",
    "LOADS": "LOAD",
    "RL": "ROLL",
    "ROLLS": "ROLL",
}
# What may stand without a number, meaning one.
_BARE = {"PT", "QT", "GAL", "GA", "DZ", "DOZ"}
# How it is packed says nothing about how much it is.
_PACKAGING = re.compile(r"(?<=[A-Z])(?: (?:BAG|PET|CAN|CN|AEROS|LOOSE|LNNR)|/PCH)$")
_NUMBER = r"\d+ \d+/\d+|\d+/\d+|\d*\.\d+|\d+"
_UNIT = "|".join(sorted((re.escape(u) for u in (*_UNITS, *_SPELLINGS)), key=len, reverse=True))
_SINGLE = re.compile(rf"({_NUMBER}) ?({_UNIT})")
_TWO = re.compile(rf"({_NUMBER}) ?(CT|PK) ?[/ ] ?({_NUMBER}) ?({_UNIT})")
_TWO_REVERSED = re.compile(rf"({_NUMBER}) ?({_UNIT}) ?[/ ] ?({_NUMBER}) ?(CT|PK)")
_TIMES = re.compile(rf"(\d+) ?[/-] ?(\d*\.\d+|\d+) ?({_UNIT})")
_RANGE = re.compile(r"(\d+)-(\d+) ?CT")
_FRACTIONS = {(1, 2), (1, 3), (2, 3), (1, 4), (3, 4), (1, 8), (3, 8), (5, 8), (7, 8)}
# Larger counts are article numbers that slipped into the field.
_MOST = 2000


def _amount(text: str) -> str | None:
    """Bring a number to one form: ``16.00`` and ``16``, ``.5`` and ``1/2`` are the same."""
    value = Decimal(0)
    for part in text.split():
        if "/" in part:
            top, bottom = (int(number) for number in part.split("/"))
            if (top, bottom) not in _FRACTIONS:
                return None
            value += Decimal(top) / Decimal(bottom)
        else:
            value += Decimal(part)
    if not 0 < value <= _MOST:
        return None
    plain = f"{round(value, 3):f}"
    return plain.rstrip("0").rstrip(".") if "." in plain else plain


def _said(number: str, unit: str) -> Words | None:
    amount = _amount(number)
    if amount is None:
        return None
    one, many, zh = _UNITS[_SPELLINGS.get(unit, unit)]
    return Words(f"{amount} {one if amount == '1' else many}", f"{amount} {zh}")


def format_size(package_size: str | None) -> Words | None:
    """Say a package size in both languages; None for what cannot be read.

    >>> format_size("1 GA")
    Words(en='1 gal', zh='1 加仑')
    >>> format_size("12 PK/12 OZ")
    Words(en='12 pack / 12 oz', zh='12 件装 / 12 盎司')
    >>> format_size("6-4 OZ")
    Words(en='6 x 4 oz', zh='6 × 4 盎司')
    >>> format_size("A 12 OZ") is None
    True
    """
    if not isinstance(package_size, str):
        return None
    text = " ".join(package_size.upper().split())
    text = _PACKAGING.sub("", text)
    if text in _BARE:
        return _said("1", text)
    if text == "LB":
        return Words("per lb", "每磅")
    if match := _SINGLE.fullmatch(text):
        said = _said(match[1], match[2])
        if said is not None:
            return said
    if match := _RANGE.fullmatch(text):
        return Words(f"{match[1]}-{match[2]} ct", f"{match[1]}-{match[2]} 个")
    if match := _TIMES.fullmatch(text):
        each = _said(match[2], match[3])
        if each is None or not 1 < int(match[1]) <= 100:
            return None
        return Words(f"{match[1]} x {each.en}", f"{match[1]} × {each.zh}")
    if match := _TWO.fullmatch(text):
        count, rest = _said(match[1], match[2]), _said(match[3], match[4])
    elif match := _TWO_REVERSED.fullmatch(text):
        count, rest = _said(match[3], match[4]), _said(match[1], match[2])
    else:
        return None
    # Whether the weight is of one piece or of all is not said, so both numbers stand side by side.
    return Words(f"{count.en} / {rest.en}", f"{count.zh} / {rest.zh}") if count and rest else None


# Fruit and vegetables sold in bags of several pounds.
_BAGGED = {"APPLES", "CARROTS", "CITRUS", "ONIONS", "POTATOES"}
_MOST_BAG, _MOST_LOOSE, _MOST_PIECES = Decimal(15), Decimal(4), Decimal(4)


def sold_size(
    department: str, category: str, product_type: str, package_size: str | None
) -> Words | None:
    """Say the size a customer gets. For fruit and vegetables the data set often has the crate's.

    Bananas are "40 LB" at less than a dollar, melons "40 CT" at five: such sizes are left out.
    ``department`` is the data set's.
    """
    if department == "PRODUCE" and isinstance(package_size, str):
        text = " ".join(package_size.upper().split())
        if _RANGE.fullmatch(text):
            return None
        match = re.fullmatch(r"([\d.]+) (LB|CT)", text)
        if match and match[2] == "CT" and Decimal(match[1]) > _MOST_PIECES:
            return None
        if match and match[2] == "LB":
            bagged = category in _BAGGED and "BULK" not in product_type.replace("BULK&BAG", "")
            if Decimal(match[1]) > (_MOST_BAG if bagged else _MOST_LOOSE):
                return None
    return format_size(package_size)
