import torch

from wsss.refine.probabilities import class_maps
from wsss.views import EPSILON


def test_rows_are_made_probabilities_before_they_are_divided_by_their_maximum():
    scores = torch.tensor([[[0.1, 0.4]], [[0.3, 0.1]], [[0.0, 0.3]]])
    # Of what is left, 3 / 4 and 1 / 8 are the first class, 0 and 3 / 8 the second.
    assert torch.allclose(class_maps(scores), torch.tensor([[[1.0, 1 / 6]], [[0.0, 1.0]]]), atol=1e-4)


def test_a_common_factor_changes_nothing():
    scores = torch.rand(4, 5, 6, generator=torch.Generator().manual_seed(0))
    assert torch.allclose(class_maps(0.01 * scores), class_maps(scores), atol=1e-6)


def test_what_is_nowhere_stays_zero_and_no_score_reaches_one():
    scores = torch.zeros(3, 2, 2)
    scores[1, 0] = 1.0
    maps = class_maps(scores)
    assert torch.equal(maps[1], torch.zeros(2, 2))
    assert 1 - 2 * EPSILON < float(maps.max()) < 1


def test_a_background_alone_has_no_maps():
    assert class_maps(torch.ones(1, 2, 3)).shape == (0, 2, 3)
