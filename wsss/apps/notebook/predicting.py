"""`wsss.predict`: masks of any images by the network of a finished run."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final, final

import numpy as np
from jaxtyping import Float16, UInt8
from PIL import Image

from wsss.apps.notebook.pictures import Pictured, each_of, picture_of
from wsss.apps.notebook.shown import Shown
from wsss.apps.predict.predictor import Prediction, Predictor
from wsss.apps.predict.task import draw
from wsss.draw.grid import INK, Grid
from wsss.draw.numbers import percent
from wsss.draw.overlay import Picture
from wsss.draw.panels import MaskPanel, resized
from wsss.engine.stage import Device
from wsss.tiles import Tiles

SIDE: Final = 320
"""Pixels of the longer side of a picture in a page of several."""


@final
@dataclass(frozen=True, kw_only=True, eq=False, repr=False)
class Masked(Shown):
    """An image with its mask."""

    image: Picture
    prediction: Prediction

    @property
    def labels(self) -> UInt8[np.ndarray, "h w"]:
        """The labels of the pixels: 0 is background, class c is c + 1."""
        return self.prediction.labels

    @property
    def confidence(self) -> Float16[np.ndarray, "h w"]:
        """The score of each pixel's label, in [0, 1]."""
        return self.prediction.confidence

    def overlay(self) -> Image.Image:
        """Draw the mask over the image, above the names of what it shows."""
        return Image.fromarray(draw(self.image, self.prediction))

    def caption(self) -> str:
        """Return each class with its share of the image."""
        areas = self.prediction.areas()
        shares = [f"{name} {percent(area.fraction)} %" for name, area in areas.items()]
        return ", ".join(shares) if shares else "background alone"


@final
@dataclass(frozen=True, kw_only=True, eq=False, repr=False)
class Masks(Shown, Sequence[Masked]):
    """The masks of several images, in their order."""

    masks: tuple[Masked, ...]

    def __len__(self) -> int:
        return len(self.masks)

    def __iter__(self) -> Iterator[Masked]:
        return iter(self.masks)

    def __getitem__(self, position: int) -> Masked:  # type: ignore[override]
        """Return the mask of an image."""
        return self.masks[position]

    def overlay(self) -> Image.Image:
        """Draw every image beside its mask, below one another; one image as `Masked.overlay` does."""
        if len(self.masks) == 1:
            return self.masks[0].overlay()
        grid = Grid(columns=2, width=SIDE)
        strips = []
        for each in self.masks:
            small = resized(each.image, side=SIDE)
            strips.append(grid.pictures([small, MaskPanel(title="mask", labels=each.labels).draw(small)]))
            strips.append(grid.sentence(each.caption(), colour=INK))
        return grid.page(strips)

    def caption(self) -> str:
        """Return how many images there are, or what the only one shows."""
        return self.masks[0].caption() if len(self.masks) == 1 else f"{len(self.masks)} images and their masks"


def predict(
    model: Predictor | str | Path,
    images: Pictured | Sequence[Pictured],
    *,
    device: Device = "auto",
    tile: int = Tiles.side,
) -> Masks:
    """Label every pixel of images with the segmentation network of a finished run.

    Args:
        model: A run's folder, such as `outputs/toy/1`, or a `Predictor`, which saves loading it for every call.
        images: One image or several: paths, PIL images, or arrays; see `wsss.apps.notebook.pictures`.
        device: Where to compute; `auto` takes a GPU if there is one.
        tile: Pixels of a side above which an image is cut into tiles.

    Raises:
        StoreError: There is no finished run.
        DataError: An image that cannot be read, is in another form, or is normalised already.
    """
    predictor = model if isinstance(model, Predictor) else Predictor.of(model, device=device, tile=tile)
    pictures = [picture_of(image, white=predictor.white) for image in each_of(images)]
    return Masks(masks=tuple(Masked(image=picture, prediction=predictor(picture)) for picture in pictures))
