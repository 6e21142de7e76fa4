"""Short descriptions that claim nothing the data set does not say.

They name type, brand, size and aisle, in one of several wordings so that a list of pages does not
read like a stamp. The wording depends on the title alone.
"""

from zlib import crc32

from shop.demo.vocabulary.brands import STORE_BRAND
from shop.demo.vocabulary.tables import CategoryWords, Words
from shop.demo.vocabulary.titles import page_title

# Openings name the product; {size} is a phrase of its own or empty.
_OPENINGS = (
    Words("From {brand}: {name}{size}.", "来自{brand}的{name}{size}。"),
    Words("{name}{size}, from {brand}.", "{name}{size}，{brand}出品。"),
    Words("{name}{size}. Brand: {brand}.", "{brand}{name}{size}。"),
)
_OWN_OPENINGS = (
    Words("From our store brand: {name}{size}.", "本店自有品牌的{name}{size}。"),
    Words("{name}{size}, from our store brand.", "{name}{size}，自有品牌出品。"),
    Words("{name}{size}. Store brand.", "自有品牌{name}{size}。"),
)
# What may be said of everything in a department.
_AISLES: dict[str, tuple[Words, ...]] = {
    "produce": (
        Words("In the fruit and vegetable aisle, under {category}.", "水果蔬菜区，{category}类。"),
        Words("One of our {category} choices.", "“{category}”可选商品之一。"),
    ),
    "bakery": (
        Words("In the bakery, under {category}.", "面包糕点区，{category}类。"),
        Words("More like it under {category}.", "更多同类请看“{category}”。"),
    ),
    "frozen": (
        Words("From the freezer aisle, under {category}.", "冷冻食品区，{category}类。"),
        Words("Frozen food: see also {category}.", "冷冻食品，另见“{category}”。"),
    ),
    "dairy": (
        Words("In the dairy aisle, under {category}.", "乳品蛋类区，{category}类。"),
        Words("More of the kind under {category}.", "更多同类请看“{category}”。"),
    ),
    "drinks": (
        Words("In the drinks aisle, under {category}.", "饮料冲饮区，{category}类。"),
        Words("More to drink under {category}.", "更多饮品请看“{category}”。"),
    ),
    "alcohol": (
        Words("Listed under {category}; for adults only.", "{category}类，仅限成年人购买。"),
    ),
    "baby": (
        Words("In the baby aisle, under {category}.", "母婴区，{category}类。"),
        Words("Listed under {category}; follow the pack.", "{category}类，使用前请看包装说明。"),
    ),
    "pets": (
        Words("In the pet aisle, under {category}.", "宠物区，{category}类。"),
        Words("For pets: see also {category}.", "宠物用品，另见“{category}”。"),
    ),
    "household": (
        Words("For the home, under {category}.", "家居区，{category}类。"),
        Words("In the household aisle: {category}.", "家居用品：{category}。"),
    ),
    "health": (
        Words(
            "Listed under {category}; read the pack before use.", "{category}类，使用前请阅读包装。"
        ),
    ),
    "flowers": (Words("Listed under {category}.", "{category}类商品。"),),
}
_ANY_AISLE = (
    Words("Listed under {category}.", "{category}类商品。"),
    Words("You find it under {category}.", "可在“{category}”分类中找到。"),
    Words("More of the kind under {category}.", "更多同类请看“{category}”。"),
)
_FICTIONAL = (
    Words("Demo product: the brand name is fictional.", "演示商品：品牌名称为虚构。"),
    Words("The brand name is fictional.", "品牌名称为虚构。"),
)
_DEMO = (
    Words("Demo product.", "演示商品。"),
    Words("This is a demo product.", "此为演示商品。"),
)


def _pick(choices: tuple[Words, ...], seed: int) -> Words:
    return choices[seed % len(choices)]


def describe(name: Words, category: CategoryWords, brand: Words, size: Words | None) -> Words:
    """Describe a page in two or three short sentences, in both languages.

    >>> milk = CategoryWords("milk", "dairy", "Milk & creamers", "牛奶", "1F95B", False)
    >>> describe(Words("White milk", "纯牛奶"), milk, STORE_BRAND, Words("1 gal", "1 加仑")).zh
    '纯牛奶（1 加仑），自有品牌出品。更多同类请看“牛奶”。此为演示商品。'
    """
    own = brand == STORE_BRAND
    seed = crc32(page_title(name, brand, size).en.encode())
    opening = _pick(_OWN_OPENINGS if own else _OPENINGS, seed)
    aisle = _pick(_AISLES.get(category.department, _ANY_AISLE), seed >> 4)
    note = _pick(_DEMO if own else _FICTIONAL, seed >> 8)
    en = opening.en.format(name=name.en, brand=brand.en, size=f" ({size.en})" if size else "")
    zh = opening.zh.format(name=name.zh, brand=brand.zh, size=f"（{size.zh}）" if size else "")
    return Words(
        f"{en} {aisle.en.format(category=category.en)} {note.en}",
        f"{zh}{aisle.zh.format(category=category.zh)}{note.zh}",
    )
