"""Numbers that are reported: pure functions of arrays."""

from wsss.metrics.confusion import SegmentationScores, confusion
from wsss.metrics.curve import ThresholdCurve
from wsss.metrics.ranking import average_precision, mean_average_precision

__all__ = ["SegmentationScores", "ThresholdCurve", "average_precision", "confusion", "mean_average_precision"]
