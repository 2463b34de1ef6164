"""A folder with a small CLIP as transformers saves it: random weights, and a tokenizer that knows letters."""

import json
from pathlib import Path

from clip_models import clip_of_transformers
from transformers import CLIPTokenizer

LETTERS = "abcdefghijklmnopqrstuvwxyz.,"


def save_clip(folder: Path) -> Path:
    """Write it; sentences become their letters, each with and without an end of a word."""
    words = [*LETTERS, *(f"{letter}</w>" for letter in LETTERS), "<|startoftext|>", "<|endoftext|>"]
    folder.mkdir(parents=True)
    (folder / "vocab.json").write_text(json.dumps({word: place for place, word in enumerate(words)}))
    (folder / "merges.txt").write_text("#version: 0.2\n")
    CLIPTokenizer(str(folder / "vocab.json"), str(folder / "merges.txt")).save_pretrained(folder)
    clip_of_transformers(side=32).save_pretrained(folder)
    return folder
