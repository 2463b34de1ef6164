"""The threshold curve of maps without a background: every threshold's confusion matrix in one pass over the pixels."""

from dataclasses import dataclass, field
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from wsss.labels import BACKGROUND, IGNORE
from wsss.metrics.confusion import SegmentationScores, counted_pairs

THRESHOLDS: Final = tuple(round(0.01 * step, 2) for step in range(100))


@dataclass(frozen=True, kw_only=True)
class ThresholdCurve:
    """Counts of (truth, strongest label, number of thresholds that its score exceeds); `add` images, then `scores`.

    A pixel is foreground where its strongest score exceeds the threshold; ties go to the background, as when a constant
    plane stands first in an argmax.

    >>> curve = ThresholdCurve(labels=2, thresholds=(0.2, 0.5, 0.8))
    >>> score = np.array([[0.1, 0.4, 0.6, 0.9]])
    >>> curve.add(np.array([[0, 0, 1, 1]]), strongest=np.array([[1, 1, 1, 1]]), score=score)
    >>> curve.thresholds[curve.best()], [round(scores.miou, 3) for scores in curve.scores()]
    (0.5, [0.583, 1.0, 0.583])
    """

    labels: int
    thresholds: tuple[float, ...] = THRESHOLDS
    counts: NDArray[np.int64] = field(init=False)

    def __post_init__(self) -> None:
        assert list(self.thresholds) == sorted(self.thresholds), "thresholds must increase"
        shape = (self.labels, self.labels, len(self.thresholds) + 1)
        object.__setattr__(self, "counts", np.zeros(shape, dtype=np.int64))

    def add(
        self, truth: NDArray[np.integer[Any]], *, strongest: NDArray[np.integer[Any]], score: NDArray[np.floating[Any]]
    ) -> None:
        """Count one image: its true labels, the label of the strongest score and that score, all `[h w]`.

        Raises `ValueError` for a label outside and for arrays of different shapes.
        """
        rows, columns = counted_pairs(truth, strongest, labels=self.labels)
        thresholds = np.asarray(self.thresholds, dtype=score.dtype)
        passed = np.searchsorted(thresholds, score[truth != IGNORE], side="left")
        cell = np.ravel_multi_index((rows, columns, passed), self.counts.shape)
        self.counts[...] += np.bincount(cell, minlength=self.counts.size).reshape(self.counts.shape)

    def matrices(self) -> NDArray[np.int64]:
        """Return the confusion matrix of every threshold, `[thresholds labels labels]`."""
        total = self.counts.sum(axis=(1, 2))
        # Pixels that pass threshold t are those that pass more than t thresholds.
        passing = self.counts[:, :, ::-1].cumsum(axis=2)[:, :, ::-1][:, :, 1:]
        matrices = np.moveaxis(passing, 2, 0).copy()
        matrices[:, :, BACKGROUND] += total - matrices.sum(axis=2)
        return matrices

    def scores(self) -> tuple[SegmentationScores, ...]:
        """Return the scores of every threshold."""
        return tuple(SegmentationScores.of(matrix) for matrix in self.matrices())

    def best(self) -> int:
        """Return the position of the threshold with the highest mIoU, the first of equals; it uses masks: an oracle."""
        return int(np.argmax(np.nan_to_num([scores.miou for scores in self.scores()], nan=-1)))
