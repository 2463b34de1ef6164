"""Predict an image tile by tile, and see on the way how unlike the images learnt from it is."""

from typing import final

import numpy as np
from jaxtyping import UInt8

from wsss.engine.features import features_of
from wsss.models.feature_statistics import FeatureStatistics, listening
from wsss.models.segmenters.segmentation import SegmentationNetwork
from wsss.stages.predict_masks import MaskPredictor
from wsss.types import ScoreMaps


@final
class Likeness:
    """The tiles of one image, and the mean of what the encoder makes of them; without statistics, the tiles alone."""

    def __init__(self, predictor: MaskPredictor, statistics: FeatureStatistics | None) -> None:
        self._predictor = predictor
        self._statistics = statistics
        self._features = np.zeros(0 if statistics is None else len(statistics.mean))
        self._pixels = 0

    def maps(self, tile: UInt8[np.ndarray, "h w 3"]) -> ScoreMaps:
        """Return the probabilities of all labels at the pixels of a tile."""
        if self._statistics is None:
            (maps,) = self._predictor.maps([tile])
            return maps
        network = self._predictor.network
        assert isinstance(network, SegmentationNetwork), "no other has statistics"
        with listening(network.encoder) as heard:
            (maps,) = self._predictor.maps([tile])
        height, width = (side + -side % network.stride for side in tile.shape[:2])
        features = heard.of(height, width)
        if features is None:  # no view of the run has the image's own size
            asked = self._predictor
            features = features_of(
                network, tile, normalisation=asked.normalisation, device=asked.device, precision=asked.precision
            )
        pixels = tile.shape[0] * tile.shape[1]
        self._features += pixels * features[0]
        self._pixels += pixels
        return maps

    @property
    def unlikeness(self) -> float | None:
        """See `FeatureStatistics.unlikeness`; None without statistics, and before the first tile."""
        if self._statistics is None or not self._pixels:
            return None
        return self._statistics.unlikeness(self._features / self._pixels)
