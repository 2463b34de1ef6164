"""Neighbours against a loop, in blocks, and what they say of tags."""

import numpy as np
import pytest

from wsss.audit.neighbours import Neighbours, centred, distances, nearest, shares

DRAW = np.random.default_rng(1)


@pytest.mark.parametrize("block", [4, 7, 100])
def test_the_nearest_are_those_of_a_loop(block: int):
    rows = centred(DRAW.normal(size=(23, 5)))
    found = nearest(rows, count=6, block=block)
    for image in range(23):
        cosine = rows @ rows[image]
        cosine[image] = -np.inf
        assert found.index[image].tolist() == np.argsort(-cosine).tolist()[:6]
        np.testing.assert_allclose(found.cosine[image], np.sort(cosine)[::-1][:6], rtol=1e-5)


def test_few_images_have_fewer_neighbours():
    assert nearest(centred(DRAW.normal(size=(3, 5)))).index.shape == (3, 2)
    assert nearest(centred(DRAW.normal(size=(1, 5)))).index.shape == (1, 0)


def test_rows_are_centred_and_of_unit_length():
    rows = centred(DRAW.normal(size=(50, 4)).astype(np.float16) + np.float16(3))
    np.testing.assert_allclose(np.linalg.norm(rows, axis=1), 1, rtol=1e-5)
    assert np.abs(rows.mean(axis=0)).max() < 0.3
    assert not np.isnan(centred(np.ones((3, 2)))).any()


@pytest.mark.parametrize("kind", [np.float16, np.float32])
@pytest.mark.parametrize("images", [2, 3, 40])
def test_images_that_are_all_one_are_nearest_to_each_other(images: int, kind: type):
    rows = centred(np.repeat(DRAW.normal(size=(1, 60)).astype(kind), images, axis=0))
    np.testing.assert_allclose(nearest(rows).cosine, 1, rtol=1e-5)


def test_a_small_difference_is_not_rounding():
    rows = centred(np.array([[1.0, 0.0], [1.0, 0.001]]))
    np.testing.assert_allclose(nearest(rows).cosine, -1, rtol=1e-3)


def test_shares_leave_twins_out_and_weigh_by_cosine():
    near = Neighbours(
        index=np.array([[1, 2, 3], [0, 2, 3], [0, 1, 3], [0, 1, 2]]), cosine=np.array([[0.9, 0.6, 0.2]] * 4)
    )
    tags = np.array([[True], [True], [True], [False]])
    found = shares(near, tags, group=np.array([0, 0, 2, 3]))
    # Of image 0, image 1 is the twin: 0.6 of 0.6 + 0.2 carries the tag.
    np.testing.assert_allclose(found[:, 0], [0.75, 0.75, 1.5 / 1.7, 1.0])
    lonely = shares(Neighbours(index=near.index, cosine=-near.cosine), tags, group=np.arange(4))
    np.testing.assert_allclose(lonely[:, 0], 0.75)


def test_distances_are_means_over_ten():
    near = Neighbours(index=np.zeros((1, 12), dtype=np.int64), cosine=np.array([[0.5] * 10 + [-9.0] * 2]))
    assert distances(near).tolist() == [0.5]
