"""A ``transformers`` encoder from a directory: texts to mean-pooled vectors, trainable.

A prompt that every text gets is read from ``config_sentence_transformers.json``, as that library
writes it.
"""

import hashlib
import json
from collections.abc import Iterator, Sequence
from functools import lru_cache
from pathlib import Path

import numpy as np
import numpy.typing as npt
import torch
from torch import nn

BATCH = 64
WEIGHTS = "model.safetensors"


def device() -> torch.device:
    return torch.device("cuda" if torch.cuda.is_available() else "cpu")


class TextModel(nn.Module):
    """Tokenizer and transformer of a directory.

    Parameters
    ----------
    folder
        What ``AutoModel.from_pretrained`` takes.
    max_length
        Tokens; what is longer is cut.
    """

    def __init__(self, folder: str | Path, max_length: int = 64) -> None:
        super().__init__()
        from transformers import AutoModel, AutoTokenizer

        self.folder = str(folder)
        self.max_length = max_length
        self.prompt = read_prompt(folder)
        self.tokenizer = AutoTokenizer.from_pretrained(self.folder)
        self.transformer = AutoModel.from_pretrained(self.folder)
        self.transformer.pooler = None
        self.to(device())

    @property
    def width(self) -> int:
        return int(self.transformer.config.hidden_size)

    def forward(self, texts: Sequence[str]) -> torch.Tensor:
        """Return the mean of the last layer over each text's tokens, ``(len(texts), width)``."""
        inputs = self.tokenizer(
            [self.prompt + text for text in texts],
            padding=True,
            truncation=True,
            max_length=self.max_length,
            return_token_type_ids=False,
            return_tensors="pt",
        ).to(next(self.parameters()).device)
        states = self.transformer(**inputs).last_hidden_state
        mask = inputs["attention_mask"].unsqueeze(-1).to(states.dtype)
        return (states * mask).sum(1) / mask.sum(1).clamp(min=1.0)

    def encode(self, texts: Sequence[str], batch: int = BATCH) -> npt.NDArray[np.float32]:
        """Return unit vectors, float32 ``(len(texts), width)``, in the order of the texts."""
        self.eval()
        vectors = np.zeros((len(texts), self.width), np.float32)
        with torch.inference_mode():
            for rows in by_length(texts, batch):
                found = nn.functional.normalize(self([texts[row] for row in rows]), dim=1)
                vectors[rows] = found.cpu().numpy()
        return vectors

    def write_directory(self, folder: Path) -> None:
        """Write a directory that ``transformers`` and this class load again."""
        folder.mkdir(parents=True, exist_ok=True)
        self.transformer.save_pretrained(folder)
        self.tokenizer.save_pretrained(folder)
        prompts = {"prompts": {"query": self.prompt}, "default_prompt_name": "query"}
        (folder / "config_sentence_transformers.json").write_text(json.dumps(prompts))


def read_prompt(folder: str | Path) -> str:
    """Return the prompt every text begins with, mostly empty."""
    path = Path(folder) / "config_sentence_transformers.json"
    if not path.is_file():
        return ""
    config = json.loads(path.read_text(encoding="utf-8"))
    return (config.get("prompts") or {}).get(config.get("default_prompt_name") or "", "") or ""


def by_length(texts: Sequence[str], batch: int) -> Iterator[list[int]]:
    """Rows of texts in batches of like length, so that little is padded."""
    order = sorted(range(len(texts)), key=lambda row: len(texts[row]))
    for start in range(0, len(order), batch):
        yield order[start : start + batch]


@lru_cache(maxsize=8)
def fingerprint(folder: str) -> str:
    """Return the SHA-256 of a base's weights: what was tuned on one fits no other."""
    with (Path(folder) / WEIGHTS).open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
