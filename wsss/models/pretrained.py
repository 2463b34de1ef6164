"""timm's classifiers with the head and the classes that they were trained for, such as ImageNet's."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from importlib import import_module
from typing import Any, final

from torch import nn

from wsss import models
from wsss.errors import ModelError
from wsss.models.cuts.families import check_name
from wsss.models.normalisation import Normalisation
from wsss.models.weights.initial import (
    DOWNLOADED,
    UNTRAINED,
    check_weights,
    download,
    fill,
    normalisation_of,
    stored_weights,
)


@final
@dataclass(frozen=True, kw_only=True)
class ClassNames:
    """The classes of a head: a name each, and other names by which people call them."""

    names: tuple[str, ...] = ()
    synonyms: Mapping[str, str] = field(default_factory=dict)
    """Other names, in lower case, each with the class's own; those of several classes are left out."""


@final
@dataclass(frozen=True, kw_only=True)
class Pretrained:
    """A classifier, and how it wants images."""

    network: nn.Module
    classes: ClassNames
    normalisation: Normalisation
    size: tuple[int, int] | None
    """Height and width of the only images that it takes; None where it takes images of any size."""


def timm_classifier(name: str, *, weights: str) -> Pretrained:
    """Return a network of timm with its own head.

    Args:
        name: What timm calls it, such as `resnet50`, with the tag of its weights after a dot if there are several.
        weights: `imagenet`, `packaged`, a file or `none`; see `ClassifierOptions`.

    Raises:
        ModelError: timm has no such network, the weights cannot be had, or they are of another network.
    """
    check_name(name)
    check_weights(weights, backbone=name)
    with download(name, wanted=weights == DOWNLOADED) as pretrained:
        network: nn.Module = models.zoo.timm.create_model(name, pretrained=pretrained)
    if weights not in (DOWNLOADED, UNTRAINED):
        fill(network, stored_weights(weights), origin=f"weights {weights!r} for {name}", remedy="choose another file")
    return Pretrained(
        network=network,
        classes=class_names(network),
        normalisation=normalisation_of(weights, backbone=name),
        size=only_size(network),
    )


def check_classes(pretrained: Pretrained, *, name: str) -> None:
    """Refuse with a `ModelError` a network whose head answers with classes that have no names."""
    if not pretrained.classes.names:
        raise ModelError(
            f"network: {name} answers with no classes whose names are known, so it cannot be asked for one: choose a "
            "classifier of ImageNet, such as resnet50"
        )


def class_names(network: nn.Module) -> ClassNames:
    """Return the classes of a timm network: those of the part of ImageNet that its head is for, none for others."""
    data = import_module("timm.data")
    subset = data.infer_imagenet_subset(network)
    if not subset:
        return ClassNames()
    info = data.ImageNetInfo(subset)
    described = [_names_in(info.index_to_description(index)) for index in range(info.num_classes())]
    short = Counter(names[0] for names in described)
    names = tuple(each[0] if short[each[0]] == 1 else f"{each[0]} ({index})" for index, each in enumerate(described))
    called = Counter(word.lower() for each in described for word in dict.fromkeys(each))
    synonyms = {
        word.lower(): name
        for name, each in zip(names, described, strict=True)
        for word in each
        if called[word.lower()] == 1
    }
    return ClassNames(names=names, synonyms=synonyms)


def only_size(network: nn.Module) -> tuple[int, int] | None:
    """Return the only size that a network takes: timm, transformers and torchvision each say it in their own words."""
    config: Any = getattr(network, "pretrained_cfg", None)
    if isinstance(config, Mapping):
        patches = getattr(network, "patch_embed", None)
        size = getattr(patches, "img_size", None) or config["input_size"][-2:]
        return _pair(size) if config.get("fixed_input_size") else None
    size = getattr(getattr(network, "config", None), "image_size", None) or getattr(network, "image_size", None)
    return None if size is None else _pair(size)


def _pair(size: int | Sequence[int]) -> tuple[int, int]:
    height, width = (size, size) if isinstance(size, int) else size
    return height, width


def _names_in(description: str) -> list[str]:
    return [word.strip() for word in description.split(",")]
