"""Rebalancing against Sinkhorn's scaling in NumPy and against the exact transport of a linear programme."""

from typing import Literal

import numpy as np
import pytest
import scipy
import torch
from builders import score_maps

from wsss.refine import Rebalance
from wsss.refine.rebalance import transport

RNG = np.random.default_rng(7)
SCORES = torch.from_numpy(RNG.random((3, 4, 5), dtype=np.float32))


def plan_of(scores: np.ndarray, shares: np.ndarray, *, epsilon: float) -> np.ndarray:
    """As the authors' code goes: a kernel of cells by labels, of which rows and columns are scaled in turn."""
    kernel = np.exp(-(1 - scores.T) / epsilon)
    rows, columns = np.ones(len(kernel)), np.ones(len(shares))
    for _ in range(2000):
        columns = shares / (kernel.T @ rows)
        rows = (1 / len(kernel)) / (kernel @ columns)
    return (np.diag(rows) @ kernel @ np.diag(columns)).T


@pytest.mark.parametrize("shares", ["areas", "even"])
@pytest.mark.parametrize("labels", [[1, 4, 9], [0, 4, 9]])
def test_it_is_the_published_computation(shares: Literal["areas", "even"], labels: list[int]):
    scores = SCORES.double().numpy().reshape(3, -1)
    wanted = scores.sum(axis=1) / scores.sum() if shares == "areas" else np.full(3, 1 / 3)
    plan = plan_of(scores, wanted, epsilon=0.1)
    low, high = plan.min(axis=1, keepdims=True), plan.max(axis=1, keepdims=True)
    expected = scores * (plan - low) / (high - low)
    peaks = scores.max(axis=1, keepdims=True) / expected.max(axis=1, keepdims=True)
    peaks[0] = peaks[0] if labels[0] else 1
    found = Rebalance(shares=shares).apply(score_maps(labels, SCORES))
    np.testing.assert_allclose(found.scores.numpy().reshape(3, -1), expected * peaks, atol=2e-3)
    assert found.labels.tolist() == labels


def test_cells_count_the_same_and_labels_get_their_shares():
    scores, shares = SCORES.double().flatten(1), torch.tensor([0.2, 0.5, 0.3], dtype=torch.float64)
    plan = transport(scores, shares=shares, epsilon=0.05, iterations=100)
    torch.testing.assert_close(plan.sum(dim=0), torch.full((20,), 1 / 20, dtype=torch.float64))
    torch.testing.assert_close(plan.sum(dim=1), shares, rtol=2e-3, atol=0)


def test_a_hard_plan_is_that_of_a_linear_programme():
    scores = RNG.random((2, 6))
    plan = transport(torch.from_numpy(scores), shares=torch.tensor([2 / 6, 4 / 6]), epsilon=1e-3, iterations=5000)
    constraints = [np.kron(np.eye(2), np.ones(6)), np.kron(np.ones(2), np.eye(6))]
    exact = scipy.optimize.linprog(
        1 - scores.reshape(-1), A_eq=np.vstack(constraints), b_eq=[2 / 6, 4 / 6, *[1 / 6] * 6]
    )
    np.testing.assert_allclose(plan.numpy().reshape(-1), exact.x, atol=2e-3)


def test_a_small_class_gets_back_what_a_larger_one_covers():
    large, small = torch.full((2, 8), 0.9), torch.zeros(2, 8)
    small[0, 2:4] = 0.6
    maps = score_maps([1, 2], torch.stack([large, small]))
    assert set(maps.scores.argmax(dim=0).flatten().tolist()) == {0}
    for shares in ("areas", "even"):
        winner = Rebalance(shares=shares).apply(maps).scores.argmax(dim=0)
        assert winner[0, 2:4].tolist() == [1, 1], shares
        assert int(winner.sum()) == 2, shares


def test_alike_labels_and_a_single_one_stay_as_they_are():
    same = score_maps([1, 4], SCORES[:1].expand(2, -1, -1))
    torch.testing.assert_close(Rebalance().apply(same).scores, same.scores)
    single = score_maps([4], SCORES[:1])
    assert Rebalance().apply(single) is single
    none = score_maps([], torch.zeros(0, 4, 5))
    assert Rebalance().apply(none) is none


def test_a_label_that_the_plan_would_take_away_stays():
    """Where the one class is seen, the other is seen better; nobody is seen elsewhere."""
    scores = torch.zeros(2, 1, 6)
    scores[:, 0, 2] = torch.tensor([0.8, 1.0])
    found = Rebalance().apply(score_maps([1, 2], scores)).scores
    assert (found.amax(dim=(1, 2)) > 0).all()
    torch.testing.assert_close(found[0], scores[0])


def test_a_class_without_a_score_stays_so_and_nothing_becomes_nan():
    scores = SCORES.clone()
    scores[1] = 0
    found = Rebalance(epsilon=1e-4).apply(score_maps([1, 2, 3], scores)).scores
    assert found.isfinite().all()
    assert torch.equal(found[1], scores[1])


@pytest.mark.parametrize(
    ("option", "value", "message"),
    [("epsilon", 0.0, "epsilon must be positive, got 0.0"), ("iterations", 0, "iterations must be at least 1, got 0")],
)
def test_numbers_that_scale_nothing_are_refused(option: str, value: float, message: str):
    with pytest.raises(ValueError, match=message):
        Rebalance(**{option: value})
