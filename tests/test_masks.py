import numpy as np
import pytest
import torch
from builders import score_maps

from wsss.masks import Argmax, ConfidentShare, MaskRule, confident, strongest, strongest_class, strongest_label
from wsss.types import ScoreMaps, Size

LABELS = [0, 2, 5]
SCORES = [
    [[0.5, 0.2, 0.1, 0.8]],
    [[0.5, 0.7, 0.3, 0.1]],
    [[0.0, 0.1, 0.6, 0.1]],
]


def test_the_strongest_label_by_hand():
    mask = Argmax()(score_maps(LABELS, SCORES))
    # The first pixel is a tie, which the background wins.
    assert mask.tolist() == [[0, 2, 5, 0]]
    assert mask.dtype == np.uint8


def test_a_tie_of_classes_goes_to_the_lower():
    assert Argmax()(score_maps([0, 3, 9], [[[0.1]], [[0.4]], [[0.4]]])).tolist() == [[3]]


def test_of_many_labels_the_first_strongest_is_taken_wherever_it_is_decided():
    generator = torch.Generator().manual_seed(0)
    scores = torch.randint(0, 4, (2, 81, 13, 11), generator=generator) / 8  # full of ties
    size = Size(height=13, width=11)
    maps = [ScoreMaps(labels=torch.arange(81), scores=each, size=size) for each in scores]
    assert np.array_equal(strongest_label(scores).numpy(), np.stack([strongest(each)[0] for each in maps]))


def test_what_is_not_a_finite_number_has_no_strongest_label():
    assert strongest_label(torch.tensor([[[[float("inf")]], [[0.5]]]])).tolist() == [[[255]]]
    scores = torch.tensor([[[[0.5, float("nan")]], [[float("nan"), 0.2]]]])
    assert strongest_label(scores).tolist() == [[[255, 255]]]


def test_strongest_returns_the_scores_too():
    labels, scores = strongest(score_maps(LABELS, SCORES))
    assert labels.tolist() == [[0, 2, 5, 0]]
    assert scores.tolist() == [pytest.approx([0.5, 0.7, 0.6, 0.8])]


def test_a_band_leaves_weak_pixels_undecided():
    maps = score_maps(LABELS, SCORES)
    assert ConfidentShare(foreground=0.7, background=0.7)(maps).tolist() == [[255, 2, 255, 0]]
    assert ConfidentShare(foreground=0.5, background=0.5)(maps).tolist() == [[0, 2, 5, 0]]
    assert ConfidentShare(foreground=0.65, background=0.9)(maps).tolist() == [[255, 2, 255, 255]]
    assert ConfidentShare()(maps).dtype == np.uint8


def test_a_score_at_the_bound_is_decided():
    maps = score_maps([0, 1], [[[0.3]], [[0.7]]])
    assert ConfidentShare(foreground=0.7)(maps).tolist() == [[1]]


def test_a_share_does_not_depend_on_the_height_of_a_constant_background():
    maps = score_maps([0, 1, 2], [[[0.3, 0.3, 0.3]], [[0.1, 0.9, 0.3]], [[0.0, 0.0, 0.2]]])
    # Shares of the strongest: 0.3 of 0.4, 0.9 of 1.2, 0.3 of 0.8.
    assert ConfidentShare(foreground=0.7, background=0.7)(maps).tolist() == [[0, 1, 255]]


@pytest.mark.parametrize("rule", [Argmax(), ConfidentShare(foreground=0.0, background=0.0)])
def test_masks_have_the_size_of_the_image(rule: MaskRule):
    scores = torch.zeros(2, 3, 4)
    scores[0], scores[1, :, 2:] = 0.5, 1.0
    mask = rule(score_maps([0, 254], scores, size=(11, 16)))
    assert mask.shape == (11, 16)
    # Between cells centred on 6 and 10 pixels, the class passes 0.5 at 8.
    assert (mask[:, :8] == 0).all()
    assert (mask[:, 8:] == 254).all()


@pytest.mark.parametrize("rule", [Argmax(), ConfidentShare()])
def test_maps_without_a_background_are_refused(rule: MaskRule):
    with pytest.raises(ValueError, match="put a background rule into `refine`"):
        rule(score_maps([1], [[[0.5]]]))


@pytest.mark.parametrize("bound", [-0.1, 1.5, float("nan")])
def test_bounds_outside_are_refused(bound: float):
    with pytest.raises(ValueError, match="bounds lie in"):
        ConfidentShare(foreground=bound)
    with pytest.raises(ValueError, match="bounds lie in"):
        ConfidentShare(background=bound)


def test_confident_labels_by_hand():
    # With much background: 0, class 4, 0, class 4. With little: 0, class 4, class 4, 0.
    foreground = score_maps([0, 4], [[[0.9, 0.2, 0.6, 0.1]], [[0.1, 0.8, 0.4, 0.9]]])
    background = score_maps([0, 4], [[[0.8, 0.1, 0.3, 0.7]], [[0.2, 0.9, 0.7, 0.3]]])
    assert confident(foreground=foreground, background=background).tolist() == [[0, 4, 255, 4]]


def test_confident_labels_may_come_from_maps_of_two_resolutions():
    coarse = score_maps([0, 2], [[[0.6]], [[0.4]]], size=(3, 4))
    fine = score_maps([0, 2], torch.stack([torch.full((3, 4), 0.1), torch.full((3, 4), 0.9)]))
    assert confident(foreground=coarse, background=fine).tolist() == [[255] * 4] * 3
    assert confident(foreground=fine, background=coarse).tolist() == [[2] * 4] * 3


def test_the_strongest_class_is_what_a_threshold_decides_on():
    labels, scores = strongest_class(score_maps([1, 3], [[[0.2, 0.0]], [[0.1, 0.5]]]))
    assert labels.tolist() == [[1, 3]]
    assert scores.tolist() == [[pytest.approx(0.2), 0.5]]
    labels, scores = strongest_class(score_maps([], torch.zeros(0, 1, 1), size=(1, 2)))
    assert (labels.tolist(), scores.tolist()) == ([[0, 0]], [[0.0, 0.0]])
