"""CLIP's text towers of transformers, by the image towers of timm that go with them."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from importlib import import_module
from importlib.util import find_spec
from pathlib import Path
from typing import Any, Final, final

import numpy as np
import torch
from jaxtyping import Float32

from wsss.errors import ConfigError, ModelError, first_line, one_of
from wsss.models.weights.hub import hub

TOWERS: Final[Mapping[str, str]] = {
    "vit_base_patch16_clip_quickgelu_224.openai": "openai/clip-vit-base-patch16",
    "vit_base_patch32_clip_quickgelu_224.openai": "openai/clip-vit-base-patch32",
    "vit_large_patch14_clip_quickgelu_224.openai": "openai/clip-vit-large-patch14",
    "vit_base_patch16_clip_224.laion2b": "laion/CLIP-ViT-B-16-laion2B-s34B-b88K",
    "vit_base_patch32_clip_224.laion2b": "laion/CLIP-ViT-B-32-laion2B-s34B-b79K",
}
"""What the Hugging Face Hub calls the CLIP whose image tower timm has under a name."""
DEFAULT: Final = "vit_base_patch16_clip_quickgelu_224.openai"
FILES: Final = "config.json, model.safetensors, vocab.json, merges.txt and tokenizer_config.json"
BATCH: Final = 64
"""Texts that share a pass."""


@final
@dataclass(frozen=True, kw_only=True, eq=False)
class TextTower:
    """A text tower that embeds sentences, and the scale that turns cosines into logits."""

    model: Any
    tokenizer: Any
    tower: str
    """What timm calls the image tower."""

    @property
    def scale(self) -> float:
        """Of cosines."""
        return float(self.model.logit_scale.detach().exp())

    def embed(self, sentences: Sequence[str]) -> Float32[np.ndarray, "n e"]:
        """Return a vector a sentence, of any length; raises `ConfigError` for one that is too long."""
        limit = self.model.config.text_config.max_position_embeddings
        found = []
        for first in range(0, len(sentences), BATCH):
            part = list(sentences[first : first + BATCH])
            tokens = self.tokenizer(part, padding=True, return_tensors="pt")
            if tokens["input_ids"].shape[1] > limit:
                longest = max(part, key=len)
                raise ConfigError([f"classes: CLIP reads {limit} tokens, and {longest!r} has more: shorten it"])
            with torch.no_grad():
                pooled = self.model.text_model(**tokens).pooler_output
                found.append(self.model.text_projection(pooled).float().numpy())
        return np.concatenate(found)


def load_tower(name: str, *, source: str | None = None) -> TextTower:
    """Load the text tower that goes with an image tower of timm.

    Args:
        name: The image tower's name in timm.
        source: A folder with transformers' files, or a name of the hub; the published one, if not given.

    Raises:
        ConfigError: No text tower is known for the name.
        ModelError: transformers is not installed, or the tower cannot be had.
    """
    if source is None and name not in TOWERS:
        raise ConfigError([f"--tower: no text tower is known for {name!r}; there are: {one_of(list(TOWERS))}"])
    if find_spec("transformers") is None:
        raise ModelError("CLIP's text tower needs the package transformers: install `wsss[clip]`")
    place = source or TOWERS[name]
    transformers = import_module("transformers")
    try:
        with hub():
            model = transformers.CLIPModel.from_pretrained(place)
            tokenizer = transformers.CLIPTokenizer.from_pretrained(place)
    except (OSError, ValueError, RuntimeError, TypeError) as error:
        where = f"https://huggingface.co/{place}" if not Path(place).expanduser().exists() else place
        raise ModelError(
            f"CLIP's text tower cannot be loaded from {place} ({first_line(error)}): get {FILES} of {where} into a "
            "folder, and name it by `--text-model FOLDER`"
        ) from error
    return TextTower(model=model.eval(), tokenizer=tokenizer, tower=name)
