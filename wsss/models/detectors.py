"""Detectors of torchvision by their names, with the classes that their weights know."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from importlib import import_module
from pathlib import Path
from typing import Any, final

from torch import Tensor, nn

from wsss.errors import ModelError
from wsss.models.normalisation import IMAGENET
from wsss.models.weights.initial import DOWNLOADED, PACKAGED, UNTRAINED, fill, read_weights
from wsss.types import Images

Detections = Sequence[Mapping[str, Tensor]]
"""Of every image `boxes` `[n 4]` (left, top, right, bottom in its pixels), `labels` `[n]` from 1 on, `scores` `[n]`."""


class Detector(nn.Module):
    """A detector that takes batches of normalised images, as classifiers do."""

    def __init__(self, network: nn.Module) -> None:
        super().__init__()
        self.network = network

    def forward(self, images: Images) -> Detections:
        """Return what is found in every image."""
        mean, std = (images.new_tensor(each)[:, None, None] for each in (IMAGENET.mean, IMAGENET.std))
        answer: Detections = self.network(list(images * std + mean))
        return answer

    def one_by_one(self, images: Images) -> Detections:
        """Return the same without a batch: detectors enlarge images, and many at once take gigabytes."""
        return [found for image in images for found in self(image[None])]

    @property
    def last_layer(self) -> nn.Module:
        """The last layer of the backbone, whose maps become those of several scales."""
        backbone: Any = self.network.backbone
        layers: Any = getattr(backbone, "body", None) or backbone.features  # SSD has no body below a pyramid
        last: nn.Module = list(layers.children())[-1]
        return last


@final
@dataclass(frozen=True, kw_only=True)
class PretrainedDetector:
    """A detector and the names of its classes: that of label 1 comes first."""

    network: Detector
    classes: tuple[str, ...]


def detector_names() -> tuple[str, ...]:
    """Return what torchvision calls its detectors."""
    names: list[str] = import_module("torchvision.models").list_models(
        module=import_module("torchvision.models.detection")
    )
    return tuple(names)


def torchvision_detector(name: str, *, weights: str) -> PretrainedDetector:
    """Return a detector of torchvision in eval mode.

    Args:
        name: One of `detector_names`.
        weights: `imagenet`, which stands for those that torchvision downloads (COCO's), a file of them, or `none`.

    Raises:
        ModelError: The weights cannot be had, or they are of another network.
    """
    library: Any = import_module("torchvision.models")
    published = library.get_model_weights(name).DEFAULT
    if weights == PACKAGED:
        raise ModelError(f"weights 'packaged' are a classifier's, not of {name}: choose a file or `none`")
    network = library.get_model(name, weights=None, weights_backbone=None)
    if weights != UNTRAINED:
        stored = (
            _downloaded(published, name=name) if weights == DOWNLOADED else read_weights(Path(weights).expanduser())
        )
        remedy = "give torchvision's file of exactly this detector"
        fill(network, stored, origin=f"weights {weights!r} for {name}", remedy=remedy)
    return PretrainedDetector(network=Detector(network).eval(), classes=_unique(published.meta["categories"][1:]))


def _downloaded(published: Any, *, name: str) -> Mapping[str, Tensor]:
    try:
        stored: Mapping[str, Tensor] = published.get_state_dict(progress=False, check_hash=True)
    except OSError as error:
        raise ModelError(
            f"weights: cannot download those of {name} ({type(error).__name__}: {error}); get {published.url} "
            "elsewhere and give the file's path (`--weights FILE`)"
        ) from error
    return stored


def _unique(names: Sequence[str]) -> tuple[str, ...]:
    """Return names of which none occurs twice: COCO's labels have gaps, and all of these have one name."""
    count = Counter(names)
    return tuple(name if count[name] == 1 else f"{name} ({label})" for label, name in enumerate(names, start=1))
