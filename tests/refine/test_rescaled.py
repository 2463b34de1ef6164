"""Classes reach their highest score again, and the background's row is left alone."""

import torch
from builders import score_maps

from wsss.refine.rescaled import with_peaks_of

BEFORE = torch.tensor([[[0.3, 0.3]], [[0.8, 0.2]], [[0.0, 0.5]]])
AFTER = torch.tensor([[[0.1, 0.2]], [[0.1, 0.4]], [[0.1, 0.0]]])


def test_every_class_has_its_peak_back():
    found = with_peaks_of(score_maps([2, 5, 9], BEFORE), AFTER)
    torch.testing.assert_close(found, torch.tensor([[[0.15, 0.3]], [[0.2, 0.8]], [[0.5, 0.0]]]))


def test_the_background_is_left_as_it_is():
    found = with_peaks_of(score_maps([0, 5, 9], BEFORE), AFTER)
    torch.testing.assert_close(found, torch.tensor([[[0.1, 0.2]], [[0.2, 0.8]], [[0.5, 0.0]]]))


def test_what_is_empty_stays_empty():
    empty = torch.zeros(3, 1, 2)
    assert torch.equal(with_peaks_of(score_maps([2, 5, 9], empty), empty), empty)
    assert torch.equal(with_peaks_of(score_maps([2, 5, 9], BEFORE), empty), empty)
