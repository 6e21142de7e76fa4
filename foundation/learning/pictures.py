"""A picture's colours and shapes as a vector, in plain numpy.

Colours: a histogram over hue, saturation and value where the picture is not background. Shapes:
histograms of oriented gradients on a grid (Dalal and Triggs 2005, "Histograms of oriented gradients
for human detection"). It knows nothing of what a thing is; it tells red from green and round from
long.
"""

import numpy as np
import numpy.typing as npt
from PIL import Image

Vectors = npt.NDArray[np.float32]
SIDE = 64
HUES, SATURATIONS, VALUES = 12, 3, 3
GRID, ORIENTATIONS = 4, 8
BACKGROUND = 0.97
DIMENSIONS = HUES * SATURATIONS * VALUES + GRID * GRID * ORIENTATIONS


def describe(images: list[Image.Image]) -> Vectors:
    """Return unit vectors, float32 ``(len(images), 236)``; half colours, half shapes."""
    if not images:
        return np.zeros((0, DIMENSIONS), np.float32)
    return np.stack([_describe(image) for image in images])


def _describe(image: Image.Image) -> Vectors:
    small = image.convert("RGB").resize((SIDE, SIDE), Image.Resampling.BILINEAR)
    grey = np.asarray(small.convert("L"), np.float32) / 255
    parts = [_colours(np.asarray(small.convert("HSV"), np.float32) / 255, grey), _shapes(grey)]
    whole = np.concatenate([part / max(float(np.linalg.norm(part)), 1e-9) for part in parts])
    return (whole / max(float(np.linalg.norm(whole)), 1e-9)).astype(np.float32)


def _colours(hsv: npt.NDArray, grey: npt.NDArray) -> npt.NDArray:
    thing = hsv[grey < BACKGROUND] if (grey < BACKGROUND).any() else hsv.reshape(-1, 3)
    sizes = np.array([HUES, SATURATIONS, VALUES])
    places = np.minimum((thing * sizes).astype(int), sizes - 1)
    flat = (places[:, 0] * SATURATIONS + places[:, 1]) * VALUES + places[:, 2]
    return np.sqrt(np.bincount(flat, minlength=int(sizes.prod())) / len(thing))


def _shapes(grey: npt.NDArray) -> npt.NDArray:
    down, across = np.gradient(grey)
    strength = np.hypot(down, across)
    angle = np.mod(np.arctan2(down, across), np.pi) / np.pi
    place = np.minimum((angle * ORIENTATIONS).astype(int), ORIENTATIONS - 1)
    cell = np.arange(SIDE) * GRID // SIDE
    flat = (cell[:, None] * GRID + cell[None, :]) * ORIENTATIONS + place
    return np.sqrt(np.bincount(flat.ravel(), strength.ravel(), GRID * GRID * ORIENTATIONS))
