"""Images to annotate, by hand."""

import numpy as np
import pytest

from wsss.metrics.choice import choose, mean_ranks

LINE = np.array([[0.0], [0.1], [5.0], [10.0], [0.2]])
UNCERTAIN = np.array([0.9, 0.8, 0.7, 0.6, 0.1])


def test_ranks_are_means_over_what_is_known() -> None:
    scores = np.array([[1.0, 9.0], [2.0, np.nan], [3.0, 1.0], [np.nan, np.nan]])
    assert mean_ranks(scores) == pytest.approx([0.5, 0.5, 0.5, 0.0])
    assert mean_ranks(np.array([[3.0], [1.0], [2.0]])) == pytest.approx([1, 0, 0.5])


def test_the_farthest_uncertain_image_follows_the_most_uncertain_one() -> None:
    assert choose(UNCERTAIN, LINE, classes=[(0,)] * 5, count=3) == [0, 3, 2]


def test_every_class_has_an_image_and_the_most_uncertain_class_is_first() -> None:
    classes = [(0,), (0,), (0,), (1,), (2,)]
    assert choose(UNCERTAIN, LINE, classes=classes, count=3) == [0, 3, 4]
    assert choose(UNCERTAIN, LINE, classes=classes, count=2) == [0, 3]


def test_an_image_that_shows_a_class_already_serves_it() -> None:
    assert choose(UNCERTAIN, LINE, classes=[(0, 1), (1,), (0,), (0,), (0,)], count=1) == [0]


def test_no_more_images_than_there_are() -> None:
    assert sorted(choose(UNCERTAIN, LINE, classes=[()] * 5, count=20)) == [0, 1, 2, 3, 4]


def test_certain_images_stay_out() -> None:
    uncertain = np.r_[np.ones(10), np.zeros(90)]
    points = np.r_[np.zeros(10), np.full(90, 100.0)][:, None]
    assert choose(uncertain, points, classes=[()] * 100, count=1)[0] < 10
