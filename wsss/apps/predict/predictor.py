"""The network of a finished run, asked for images of any size: `Predictor.of(run)(image)`."""

from dataclasses import dataclass, field
from pathlib import Path
from typing import final

import numpy as np
import torch
from jaxtyping import Float16, UInt8
from numpy.typing import NDArray

from wsss.apps.model.source import opened
from wsss.apps.predict.likeness import Likeness
from wsss.data.depth import WHITE
from wsss.data.images import reduced
from wsss.engine.stage import Device, Runtime
from wsss.errors import ModelError
from wsss.labels import BACKGROUND, class_of
from wsss.masks import strongest
from wsss.models.feature_statistics import FeatureStatistics
from wsss.run.record import RunRecord
from wsss.stages.predict_masks import MaskPredictor
from wsss.store.feature_statistics import read_statistics
from wsss.tiles import Scores, Tiles
from wsss.types import ScoreMaps, Size


@dataclass(frozen=True, kw_only=True)
class Area:
    """What an image shows of one class."""

    pixels: int
    fraction: float
    """Share of the image's pixels."""
    confidence: float
    """Mean over these pixels, in [0, 1]."""


@final
@dataclass(frozen=True, kw_only=True, eq=False)
class Prediction:
    """The labels of an image's pixels: 0 is background, class c is c + 1."""

    classes: tuple[str, ...]
    labels: UInt8[np.ndarray, "h w"]
    confidence: Float16[np.ndarray, "h w"]
    """The score of each pixel's label, in [0, 1]: a probability where nothing refined it."""
    unlikeness: float | None = None
    """How far the image lies from those learnt from, by the encoder's features: above 1 where further than 99 of 100 of
    these. None where the training kept nothing to tell it by."""

    @property
    def mean_confidence(self) -> float:
        """Mean over all pixels, the background's included."""
        return float(self.confidence.mean(dtype=np.float64))

    def areas(self) -> dict[str, Area]:
        """Return what the image shows of each class that has a pixel, in the order of the classes."""
        pixels, sums = np.zeros(256, dtype=np.int64), np.zeros(256)
        # Row by row, since bincount would widen a large image to 16 bytes a pixel.
        for labels, confidence in zip(self.labels, self.confidence, strict=True):
            pixels += np.bincount(labels, minlength=256)
            sums += np.bincount(labels, weights=confidence, minlength=256)
        shown = [label for label in np.flatnonzero(pixels).tolist() if label != BACKGROUND]
        return {
            self.classes[class_of(label)]: Area(
                pixels=int(pixels[label]),
                fraction=int(pixels[label]) / self.labels.size,
                confidence=float(sums[label] / pixels[label]),
            )
            for label in shown
        }


@final
@dataclass(frozen=True, kw_only=True)
class Predictor:
    """Labels every pixel of an image as the run's own `predict_masks` does: the same views, refiners and network.

    Images with a side above `tiles.side` are worked on in tiles, which are refined before they are merged.
    """

    classes: tuple[str, ...]
    fingerprint: str
    """Of the run's `predict_masks`: predictors of one fingerprint and one size of tiles answer the same."""
    network: MaskPredictor
    tiles: Tiles = field(default_factory=Tiles)
    white: int = WHITE
    """The value that the run reads as white in images of 16 bits."""
    long_side: int | None = None
    """Pixels to which the run reduces larger images; labels and confidence are brought back to the image's own size."""
    statistics: FeatureStatistics | None = None
    """Of the features of the images learnt from."""

    @classmethod
    def of(
        cls,
        run: str | Path | RunRecord,
        *,
        store: str | Path | None = None,
        device: Device = "auto",
        tile: int = Tiles.side,
    ) -> "Predictor":
        """Load the network of a finished run.

        Args:
            run: The run's folder, such as `outputs/toy/1`, what `read_record` returned for it, or a model file.
            store: Where the run's store lies, if it was moved.
            device: Where to compute; `auto` takes NVIDIA's GPU if there is one.
            tile: Pixels of a side above which an image is cut, at least 256. Memory grows with its square.

        Raises:
            StoreError: It is neither, its segmentation network is not finished, or the file is damaged.
            ConfigError: `device` is not there.
            ValueError: `tile` is too small.

        A call raises `ModelError` where a tile does not fit the memory of a GPU.
        """
        tiles = Tiles(side=tile)
        place = Runtime(device=device).torch_device()
        with opened(run, store=store) as source:
            parts = source.predicting()
            network = parts.stage.predictor(parts.job, place)
            statistics = read_statistics(parts.job.inputs["segmenter"])
        return cls(
            classes=parts.classes,
            fingerprint=parts.job.artifact.fingerprint,
            network=network,
            tiles=tiles,
            white=parts.white,
            long_side=parts.long_side,
            statistics=statistics,
        )

    def __call__(self, image: UInt8[np.ndarray, "h w 3"]) -> Prediction:
        """Return the labels of an RGB image, such as `wsss.data.images.read_image` reads it with `white`."""
        seen = reduced(image, self.long_side)
        labels = np.empty(seen.shape[:2], dtype=np.uint8)
        confidence = np.empty(seen.shape[:2], dtype=np.float16)
        likeness = Likeness(self.network, self.statistics)

        def scores(rows: slice, columns: slice) -> Scores:
            return self._scores(seen[rows, columns], likeness)

        size = Size(height=seen.shape[0], width=seen.shape[1])
        for rows, columns, block in self.tiles.merged(size, scores):
            labels[rows, columns], confidence[rows, columns] = strongest(_maps(block))
        if seen is not image:
            down, across = (nearest(own, small) for own, small in zip(image.shape[:2], seen.shape[:2], strict=True))
            labels, confidence = labels[down[:, None], across], confidence[down[:, None], across]
        return Prediction(classes=self.classes, labels=labels, confidence=confidence, unlikeness=likeness.unlikeness)

    def _scores(self, image: UInt8[np.ndarray, "h w 3"], likeness: Likeness) -> Scores:
        try:
            maps = likeness.maps(image)
        except torch.OutOfMemoryError as error:
            size = f"{image.shape[1]} x {image.shape[0]} pixels"
            raise ModelError(f"{size} at once do not fit the memory of the GPU: choose smaller tiles") from error
        return self.network.refined(image, maps).full().scores


def nearest(own: int, small: int) -> NDArray[np.intp]:
    """Return for every one of `own` pixels of an axis which of `small` equal parts holds its centre.

    >>> nearest(5, 2)
    array([0, 0, 1, 1, 1])
    """
    return ((np.arange(own) + 0.5) * small / own).astype(np.intp)


def check_tile(side: int) -> None:
    """Raise a `ValueError` for a side of tiles that is too small."""
    Tiles(side=side)


def _maps(scores: Scores) -> ScoreMaps:
    labels, height, width = scores.shape
    return ScoreMaps(labels=torch.arange(labels), scores=scores, size=Size(height=height, width=width))
