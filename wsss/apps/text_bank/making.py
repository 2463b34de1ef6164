"""A bank from words: the mean of each class's sentences, as directions."""

from collections.abc import Sequence
from pathlib import Path
from typing import Final, Protocol, runtime_checkable

import numpy as np
from jaxtyping import Float32

from wsss.apps.text_bank.asked import AskedWords
from wsss.errors import ConfigError
from wsss.models.clip.text_bank import TextBank, unit, write_bank
from wsss.store.texts import whole

PLACE: Final = "{}"
"""Stands in a template where the words go."""


@runtime_checkable
class EmbedsText(Protocol):
    """A text tower."""

    @property
    def tower(self) -> str:
        """What timm calls the image tower that goes with it."""
        ...

    @property
    def scale(self) -> float:
        """What turns cosines into logits."""
        ...

    def embed(self, sentences: Sequence[str]) -> Float32[np.ndarray, "n e"]:
        """Return a vector a sentence."""
        ...


def make_bank(words: AskedWords, tower: EmbedsText, *, templates: Sequence[str]) -> TextBank:
    """Return the bank of some words: unit(mean(unit(embedding of each text in each template))) of each class.

    Raises `ConfigError` for a template without a place for words, and `ModelError` for a background prompt with the
    vector of a class.
    """
    wrong = [template for template in templates if template.count(PLACE) != 1]
    if wrong or not templates:
        raise ConfigError([f"--template: {template!r} has not one {PLACE} for the words" for template in wrong or [""]])
    texts = [*words.classes.values(), *((word,) for word in words.backgrounds)]
    bank = TextBank(
        classes=tuple(words.classes),
        backgrounds=words.backgrounds,
        vectors=np.stack([_vector(own, tower, templates=templates) for own in texts]),
        scale=tower.scale,
        tower=tower.tower,
        texts=tuple("\n".join(_sentences(own, templates)) for own in texts),
    )
    return bank.for_classes(bank.classes)


def save_bank(path: Path, bank: TextBank) -> None:
    """Write a bank as a whole, or not at all."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with whole(path) as hidden:
        write_bank(hidden, bank)


def _vector(texts: Sequence[str], tower: EmbedsText, *, templates: Sequence[str]) -> Float32[np.ndarray, " e"]:
    directions = unit(tower.embed(_sentences(texts, templates)))
    mean: Float32[np.ndarray, " e"] = unit(directions.mean(axis=0, keepdims=True))[0]
    return mean


def _sentences(texts: Sequence[str], templates: Sequence[str]) -> list[str]:
    return [template.replace(PLACE, text) for text in texts for template in templates]
