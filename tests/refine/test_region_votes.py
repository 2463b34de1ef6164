"""Soft votes of regions against a loop over pixels, and what follows from the formula."""

import numpy as np
import pytest
import torch
from builders import score_maps

from wsss.refine import RegionVotes
from wsss.refine.region_votes import region_means
from wsss.types import ScoreMaps

RNG = np.random.default_rng(5)
SCORES = torch.from_numpy(RNG.random((2, 5, 6), dtype=np.float32))
MAPS = score_maps([0, 3], SCORES)
PLAIN = RegionVotes(rescale=False)


def layers_at_random(layers: int = 3) -> np.ndarray:
    return RNG.integers(0, 4, size=(layers, 5, 6)).astype(np.uint16)


@pytest.mark.parametrize("weights", ["even", "purity"])
@pytest.mark.parametrize("share", [1.0, 0.25])
def test_votes_by_a_loop_over_pixels_and_regions(weights: str, share: float):
    layers = layers_at_random()
    expected = np.zeros((2, 5, 6))
    scores = SCORES.numpy().astype(np.float64)
    for y, x in np.ndindex(5, 6):
        total, weight = np.zeros(2), 0.0
        for layer in layers:
            if layer[y, x]:
                mean = scores[:, layer == layer[y, x]].mean(axis=1)
                own = 1.0 if weights == "even" else mean.max()
                total, weight = total + own * mean, weight + own
        voted = total / weight if weight else scores[:, y, x]
        expected[:, y, x] = share * voted + (1 - share) * scores[:, y, x]
    found = RegionVotes(weights=weights, share=share, rescale=False).apply(MAPS, regions=layers)
    np.testing.assert_allclose(found.scores.numpy(), expected, atol=1e-5)
    assert found.labels.tolist() == [0, 3]


def test_one_region_is_the_mean_of_the_image_and_single_pixels_change_nothing():
    whole, single = np.ones((1, 5, 6), dtype=np.uint16), np.arange(1, 31, dtype=np.uint16).reshape(1, 5, 6)
    mean = SCORES.mean(dim=(1, 2), keepdim=True).expand(2, 5, 6)
    torch.testing.assert_close(PLAIN.apply(MAPS, regions=whole).scores, mean)
    torch.testing.assert_close(PLAIN.apply(MAPS, regions=single).scores, SCORES)
    assert torch.equal(PLAIN.apply(MAPS, regions=whole[:0]).scores, SCORES)


def test_regions_along_the_truth_recover_it_from_noise():
    truth = torch.zeros(5, 6)
    truth[1:4, 2:5] = 1
    noisy = (0.5 * truth + 0.5 * torch.from_numpy(RNG.random((5, 6), dtype=np.float32)))[None]
    maps = score_maps([2], noisy)
    found = PLAIN.apply(maps, regions=(truth.numpy() + 1).astype(np.uint16)[None]).scores[0]
    assert torch.equal(found > 0.5, truth > 0)


def test_sums_are_kept_a_partition_votes_once_and_the_order_of_regions_has_no_say():
    layers = layers_at_random()
    (layer,) = layers[:1]
    once = PLAIN.apply(MAPS, regions=layer[None] + 1)
    torch.testing.assert_close(once.scores.sum(dim=(1, 2)), SCORES.sum(dim=(1, 2)))
    torch.testing.assert_close(PLAIN.apply(once, regions=layer[None] + 1).scores, once.scores)
    renumbered = np.array([0, 3, 1, 2], dtype=np.uint16)[layers[::-1]]
    torch.testing.assert_close(PLAIN.apply(MAPS, regions=renumbered).scores, PLAIN.apply(MAPS, regions=layers).scores)


def test_rescaled_classes_reach_their_highest_score_again_and_the_background_stays():
    whole = np.ones((1, 5, 6), dtype=np.uint16)
    found = RegionVotes().apply(MAPS, regions=whole).scores
    torch.testing.assert_close(found[1], SCORES[1].max().expand(5, 6))
    torch.testing.assert_close(found[0], SCORES[0].mean().expand(5, 6))
    alone = RegionVotes().apply(score_maps([3], SCORES[1:]), regions=whole).scores
    torch.testing.assert_close(alone[0], found[1])


def test_maps_on_cells_are_interpolated_first():
    maps = score_maps([1], torch.ones(1, 2, 2), size=(5, 6))
    assert RegionVotes().apply(maps, regions=layers_at_random()).scores.shape == (1, 5, 6)


def test_a_class_that_is_nowhere_stays_so():
    maps = score_maps([1], torch.zeros(1, 5, 6))
    assert torch.equal(RegionVotes().apply(maps, regions=layers_at_random()).scores, torch.zeros(1, 5, 6))


def test_regions_of_another_image_and_shares_that_are_none_are_refused():
    with pytest.raises(ValueError, match=r"regions of \(6, 5\) pixels do not belong to maps of"):
        RegionVotes().apply(MAPS, regions=np.ones((1, 6, 5), dtype=np.uint16))
    with pytest.raises(ValueError, match=r"share must lie in \[0, 1\], got 1.5"):
        RegionVotes(share=1.5)


def test_means_of_many_pixels_are_exact():
    scores = torch.full((1, 300, 300), 0.1)
    assert region_means(scores, torch.ones(300, 300, dtype=torch.int64))[0, 1] == scores[0, 0, 0]


def test_an_image_without_labels_has_none_afterwards():
    empty = score_maps([], torch.zeros(0, 5, 6))
    assert isinstance(RegionVotes().apply(empty, regions=layers_at_random()), ScoreMaps)
