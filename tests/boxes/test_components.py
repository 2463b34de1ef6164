"""Components, whose pixels may touch at corners."""

import numpy as np

from wsss.boxes.components import components


def test_pixels_that_touch_at_a_corner_belong_together():
    mask = np.array([[1, 0, 0, 1], [0, 1, 0, 0], [0, 0, 0, 1]], dtype=bool)
    numbers, count = components(mask)
    assert count == 3
    assert numbers[0, 0] == numbers[1, 1] != numbers[0, 3]
    assert (numbers > 0).tolist() == mask.tolist()


def test_an_empty_mask_has_none():
    numbers, count = components(np.zeros((2, 3), dtype=bool))
    assert (count, numbers.max()) == (0, 0)
