"""Groups of errors in embeddings: what is planted is found, and nothing in shuffled errors."""

import numpy as np
import pytest
from sklearn.decomposition import PCA
from sklearn.mixture import GaussianMixture

from wsss.metrics.mixture import error_groups, fit, reduced

N = 240


def embeddings(seed: int = 0) -> np.ndarray:
    """Three clouds in 40 dimensions, the last of 15 per cent."""
    rng = np.random.default_rng(seed)
    centres = 4 * rng.standard_normal((3, 40))
    return centres[cloud()] + rng.standard_normal((N, 40))


def cloud() -> np.ndarray:
    return np.repeat([0, 1, 2], [120, 84, 36])


def errors(seed: int = 1) -> np.ndarray:
    return np.random.default_rng(seed).uniform(0.1, 0.5, N)


def test_a_planted_cloud_comes_first() -> None:
    wrong = errors()
    wrong[cloud() == 2] += 0.4
    first = error_groups(embeddings(), wrong)[0]
    assert (cloud()[first.members[:10]] == 2).mean() >= 0.8
    assert first.error > first.rest + 0.2
    assert first.strength > first.chance


def test_shuffled_errors_have_no_group() -> None:
    wrong = errors()
    wrong[cloud() == 2] += 0.4
    found = [error_groups(embeddings(), np.random.default_rng(seed).permutation(wrong)) for seed in range(6)]
    assert sum(bool(each) for each in found) <= 1


def test_few_images_are_not_judged() -> None:
    assert error_groups(embeddings()[:39], errors()[:39]) == []


def test_principal_components_are_scikit_learns() -> None:
    ours, theirs = reduced(embeddings(), dimensions=5), PCA(5).fit_transform(embeddings())
    np.testing.assert_allclose(np.abs(ours), np.abs(theirs / theirs[:, 0].std()), atol=1e-8)


def test_without_the_errors_it_is_a_plain_mixture() -> None:
    points = reduced(embeddings(), dimensions=4)
    share = fit(points, np.zeros(N, dtype=bool), groups=3, rng=np.random.default_rng(0), weight=0.0)
    theirs = GaussianMixture(3, covariance_type="diag", random_state=0, n_init=3).fit_predict(points)
    together = share.argmax(axis=1)[:, None] == share.argmax(axis=1)
    assert (together == (theirs[:, None] == theirs)).mean() > 0.98


def test_shares_add_up_to_one() -> None:
    share = fit(reduced(embeddings()), errors() > 0.3, groups=4, rng=np.random.default_rng(0))
    assert share.sum(axis=1) == pytest.approx(1)
