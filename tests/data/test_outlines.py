"""Outlines, by hand."""

import numpy as np
import pytest
from skimage.draw import polygon2mask

from wsss.data.outlines import ellipse, polygon, polygon_mask, rows_of_runs
from wsss.errors import DataError
from wsss.types import Size

SIZE = Size(height=4, width=6)


def test_a_pixel_counts_by_its_centre():
    square = polygon([(0.6, 0), (3.4, 0), (3.4, 2), (0.6, 2)])(SIZE)
    wanted = np.zeros((4, 6), dtype=bool)
    wanted[:2, 1:3] = True
    assert (square == wanted).all()
    assert (polygon([(0.1, 0), (3.4 / 6, 0), (3.4 / 6, 0.5), (0.1, 0.5)], relative=True)(SIZE) == wanted).all()


def test_polygons_are_those_of_scikit_image():
    corners = np.random.default_rng(0).uniform(-5, 35, size=(20, 5, 2))
    for points in corners:
        # Theirs counts from the centre of the first pixel, and rows come first.
        theirs = polygon2mask((30, 30), points[:, ::-1] - 0.5)
        assert (polygon_mask([tuple(each) for each in points], height=30, width=30) == theirs).mean() > 0.995


@pytest.mark.parametrize("points", [[], [(0, 0), (1, 1)], [(0, 0), (1, 1), (float("nan"), 2)]])
def test_what_is_no_polygon(points: list[tuple[float, float]]):
    with pytest.raises(DataError, match="a polygon"):
        polygon(points)


def test_an_ellipse():
    inside = ellipse(centre=(3, 2), across=2, down=1)(SIZE)
    assert inside.astype(int).tolist() == [[0] * 6, [0, 1, 1, 1, 1, 0], [0, 1, 1, 1, 1, 0], [0] * 6]


def test_runs_fill_rows_of_a_rectangle():
    inside = rows_of_runs([1, 2, 3], left=2, top=1, width=3, height=2)(SIZE)
    assert inside.astype(int).tolist() == [[0] * 6, [0, 0, 0, 1, 1, 0], [0] * 6, [0] * 6]
    with pytest.raises(DataError, match="do not fill 3 x 2 pixels"):
        rows_of_runs([1, 2], left=0, top=0, width=3, height=2)
    with pytest.raises(DataError, match="beyond 6 x 4 pixels"):
        rows_of_runs([6], left=4, top=0, width=3, height=2)(SIZE)
