"""Sparse confusions of images against the scores of whole matrices."""

import numpy as np

from wsss.metrics.confusion import SegmentationScores
from wsss.metrics.image_confusions import miou_of_rows, sparse_rows


def test_rows_are_the_matrices_and_their_sum_is_that_of_the_data_set():
    rng = np.random.default_rng(0)
    matrices = rng.integers(0, 9, (5, 3, 3)) * (rng.random((5, 3, 3)) > 0.5)
    matrices[2] = 0  # an image of which nothing is counted has its row
    rows = sparse_rows(matrices, labels=3)
    assert rows.toarray().tolist() == matrices.reshape(5, 9).tolist()
    assert rows.nnz == (matrices > 0).sum()
    assert rows.sum(axis=0).tolist() == matrices.sum(axis=0).reshape(-1).tolist()


def test_miou_is_that_of_the_scores_also_where_labels_do_not_occur():
    rng = np.random.default_rng(1)
    matrices = rng.integers(0, 9, (20, 4, 4)) * (rng.random((20, 4, 4)) > 0.7)
    matrices[0] = 0
    expected = [SegmentationScores.of(matrix).miou for matrix in matrices]
    np.testing.assert_allclose(miou_of_rows(matrices.reshape(20, 16)), expected, rtol=1e-12)


def test_no_image_has_no_row():
    assert sparse_rows([], labels=2).shape == (0, 4)
