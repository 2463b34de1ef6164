"""Maps of the regression: their means are its scores, and what they share with others is by hand."""

import numpy as np
import pytest

from wsss.audit.evidence import class_maps, compactness, thefts, top_cells
from wsss.audit.ridge import fit

DRAW = np.random.default_rng(0)


def test_the_mean_of_a_map_is_the_score_without_the_image():
    cells = DRAW.normal(size=(30, 6, 2, 3)).astype(np.float32)
    tags = DRAW.random((30, 2)) < 0.4
    ridge = fit(cells.mean(axis=(2, 3)), tags)
    maps = class_maps(ridge, cells, errors=tags - ridge.scores)
    assert maps.shape == (30, 2, 2, 3)
    np.testing.assert_allclose(maps.mean(axis=(2, 3)), ridge.scores, atol=1e-4)


def test_theft_is_the_cosine_of_positive_parts_with_tagged_classes():
    maps = np.array([[[3.0, 4.0, -9.0]], [[3.0, 0.0, 0.0]], [[0.0, 0.0, 5.0]], [[-1.0, -1.0, -1.0]]])
    found = thefts(maps, np.array([False, True, True, True]))
    np.testing.assert_allclose(found, [[0, 0.6, 0, 0], [0, 0, 0, 0], [0, 0, 0, 0], [0, 0, 0, 0]])
    np.testing.assert_allclose(thefts(maps, np.array([True, False, False, False]))[:, 0], [0, 0.6, 0, 0])


def test_the_highest_eighth_counts():
    maps = np.arange(32, dtype=np.float64).reshape(2, 4, 4)
    assert top_cells(maps).tolist() == [14.5, 30.5]
    assert top_cells(maps[:, :1, :2]).tolist() == [1.0, 17.0]


def test_compactness_by_hand():
    maps = np.array([[[4.0, 2.1, 2.0, 0.0]], [[-4.0, -2.0, -1.0, -3.0]]])
    assert compactness(maps).tolist() == [pytest.approx(0.5), 1.0]
