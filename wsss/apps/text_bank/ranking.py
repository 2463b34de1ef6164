"""Templates by their sharpness (CLIP-ES, Lin et al., CVPR 2023), on images that show several classes."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final, final

import numpy as np
from jaxtyping import Float32, Float64

from wsss.apps.text_bank.asked import AskedWords
from wsss.apps.text_bank.making import EmbedsText, make_bank
from wsss.errors import DataError, ModelError

NONE_SEVERAL: Final = "no image shows two of the classes, and templates are told apart by those that do: rank others"


@final
@dataclass(frozen=True, kw_only=True)
class RankedTemplate:
    """A template, and how unevenly it shares an image out among the classes that it shows."""

    template: str
    sharpness: float


def rank_templates(
    words: AskedWords,
    tower: EmbedsText,
    *,
    templates: Sequence[str],
    images: Float32[np.ndarray, "n e"],
    shown: Sequence[Sequence[str]],
) -> list[RankedTemplate]:
    """Return templates with the least sharpness first; of equal ones the first that was named.

    A sharp template lets one class of an image take the score of the others, whose maps are then empty.

    Args:
        words: Classes and background prompts.
        tower: What embeds sentences.
        templates: Each is rated alone.
        images: Embeddings of length 1.
        shown: The classes of each image; images of fewer than two say nothing.

    Raises:
        DataError: No image shows two of the classes.
        ModelError: Sentences and images were embedded by two CLIPs; also what `make_bank` raises.
        ConfigError: What `make_bank` raises.
    """
    classes = list(words.classes)
    own = [[classes.index(name) for name in dict.fromkeys(names) if name in words.classes] for names in shown]
    found = []
    for template in dict.fromkeys(templates):
        bank = make_bank(words, tower, templates=(template,))
        if bank.vectors.shape[1] != images.shape[1]:
            raise ModelError(
                f"--text-model: sentences are {bank.vectors.shape[1]} numbers, and {tower.tower} embeds images in "
                f"{images.shape[1]}: they are of two CLIPs, name the one that goes with the tower"
            )
        logits = bank.scale * images.astype(np.float64) @ bank.vectors[: len(classes)].T.astype(np.float64)
        found.append(RankedTemplate(template=template, sharpness=sharpness(_shares(logits), own)))
    return sorted(found, key=lambda each: each.sharpness)


def sharpness(scores: Float64[np.ndarray, "n c"], own: Sequence[Sequence[int]]) -> float:
    """Return the mean over images of var(s) / mean(s), s being the scores of the image's own classes (eq. 9).

    Their code is lost. Scores are shares of all classes here, and the variance is that of a whole.
    Raises `DataError` where no image has two classes of its own.
    """
    several = [row[classes] for row, classes in zip(scores, map(list, own), strict=True) if len(classes) > 1]
    if not several:
        raise DataError(NONE_SEVERAL)
    return float(np.mean([values.var() / values.mean() for values in several]))


def _shares(logits: Float64[np.ndarray, "n c"]) -> Float64[np.ndarray, "n c"]:
    powers = np.exp(logits - logits.max(axis=1, keepdims=True))
    shares: Float64[np.ndarray, "n c"] = powers / powers.sum(axis=1, keepdims=True)
    return shares
