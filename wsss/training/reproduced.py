"""Advice where a segmentation network did not learn its masks, by its IoU with those that it learnt from."""

from collections.abc import Mapping, Sequence
from typing import Final

from wsss.errors import one_of
from wsss.metrics.confusion import SegmentationScores, mean_of_known

LEAST: Final = 0.4
"""Mean IoU with the masks of the foreground below which a network learnt too little of them to be used."""
LOST: Final = 0.1
"""IoU below which a class was not learnt at all."""
NAMED: Final = 5
"""Classes that are named at most."""


def advice_on(scores: SegmentationScores, *, names: Sequence[str], steps: int, balanced: bool) -> list[str]:
    """Return in a sentence that a network did not learn its masks, and the remedy; none where it did.

    `scores` are those of the last epoch, `names` the labels', background first, `steps` those of the training, and
    `balanced` says whether its loss was.
    """
    ious = shown(scores, names=names)
    mean = mean_of_known(ious.values())
    if not ious or mean >= LEAST:
        return []
    lost = sorted((name for name, iou in ious.items() if iou < LOST), key=lambda name: ious[name])
    said = f"By itself, the network reproduces the masks that it learnt from at a mean IoU of {100 * mean:.1f} %"
    if lost:
        said += f", and learnt nothing of {len(lost)} of {len(ious)} classes: {one_of(lost, limit=NAMED)}"
    longer = f"train it for longer (fit.segmenter.least_steps={2 * steps}; there were {steps} steps)"
    even = "" if balanced else ", or let foreground count for more (fit.segmenter.loss=balanced)"
    return [f"{said}: {longer}{even}."]


def shown(scores: SegmentationScores, *, names: Sequence[str]) -> Mapping[str, float]:
    """Return the IoU of each class that the masks show; a class that is only predicted was not there to be learnt."""
    every = zip(names[1:], scores.iou[1:], scores.fp[1:], strict=True)
    return {name: iou for name, iou, wrong in every if wrong < 1}
