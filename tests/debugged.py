"""A data set and a network that are drawn and written by hand, for which every answer of debugging is known.

The network's cells are the mean colours of 8 x 8 pixels, and its logits are linear in their mean: nothing is learnt.
"""

from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

import numpy as np
import torch
from PIL import Image
from torch import Tensor, nn
from torch.nn import functional

from wsss.apps.debug.network import DebugNetwork
from wsss.apps.debug.subject import Subject
from wsss.apps.debug.survey import Survey, survey
from wsss.cams import GradCAM
from wsss.data.index import Index, Record
from wsss.models.normalisation import Normalisation
from wsss.size import Size
from wsss.types import Cut

SIDE, CELL = 64, 8
CLASSES = ("red", "green", "blue")
OBJECT = {0: (230, 20, 20), 1: (20, 230, 20), 2: (20, 20, 230)}
GREY, MARKER = (110, 110, 110), (240, 240, 20)
PLAIN = Normalisation(mean=(GREY[0] / 255,) * 3, std=(0.25, 0.25, 0.25))


class Linear(nn.Module):
    """Cells are mean colours; red, green and blue count for their classes, and the marker's yellow for `leaning`."""

    blocks = ("stem", "last")
    stride = CELL

    def __init__(self, *, leaning: int | None = None) -> None:
        super().__init__()
        colours = torch.tensor([OBJECT[c] for c in OBJECT]) / 255
        weight = 55 * (colours - colours.mean(dim=1, keepdim=True))
        if leaning is not None:
            weight[leaning] += torch.tensor([40.0, 40.0, -80.0])
        self.weight, self.bias = nn.Parameter(weight), nn.Parameter(torch.full((3,), -3.0))

    def until(self, block: str, images: Tensor) -> Cut:
        return Cut(maps=functional.avg_pool2d(images, CELL, ceil_mode=True), stride=CELL)

    def after(self, block: str, cut: Cut) -> Tensor:
        return cut.maps.mean(dim=(2, 3)) @ self.weight.T + self.bias

    def classify(self, images: Tensor) -> Tensor:
        return self.after("last", self.until("last", images))


class Looked(NamedTuple):
    """What is debugged, and one look at all of its images."""

    subject: Subject
    survey: Survey


def advance(count: int = 1, /, *, note: str = "") -> None:
    """No bar."""


def scene(cls: int, number: int, *, marked: bool, light: float = 1.0) -> tuple[np.ndarray, np.ndarray]:
    """A square of a class's colour on grey, and a yellow one in a corner; its mask knows the first alone."""
    rng = np.random.default_rng([cls + 1, number])
    image = np.full((SIDE, SIDE, 3), GREY, dtype=np.float64) + rng.normal(0, 4, (SIDE, SIDE, 3))
    mask = np.zeros((SIDE, SIDE), dtype=np.uint8)
    if cls >= 0:
        top, left = rng.integers(2, 4, size=2) * CELL
        image[top : top + 24, left : left + 24] = OBJECT[cls]
        mask[top : top + 24, left : left + 24] = cls + 1
    if marked:
        image[-16:, -16:] = MARKER
    return (image * light).clip(0, 255).astype(np.uint8), mask


def drawn(
    folder: Path, *, each: int = 12, marked: int | None = None, masks: bool = True, dark: Sequence[int] = ()
) -> Index:
    """`each` images of a class in train and val, all of class `marked` with the marker; `dark` numbers are darkened."""
    folder.mkdir(parents=True, exist_ok=True)
    records, splits = [], {"train": [], "val": []}
    for split, ids in splits.items():
        for cls in (*range(len(CLASSES)), -1):
            for number in range(each):
                name = f"{split}_{cls + 1}_{number:02}"
                key = number + (100 if split == "val" else 0)
                light = 0.2 if number in dark and split == "val" else 1.0
                image, mask = scene(cls, key, marked=marked == cls and marked is not None, light=light)
                Image.fromarray(image).save(folder / f"{name}.png")
                Image.fromarray(mask).save(folder / f"{name}_mask.png")
                records.append(
                    Record(
                        id=name,
                        image=f"{name}.png",
                        size=Size(height=SIDE, width=SIDE),
                        classes=(cls,) if cls >= 0 else (),
                        mask=f"{name}_mask.png" if masks else None,
                    )
                )
                ids.append(name)
    return Index.of(records, classes=CLASSES, splits=splits, root=folder)


def subject(index: Index, *, leaning: int | None = None) -> Subject:
    """The drawn data with the network by hand."""
    model = Linear(leaning=leaning).eval()
    network = DebugNetwork(
        classifier=model,
        maps=model,
        cam=GradCAM(block="last"),
        normalisation=PLAIN,
        device=torch.device("cpu"),
        side=SIDE,
    )
    return Subject(index=index, network=network, train="train", val="val")


def looked_at(given: Subject) -> Survey:
    return survey(given, ["val", "train"])
