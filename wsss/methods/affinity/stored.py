"""A trained network beside what it was built from, so that whoever finds its folder can build it again."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any, Final, TypeVar

from wsss.errors import StoreError
from wsss.methods.affinity.networks import PairNetwork
from wsss.models.classifier import ClassifierOptions, GAPClassifier
from wsss.models.normalisation import Normalisation, colour
from wsss.models.weights import UNTRAINED, fill, read_weights

N = TypeVar("N", bound=PairNetwork)

DESCRIPTION: Final = "network.json"
"""The file beside the weights that says of which network they are."""


def description(classifier: ClassifierOptions, *, weights: str) -> dict[str, Any]:
    """Return what `restored` needs, in JSON's terms: the backbone, its pixels, and the name of the file of weights."""
    return {
        "backbone": classifier.backbone,
        "output_stride": classifier.output_stride,
        "mean": list(classifier.normalisation.mean),
        "std": list(classifier.normalisation.std),
        "weights": weights,
    }


def restored(make: Callable[[GAPClassifier], N], folder: Path) -> tuple[N, Normalisation]:
    """Return the network of a folder in eval mode on the CPU, and how it wants its pixels.

    Raises `StoreError` without a description, and `ModelError` where the weights are not those of such a network.
    """
    path = folder / DESCRIPTION
    try:
        said = json.loads(path.read_text(encoding="utf-8"))
        classifier = ClassifierOptions(
            backbone=said["backbone"], weights=UNTRAINED, output_stride=said["output_stride"]
        )
        normalisation = Normalisation(mean=colour(said["mean"]), std=colour(said["std"]))
        weights = folder / said["weights"]
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise StoreError(
            f"{path} describes no network ({error}): delete the folder {folder.parent} and run again"
        ) from error
    network = make(classifier.skeleton(1))
    remedy = f"delete the folder {folder.parent} and run again"
    fill(network, read_weights(weights), origin=str(weights), remedy=remedy)
    return network.eval(), normalisation
