"""Leave-one-out scores of the ridge against regressions that are really made without the images."""

import numpy as np
import pytest

from wsss.audit import ridge
from wsss.audit.ridge import Scaling, fit
from wsss.metrics.ranking import mean_average_precision

DRAW = np.random.default_rng(0)
EMBEDDINGS = DRAW.normal(size=(40, 12)).astype(np.float16)
TAGS = DRAW.random((40, 3)) < 0.3


def without(group: list[int], *, penalty: float) -> tuple[np.ndarray, np.ndarray]:
    """Weights, and scores of the group, of a regression on all other images."""
    rows, mean = Scaling.of(EMBEDDINGS).rows(EMBEDDINGS), TAGS.mean(axis=0)
    kept = [image for image in range(len(TAGS)) if image not in group]
    gram = rows[kept].T @ rows[kept] + penalty * np.eye(rows.shape[1])
    weights = np.linalg.solve(gram, rows[kept].T @ (TAGS[kept] - mean))
    return weights, rows[group] @ weights + mean


@pytest.mark.parametrize("group", [[0], [17], [3, 7, 9]])
def test_scores_are_those_of_a_regression_without_the_images(group: list[int]):
    found = fit(EMBEDDINGS, TAGS, groups=[[3, 7, 9]])
    weights, scores = without(group, penalty=found.penalty)
    np.testing.assert_allclose(found.scores[group], scores, atol=1e-9)
    rows = found.scaling.rows(EMBEDDINGS[group])
    np.testing.assert_allclose(
        found.weights - found.moves(rows).T @ (TAGS[group] - found.scores[group]), weights, atol=1e-9
    )


def test_twins_do_not_vouch_for_each_other():
    rows = EMBEDDINGS.copy()
    rows[1] = rows[0]
    tags = np.zeros((40, 1), dtype=bool)
    tags[[0, 1]] = True
    alone, together = fit(rows, tags, penalties=(0.1,)), fit(rows, tags, groups=[(0, 1)], penalties=(0.1,))
    assert alone.scores[0, 0] > 0.2
    assert together.scores[0, 0] < 0.1


def test_blocks_change_nothing(monkeypatch: pytest.MonkeyPatch):
    whole = fit(EMBEDDINGS, TAGS)
    monkeypatch.setattr(ridge, "BLOCK", 7)
    np.testing.assert_allclose(fit(EMBEDDINGS, TAGS).scores, whole.scores, atol=1e-9)


def test_permuting_images_permutes_scores():
    order = DRAW.permutation(40)
    np.testing.assert_allclose(
        fit(EMBEDDINGS[order], TAGS[order]).scores, fit(EMBEDDINGS, TAGS).scores[order], atol=1e-9
    )


def test_the_penalty_with_the_best_leave_one_out_map_is_taken():
    found = fit(EMBEDDINGS, TAGS)
    maps = {
        each: mean_average_precision(TAGS, fit(EMBEDDINGS, TAGS, penalties=(each,)).scores) for each in ridge.LAMBDAS
    }
    assert maps[found.penalty] == max(maps.values())


def test_channels_and_images_that_never_change_are_harmless():
    flat = np.ones((6, 4), dtype=np.float16)
    tags = np.array([[True], [False]] * 3)
    found = fit(flat, tags)
    assert found.penalty == max(ridge.LAMBDAS)
    np.testing.assert_allclose(found.scores, 0.5)
