from typing import Literal

import numpy as np
import pytest

from wsss.cams.kmeans import cluster, elbow


def blobs(number: int) -> np.ndarray:
    """`number` heaps of ten points, far from each other."""
    draw = np.random.default_rng(3)
    return (100 * np.eye(number)[:, None] + draw.normal(size=(number, 10, number))).reshape(10 * number, number)


@pytest.mark.parametrize("number", [4, 5])
@pytest.mark.parametrize("elbowed", [False, True])
def test_heaps_are_found(number: int, *, elbowed: bool):
    points = blobs(number)
    found = cluster(
        points, counts=np.ones(len(points), dtype=np.int64), groups="elbow" if elbowed else number, random_seed=0
    )
    heaps = found.reshape(number, 10)
    assert (heaps == heaps[:, :1]).all()
    assert len(set(heaps[:, 0])) == number


@pytest.mark.parametrize("points", [1, 2, 3])
@pytest.mark.parametrize("groups", [3, "elbow"])
def test_there_are_never_more_groups_than_points(points: int, groups: int | Literal["elbow"]):
    found = cluster(np.eye(points), counts=np.ones(points, dtype=np.int64), groups=groups, random_seed=0)
    assert len(set(found)) == points


def test_the_global_random_state_is_neither_read_nor_changed():
    points, counts = blobs(5), np.ones(50, dtype=np.int64)
    before = np.random.get_state()  # noqa: NPY002 - what others draw from
    first = cluster(points, counts=counts, groups=8, random_seed=1)
    after = np.random.get_state()  # noqa: NPY002
    assert all(np.array_equal(a, b) for a, b in zip(before, after, strict=True))
    np.random.seed(99)  # noqa: NPY002
    assert np.array_equal(cluster(points, counts=counts, groups=8, random_seed=1), first)


@pytest.mark.parametrize(
    ("curve", "bend"), [([10, 2, 1, 0], 1), ([9, 6, 3, 0], 0), ([10, 9, 1, 0], 2), ([5], 0), ([5, 1], 0)]
)
def test_where_a_curve_bends(curve: list[float], bend: int):
    assert elbow(curve) == bend
