"""Clusters of cells, and how they go with classes."""

import numpy as np
import pytest
from scipy.stats import fisher_exact

from wsss.metrics.cell_clusters import CellClusters, bias, companions


def cells() -> tuple[np.ndarray, np.ndarray]:
    """Three kinds of cells in 80 dimensions."""
    rng = np.random.default_rng(0)
    kind = np.repeat([0, 1, 2], [60, 50, 40])
    return (6 * rng.standard_normal((3, 80))[kind] + rng.standard_normal((150, 80))).astype(np.float32), kind


def test_kinds_of_cells_have_clusters_of_their_own() -> None:
    points, kind = cells()
    clusters = CellClusters.of(points)
    assert clusters.count == 7
    found = clusters.assign(points)
    assert all(len(set(kind[found == k])) == 1 for k in range(clusters.count))


def test_kinds_that_differ_along_a_weaker_direction_are_told_apart() -> None:
    rng, kind = np.random.default_rng(0), np.tile([0, 1], 60)
    points = np.stack([np.repeat([-90.0, 90.0], 60), 20.0 * kind, *rng.standard_normal((3, 120))], axis=1)
    clusters = CellClusters.of(points.astype(np.float32))
    found = clusters.assign(points.astype(np.float32))
    assert all(len(set(kind[found == k])) == 1 for k in range(clusters.count))


def test_the_nearest_cells_are_of_the_cluster() -> None:
    points, _ = cells()
    clusters = CellClusters.of(points)
    assert clusters.assign(points)[clusters.nearest(points, 2)[:3]].tolist() == [2, 2, 2]


def test_few_cells_are_one_cluster() -> None:
    assert CellClusters.of(cells()[0][:2]).count == 1


def test_a_companion_by_hand() -> None:
    tags = np.zeros((40, 2), dtype=bool)
    tags[:10, 0] = True
    present = np.zeros((40, 1), dtype=bool)
    present[:8] = present[28:32] = True
    (found,) = companions(present, tags)
    assert (found.cls, found.images, found.share) == (0, 8, 0.8)
    assert found.lift == pytest.approx(8 * 40 / (10 * 12))
    assert found.p == pytest.approx(fisher_exact([[8, 2], [4, 26]], alternative="greater").pvalue)


def test_what_is_everywhere_is_no_bias() -> None:
    assert bias(0.9, 1.0) == bias(0.9, 0.5) == 0
    assert bias(0.5, 8) == 1.5
