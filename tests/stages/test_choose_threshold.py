"""A threshold for all images, chosen without masks."""

import numpy as np

from wsss.stages.choose_threshold import band


def test_the_band_ends_where_the_evidence_falls_below_four_fifths():
    assert band(np.array([0.9, 0.1, 0.8, 1.0, 0.85, 0.79, 0.9])) == (2, 4)
    assert band(np.array([1.0, 0.5])) == (0, 0)
    assert band(np.zeros(3)) == (0, 2)
