"""Targets as people name them: classes by name or number, scores of their own, or the likeliest class."""

from collections.abc import Callable, Sequence
from typing import Any

import torch
from torch import Tensor

from wsss.errors import ConfigError, ModelError, one_of
from wsss.models.targets.pixels import Pixels, over_pixels
from wsss.models.targets.scored import NamedScore, logit, region
from wsss.types import Size

Target = int | str | Pixels | Callable[[Any], Tensor]
"""A class by its number or name, pixels of a segmentation network's answer, or any function from an answer to a number
an image."""


def scores_for(
    targets: Target | Sequence[Target] | None, *, answer: Any, classes: Sequence[str], size: Size | None = None
) -> tuple[list[NamedScore], list[int] | None]:
    """Return what is asked for each target, and the classes themselves where all targets are classes.

    Args:
        targets: One or several; the class with the highest logit if None. A number asks a segmentation network for the
            mean logit of that label over the pixels where it is the highest.
        answer: What the network says of the image.
        classes: Their names, none where they are not known.
        size: Of the image itself, which pixels are counted in; that of the answer, if not given.

    Raises:
        ConfigError: A name that no class has.
        ModelError: A class that the network does not have, or an answer without classes.
    """
    named = isinstance(targets, int | str | Pixels) or callable(targets)
    given: list[Any] = [targets] if targets is None or named else list(targets)  # type: ignore[arg-type]
    if not given:
        raise ConfigError(["targets: none is given; leave it out for the likeliest class"])
    resolved = [each for target in given for each in _each(target, answer=answer, classes=classes, size=size)]
    numbers = [number for _, number in resolved if number is not None]
    return [score for score, _ in resolved], numbers if len(numbers) == len(resolved) else None


def _each(
    target: Any, *, answer: Any, classes: Sequence[str], size: Size | None
) -> list[tuple[NamedScore, int | None]]:
    if not isinstance(target, Pixels):
        return [_resolved(target, answer=answer, classes=classes)]
    if not isinstance(answer, Tensor) or answer.ndim != 4:
        raise ModelError("targets: pixels are those of a segmentation network, and this one answers for whole images")
    labels = answer[0].argmax(dim=0)
    own = size or Size(height=labels.shape[0], width=labels.shape[1])
    sets = target.sets(labels, size=own)
    return [
        (over_pixels(label, mask, name=classes[label] if label < len(classes) else ""), None)
        for label, mask in sets.items()
    ]


def _resolved(target: Any, *, answer: Any, classes: Sequence[str]) -> tuple[NamedScore, int | None]:
    if callable(target):
        name = getattr(target, "__name__", type(target).__name__)
        return target if isinstance(target, NamedScore) else NamedScore(words=name, score=target), None
    if target is not None and not isinstance(target, int | str):
        raise ConfigError([f"targets: expected a class, or a function of the network's answer; got {target!r}"])
    if not isinstance(answer, Tensor) or answer.ndim not in (2, 4):
        shape = list(answer.shape) if isinstance(answer, Tensor) else type(answer).__name__
        raise ModelError(
            f"targets: the network answers with {shape}, not with classes: pass detection(...) or the like"
        )
    number = _number(target, answer=answer, classes=classes)
    count = answer.shape[1]
    if not 0 <= number < count:
        raise ModelError(f"targets: there is no class {number}: this network has {count}, 0 .. {count - 1}")
    name = classes[number] if number < len(classes) else ""
    if answer.ndim == 2:
        return logit(number, name=name), number
    mask = answer[0].argmax(dim=0) == number
    if not mask.any():
        raise ModelError(f"targets: no pixel is labelled {name or number}: pass region({number}, mask=...)")
    return region(number, mask=mask, name=name), None


def _number(target: int | str | None, *, answer: Tensor, classes: Sequence[str]) -> int:
    if isinstance(target, int):
        return target
    if target is None:
        return int(answer[0].flatten(1).amax(dim=1).argmax()) if answer.ndim == 4 else int(answer[0].argmax())
    if target not in classes:
        known = f"there are: {one_of(classes)}" if classes else "names are not known: pass classes=, or its number"
        raise ConfigError([f"targets: there is no class {target!r}; {known}"])
    return list(classes).index(target)


def values_of(scores: Sequence[NamedScore], *, answer: Any) -> list[float]:
    """Return the numbers that an answer for one image gives to targets."""
    with torch.no_grad():
        return [float(score(answer)[0]) for score in scores]
