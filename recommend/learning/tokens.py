"""Words of titles and queries, English and Chinese, without a dictionary.

English words are lower-cased and lose the plural; Chinese is cut into overlapping pairs of
characters, which retrieve about as well as segmented words and know no unknown words (Nie, Gao,
Zhang, Zhou 2000, "On the use of words and n-grams for Chinese information retrieval", IRAL).
"""

import re
import unicodedata

CJK = "\u3400-\u4dbf\u4e00-\u9fff"
_PIECES = re.compile(rf"[a-z0-9]+(?:\.[0-9]+)?|[{CJK}]+")
_CJK = re.compile(rf"[{CJK}]")
_STOPWORDS = """a an and any at by for from i in is it me my of on or our some something that the
these this those to us want with you your"""
STOPWORDS = frozenset(_STOPWORDS.split())
IRREGULAR = {
    "men": "man",
    "women": "woman",
    "children": "child",
    "knives": "knife",
    "leaves": "leaf",
    "loaves": "loaf",
    "mice": "mouse",
    "feet": "foot",
    "teeth": "tooth",
    "tomatoes": "tomato",
    "potatoes": "potato",
    "cookies": "cookie",
    "brownies": "brownie",
    "smoothies": "smoothie",
    "movies": "movie",
    "headphones": "headphone",
}
SYNONYMS: dict[str, tuple[str, ...]] = {
    "sneaker": ("sport shoe", "running shoe"),
    "trainer": ("sport shoe", "running shoe"),
    "athletic": ("sport",),
    "jogging": ("running",),
    "soda": ("soft drink", "cola"),
    "pop": ("soft drink",),
    "coke": ("cola", "soft drink"),
    "crisp": ("chip",),
    "fry": ("french fries",),
    "nappy": ("diaper",),
    "oj": ("orange juice",),
    "veggie": ("vegetable",),
    "catsup": ("ketchup",),
    "tissue": ("paper",),
    "headache": ("pain relief", "aspirin"),
    "painkiller": ("pain relief", "aspirin"),
    "loo": ("toilet paper",),
    "detergent": ("laundry",),
    "biscuit": ("cookie",),
    "prawn": ("shrimp",),
    "aubergine": ("eggplant",),
    "courgette": ("zucchini",),
    "mince": ("ground beef",),
    "earbud": ("headphone", "earphone"),
    "earphone": ("headphone",),
    "torch": ("flashlight", "headlamp"),
    "rucksack": ("backpack",),
    "backpacking": ("hiking", "backpack"),
    "球鞋": ("运动鞋", "跑步鞋"),
    "跑鞋": ("跑步鞋",),
    "跑步": ("跑步鞋",),
    "健身鞋": ("训练鞋",),
    "西红柿": ("番茄",),
    "番茄": ("西红柿",),
    "土豆": ("马铃薯",),
    "马铃薯": ("土豆",),
    "芝士": ("奶酪",),
    "乳酪": ("奶酪",),
    "起司": ("奶酪",),
    "优格": ("酸奶",),
    "泡面": ("方便面",),
    "汽水": ("碳酸饮料", "可乐"),
    "尿不湿": ("纸尿裤", "尿布"),
    "头痛": ("止痛", "镇痛"),
    "头疼": ("止痛", "镇痛"),
    "卫生纸": ("厕纸",),
    "厕纸": ("卫生纸",),
    "洗头": ("洗发水",),
    "洗头发": ("洗发水",),
    "雪糕": ("冰淇淋",),
    "冰激凌": ("冰淇淋",),
    "充电宝": ("移动电源",),
    "移动电源": ("充电宝",),
    "手电": ("手电筒", "头灯"),
    "麦片": ("谷物", "燕麦"),
    "零嘴": ("零食",),
    "三文鱼": ("鲑鱼",),
    "菠萝": ("凤梨",),
    "凤梨": ("菠萝",),
}
"""What people also call it. A query's word brings these in at a lower weight."""
SYNONYM_WEIGHT = 0.7


def normalise(text: str) -> str:
    """Full-width forms become plain, upper case lower, accents go."""
    flat = unicodedata.normalize("NFKC", text).casefold()
    decomposed = unicodedata.normalize("NFD", flat)
    return unicodedata.normalize(
        "NFC", "".join(c for c in decomposed if unicodedata.category(c) != "Mn")
    )


def has_chinese(text: str) -> bool:
    return bool(_CJK.search(text))


def stem(word: str) -> str:
    """Take an English plural back to its singular; other endings stay.

    >>> [stem(w) for w in ("shoes", "berries", "dishes", "glass", "cookies", "chips")]
    ['shoe', 'berry', 'dish', 'glass', 'cookie', 'chip']
    """
    if word in IRREGULAR:
        return IRREGULAR[word]
    if len(word) <= 3 or not word.endswith("s") or word.endswith(("ss", "us", "is")):
        return word
    if word.endswith("ies") and len(word) > 4:
        return word[:-3] + "y"
    if word.endswith(("ches", "shes", "xes", "sses", "zes")):
        return word[:-2]
    return word[:-1]


def tokens(text: str) -> list[str]:
    """Return the words of a text in order, pairs of characters for Chinese.

    A single Chinese character between others is kept as a term of its own too, prefixed with "1",
    so that 鞋 finds 跑步鞋 while pairs stay the stronger evidence.

    >>> tokens("Running Shoes 跑步鞋")
    ['running', 'shoe', '跑步', '步鞋', '1跑', '1步', '1鞋']
    """
    found: list[str] = []
    for piece in _PIECES.findall(normalise(text)):
        if not has_chinese(piece):
            word = stem(piece)
            if piece not in STOPWORDS:
                found.append(word)
            continue
        found += [piece[i : i + 2] for i in range(len(piece) - 1)]
        found += [f"1{character}" for character in piece]
    return found


def is_single(term: str) -> bool:
    """Tell whether a term is one Chinese character out of a longer word."""
    return term.startswith("1") and has_chinese(term)


def query_weights(text: str) -> dict[str, float]:
    """Return a query's terms with weights; synonyms and single characters weigh less."""
    weights: dict[str, float] = {}
    flat = normalise(text)

    def add(phrase: str, factor: float) -> None:
        alone = len(phrase) == 1
        for term in tokens(phrase):
            value = factor * (0.3 if is_single(term) and not alone else 1.0)
            weights[term] = max(weights.get(term, 0.0), value)

    add(flat, 1.0)
    for word, others in SYNONYMS.items():
        named = word in flat if has_chinese(word) else word in weights
        if named:
            for other in others:
                add(other, SYNONYM_WEIGHT)
    return weights
