"""A transformer that fits into a test: one layer, its words are those of the test."""

from pathlib import Path

SENTENCE = (
    "refund order late parcel lost money back card charge fee twice please my the i want where is "
    "was never came return cancel broken shoe milk running cheese box arrive"
)


def tiny_base(folder: Path, seed: int = 0, layers: int = 1) -> Path:
    """Write a directory that ``transformers`` loads, with random weights."""
    import torch
    from transformers import BertConfig, BertModel, BertTokenizerFast

    torch.manual_seed(seed)
    words = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]", *SENTENCE.split()]
    BertTokenizerFast(vocab={w: i for i, w in enumerate(words)}).save_pretrained(folder)
    config = BertConfig(
        vocab_size=len(words),
        hidden_size=32,
        num_hidden_layers=layers,
        num_attention_heads=2,
        intermediate_size=64,
    )
    BertModel(config).save_pretrained(folder)
    return folder
