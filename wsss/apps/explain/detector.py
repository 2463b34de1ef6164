"""A detector of torchvision as what is explained: for each class the box that it is surest of."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import final

import torch
from jaxtyping import Float
from torch import Tensor

from wsss.apps.explain.explainer import SIDE, Explainer, check_side
from wsss.apps.explain.pretrained import state_digest
from wsss.apps.explain.subject import TOP, Mask, Subject, Subjects
from wsss.boxes import Box
from wsss.engine.stage import Device, Runtime
from wsss.errors import ConfigError, DataError, one_of
from wsss.labels import class_of
from wsss.models.cuts.grids import ChannelsFirst
from wsss.models.cuts.hooked import Hooked
from wsss.models.detectors import Detector, torchvision_detector
from wsss.models.normalisation import IMAGENET
from wsss.models.targets.detections import BoxClassifier, BoxProbability, WholeDetector
from wsss.models.weights.initial import DOWNLOADED
from wsss.types import Size


def explainer_of_detector(
    name: str, *, weights: str = DOWNLOADED, top: int = TOP, device: Device = "auto", side: int = SIDE
) -> Explainer:
    """Load a detector of torchvision, whose boxes are explained by the methods of classifiers.

    Args:
        name: What torchvision calls it, such as `fasterrcnn_resnet50_fpn`.
        weights: `imagenet`, which stands for those that torchvision downloads, a file of them, or `none`.
        top: How many classes are explained where none are named: those of which it is surest.
        device: Where to compute; `auto` takes NVIDIA's GPU if there is one.
        side: Pixels of the longer side at which the detector gets larger images.

    Raises:
        ModelError: Its weights cannot be had.
        ConfigError: `device` is not there.
        ValueError: `side` is too small.
    """
    check_side(side)
    place = Runtime(device=device).torch_device()
    made = torchvision_detector(name, weights=weights)
    detector = made.network.eval().to(place)
    # Some detectors make a square of every image, so maps do not have its proportions.
    cut = Hooked(detector, {"last": detector.last_layer}, grid=ChannelsFirst())
    return Explainer(
        classes=made.classes,
        fingerprint=state_digest(detector),
        classifier=BoxProbability(detector.one_by_one, classes=len(made.classes), boxes={}),
        networks=(WholeDetector(detector.one_by_one), cut),
        normalisation=IMAGENET,
        device=place,
        side=side,
        subjects=Detected(detector=detector, classes=made.classes, top=top),
    )


@final
@dataclass(frozen=True, kw_only=True)
class Detected(Subjects):
    """Of each class the box of which a detector is surest."""

    detector: Detector
    classes: tuple[str, ...]
    top: int

    def against(self, rival: int) -> Subjects:
        """Refuse: a box has a score of its own, and none over another class."""
        raise ConfigError([f"against: a detector compares no box with {self.classes[rival]!r}: leave it out"])

    def __call__(
        self, seen: Float[Tensor, "3 y x"], *, size: Size, classes: Sequence[int], pixels: Mask | None
    ) -> Subject:
        """See `Subjects`."""
        if pixels is not None:
            raise DataError("pixels are given, and a detector is asked about its boxes: leave them out")
        boxes = self._boxes(seen)
        for cls in classes:
            if cls not in boxes:
                found = f"it finds {one_of([self.classes[each] for each in boxes])}" if boxes else "it finds nothing"
                raise DataError(f"the detector finds no {self.classes[cls]} here, so there is no box: {found}")
        if not boxes:
            raise DataError("the detector finds nothing here, so there is no box to explain")
        count = len(self.classes)
        across, down = size.width / seen.shape[2], size.height / seen.shape[1]
        return Subject(
            says=BoxProbability(self.detector.one_by_one, classes=count, boxes={}),
            judge=BoxProbability(self.detector.one_by_one, classes=count, boxes=boxes),
            bind=lambda network: BoxClassifier(network, boxes, classes=count),
            shown=tuple(boxes)[: self.top],
            boxes={
                cls: Box(left=box[0], top=box[1], right=box[2], bottom=box[3]).scaled(across=across, down=down)
                for cls, box in boxes.items()
            },
        )

    def _boxes(self, seen: Float[Tensor, "3 y x"]) -> dict[int, list[float]]:
        """Return the surest box of each class that is found, the surest class first."""
        with torch.no_grad():
            (found,) = self.detector(seen[None])
        boxes: dict[int, list[float]] = {}
        for place in found["scores"].argsort(descending=True, stable=True).tolist():
            left, top, right, bottom = found["boxes"][place].tolist()
            if left < right and top < bottom:
                boxes.setdefault(class_of(int(found["labels"][place])), [left, top, right, bottom])
        return boxes
