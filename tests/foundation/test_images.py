"""Pictures become unit vectors: a changed one is nearer to itself than to another."""

import numpy as np
import pytest
from PIL import Image, ImageDraw

from foundation.images import ColourAndShape, EfficientNetLite, get_image_encoder


def drawing(colour: str, shape: str, size: int = 100) -> Image.Image:
    image = Image.new("RGB", (size, size), "white")
    box = (size // 5, size // 5, size * 4 // 5, size * 4 // 5)
    getattr(ImageDraw.Draw(image), shape)(box, fill=colour)
    return image


@pytest.fixture(params=[ColourAndShape, EfficientNetLite])
def encoder(request):
    try:
        return request.param()
    except ImportError:
        pytest.skip("the optional package is not installed")


def test_vectors_are_unit_float32_in_order(encoder) -> None:
    images = [drawing("red", "ellipse"), drawing("blue", "rectangle"), Image.new("L", (1, 1))]
    vectors = encoder.encode(images)
    assert (vectors.dtype, vectors.shape) == (np.float32, (3, encoder.dimensions))
    assert np.allclose(np.linalg.norm(vectors, axis=1), 1, atol=1e-5)
    assert np.allclose(encoder.encode(images[1:2])[0], vectors[1], atol=1e-4)
    assert encoder.encode([]).shape == (0, encoder.dimensions)


def test_another_size_is_the_same_picture_and_another_thing_is_not(encoder) -> None:
    first, larger, other = encoder.encode(
        [drawing("red", "ellipse"), drawing("red", "ellipse", 400), drawing("blue", "rectangle")]
    )
    assert first @ larger > 0.7 > first @ other
    assert first @ larger - first @ other > 0.25


def test_there_is_always_one() -> None:
    assert get_image_encoder().encode([drawing("red", "ellipse")]).any()
    assert get_image_encoder() is get_image_encoder()
