"""Which picture a product or one of its variants has, and where it is."""

from django.urls import reverse
from django.utils.translation import get_language

from shop.models import Product, Variant
from shop.pictures import Article, draw, fingerprint


def address(product: Product, variant: Variant | None = None, language: str = "") -> str:
    """The address of the picture in a language, the reader's by default.

    It may be kept for ever: it carries a hash of all that is drawn. Without a variant that is the
    first one's colour, which alone is not in the hash, so that lists need not read variants.
    """
    language = "zh" if (language or get_language() or "").startswith("zh") else "en"
    mark = fingerprint(article(product, variant, language))
    return reverse("shop:product_picture", args=[language, product.pk, _key(variant), mark])


def picture(
    product_id: int, variant_id: int, language: str, mark: str
) -> tuple[bytes, bool] | None:
    """The SVG, and whether ``mark`` is still the right one; None where there is no such product."""
    product = Product.objects.select_related("category").filter(pk=product_id).first()
    if product is None:
        return None
    variant = product.variants.filter(pk=variant_id).first() if variant_id else None
    current = fingerprint(article(product, variant, language)) == mark
    shown = variant or product.variants.filter(is_active=True).first()
    drawn = article(product, shown, language) if shown else article(product, None, language)
    return draw(drawn), current


def article(product: Product, variant: Variant | None, language: str) -> Article:
    """What the picture is made from."""
    chinese = language == "zh"
    kind_en, kind_zh = _kinds(product)
    options = variant.options if variant and isinstance(variant.options, dict) else {}
    colour = options.get("colour")
    return Article(
        category=product.category.slug,
        kind_en=kind_en,
        kind=kind_zh if chinese else kind_en,
        brand_en=product.brand_en,
        brand=product.brand_zh if chinese else product.brand_en,
        size_en=product.size_en,
        size=product.size_zh if chinese else product.size_en,
        icon=product.icon or product.category.icon,
        colour=str(colour.get("en", "")) if isinstance(colour, dict) else "",
        flavour=variant.position if variant and not options else 0,
    )


def _kinds(product: Product) -> tuple[str, str]:
    """What the thing is, in English and Chinese: its title without brand and size."""
    en, zh = product.title_en, product.title_zh
    if product.brand_en:
        en = en.partition(f", {product.brand_en}")[0].removeprefix(product.brand_en).strip()
    if product.brand_zh:
        zh = zh.partition(f" ({product.brand_zh})")[0].removeprefix(product.brand_zh).strip()
    return en or product.title_en, zh or product.title_zh


def _key(variant: Variant | None) -> int:
    return variant.pk if variant else 0
