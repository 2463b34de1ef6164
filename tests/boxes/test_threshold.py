"""Otsu's threshold against OpenCV's."""

import cv2
import numpy as np
import pytest

from wsss.boxes.threshold import BINS, otsu


@pytest.mark.parametrize("seed", range(5))
def test_splits_as_opencv_does(seed: int):
    rng = np.random.default_rng(seed)
    picture = np.concatenate([rng.normal(60, 20, 400), rng.normal(170, 25, 150)]).clip(0, 255).astype(np.uint8)[None]
    expected, _ = cv2.threshold(picture, 0, 255, cv2.THRESH_BINARY + cv2.THRESH_OTSU)
    scores = picture / BINS
    assert ((scores > otsu(scores)) == (picture > expected)).all()


def test_nothing_is_above_the_threshold_of_a_constant_map():
    flat = np.full((3, 4), 0.25)
    assert not (flat > otsu(flat)).any()


def test_the_highest_score_is_above_it():
    scores = np.array([[0.0, 0.0, 1.0]])
    assert (scores > otsu(scores)).tolist() == [[False, False, True]]
