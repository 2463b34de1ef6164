"""Drift: what was changed is told, halves of one thing are not, and both numbers are by hand or by a loop."""

import numpy as np
import pytest

from wsss.audit import drift as drifting
from wsss.audit.drift import auroc, discrepancy, drift

DRAW = np.random.default_rng(0)
ROWS = DRAW.normal(size=(120, 16))


def test_halves_of_one_thing_are_alike():
    found = drift(ROWS, np.arange(120) % 2 == 0)
    mean, deviation = found.shuffled
    assert abs(found.auroc - mean) < 3 * deviation
    assert found.p > 0.05


def test_what_was_moved_is_told():
    rows = ROWS.copy()
    rows[:40] += 1.0
    found = drift(rows, np.arange(120) < 40)
    assert found.auroc > 0.9
    assert found.deviations > 4
    assert found.p == pytest.approx(1 / 201)
    assert found.scores[:40].mean() > found.scores[40:].mean()


def test_auroc_is_the_share_of_pairs_in_order():
    positive, scores = DRAW.random(30) < 0.4, np.round(DRAW.random(30), 1)
    pairs = [(a > b) + (a == b) / 2 for a in scores[positive] for b in scores[~positive]]
    assert auroc(positive, scores) == pytest.approx(np.mean(pairs))


def test_the_discrepancy_is_that_of_a_loop(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(drifting, "PERMUTATIONS", 3)
    rows, second = ROWS[:9, :3], np.arange(9) < 4
    apart = np.array([[((a - b) ** 2).sum() for b in rows] for a in rows])
    kernel = np.exp(-apart / np.median([apart[i, j] for i in range(9) for j in range(i)]))
    expected = kernel[:4, :4].mean() + kernel[4:, 4:].mean() - 2 * kernel[:4, 4:].mean()
    found, p = discrepancy(rows, second, draw=np.random.default_rng(0))
    assert found == pytest.approx(expected)
    assert 1 / 4 <= p <= 1
