"""Segmentation scores from one confusion matrix over a whole split.

The field has several "mIoU"s; this one is PASCAL VOC's. Pixels of all images are counted into one int64 matrix, pixels
whose truth is 255 are left out, a prediction of 255 counts as background (IRN), IoU = TP / (T + P - TP), and the mean
is over the labels that occur in truth or prediction. A per-image mean, as torchmetrics' `MeanIoU` takes, is another
number.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from wsss.labels import BACKGROUND, IGNORE


def confusion(
    truth: NDArray[np.integer[Any]], predicted: NDArray[np.integer[Any]], *, labels: int
) -> NDArray[np.int64]:
    """Count pixels into `[labels labels]`, truth down and prediction across.

    Raises `ValueError` for a label outside and for arrays of different shapes.

    >>> confusion(np.array([0, 1, 255]), np.array([0, 0, 1]), labels=2)
    array([[1, 0],
           [1, 0]])
    """
    rows, columns = counted_pairs(truth, predicted, labels=labels)
    return np.bincount(rows * labels + columns, minlength=labels**2).reshape(labels, labels)


def counted_pairs(
    truth: NDArray[np.integer[Any]], predicted: NDArray[np.integer[Any]], *, labels: int
) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Return true and predicted labels of the pixels that count; raises what `confusion` raises."""
    if truth.shape != predicted.shape:
        raise ValueError(f"a truth of {truth.shape} does not belong to a prediction of {predicted.shape}")
    counted = truth != IGNORE
    rows = truth[counted].astype(np.int64)
    columns = np.where(predicted == IGNORE, BACKGROUND, predicted)[counted].astype(np.int64)
    for name, values in (("truth", rows), ("prediction", columns)):
        if values.size and (values.min() < 0 or values.max() >= labels):
            wrong = np.unique(values[(values < 0) | (values >= labels)]).tolist()
            raise ValueError(f"the {name} holds {wrong}: labels are 0 .. {labels - 1} and {IGNORE}")
    return rows, columns


@dataclass(frozen=True, kw_only=True)
class SegmentationScores:
    """Fractions, one entry a label; nan where a label occurs in neither truth nor prediction.

    `fp` = (P - TP) / (T + P - TP) and `fn` = (T - TP) / (T + P - TP), so `iou + fp + fn` = 1.

    >>> scores = SegmentationScores.of(np.array([[3, 1], [0, 1]]))
    >>> scores.iou, scores.miou
    ((0.75, 0.5), 0.625)
    """

    iou: tuple[float, ...]
    fp: tuple[float, ...]
    fn: tuple[float, ...]

    @classmethod
    def of(cls, matrix: NDArray[np.int64]) -> "SegmentationScores":
        """Score a confusion matrix `[labels labels]`, truth down."""
        hits = np.diag(matrix).astype(float)
        truth, predicted = matrix.sum(axis=1), matrix.sum(axis=0)
        union = np.where(truth + predicted > 0, truth + predicted - hits, np.nan)
        return cls(
            iou=tuple((hits / union).tolist()),
            fp=tuple(((predicted - hits) / union).tolist()),
            fn=tuple(((truth - hits) / union).tolist()),
        )

    @property
    def miou(self) -> float:
        """Mean IoU over the labels that occur; nan where none does."""
        return mean_of_known(self.iou)

    def to_dict(self, names: Sequence[str]) -> dict[str, Any]:
        """Return what `scores.json` holds: the means, `fp` and `fn` over the foreground, and IoU by label name.

        JSON has no nan: an unknown value is None.
        """
        return {
            "miou": known_or_none(self.miou),
            "fp": known_or_none(mean_of_known(self.fp[1:])),
            "fn": known_or_none(mean_of_known(self.fn[1:])),
            "iou": {name: known_or_none(value) for name, value in zip(names, self.iou, strict=True)},
        }


def image_miou(matrix: NDArray[np.int64]) -> float | None:
    """Return one image's mIoU; None where truth and prediction hold nothing but background."""
    if not matrix[1:].any() and not matrix[:, 1:].any():
        return None
    return SegmentationScores.of(matrix).miou


def mean_of_known(values: Iterable[float | None]) -> float:
    """Return the mean of the values that are neither None nor nan; nan where there is none."""
    known = [value for value in values if value is not None and not np.isnan(value)]
    return float(np.mean(known)) if known else float("nan")


def known_or_none(value: float) -> float | None:
    """Return None in place of nan, which JSON does not have."""
    return None if np.isnan(value) else value
