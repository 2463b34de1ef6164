"""ROAD's imputation and scores, against pytorch-grad-cam and by hand."""

import numpy as np
import pytest
import torch
from networks import TinyGAP
from pytorch_grad_cam.metrics.road import NoisyLinearImputer, ROADCombined, ROADMostRelevantFirst
from torch import Tensor

from wsss.metrics import road as module
from wsss.metrics.faithfulness import confidence_in
from wsss.metrics.road import Road, impute, neighbours, removed, road

theirs = pytest.mark.filterwarnings("ignore:__array_wrap__ must accept:DeprecationWarning")
"""pytorch-grad-cam hands tensors to NumPy's functions."""


def image(height: int, width: int) -> Tensor:
    return torch.randn(3, height, width, generator=torch.Generator().manual_seed(2))


def distinct(height: int, width: int) -> Tensor:
    """A map of which no two values are equal, nor those of its inverse."""
    order = torch.randperm(height * width, generator=torch.Generator().manual_seed(3))
    return (order.float() / (height * width)).reshape(height, width)


def test_weights_of_neighbours_by_hand():
    dot = torch.zeros(1, 1, 4, 4)
    dot[0, 0, 1, 1] = 12
    assert neighbours(dot)[0, 0].tolist() == [[1, 2, 1, 0], [2, 0, 2, 0], [1, 2, 1, 0], [0, 0, 0, 0]]


def test_one_missing_pixel_is_the_mean_of_its_neighbours():
    missing = torch.zeros(2, 4, 4, dtype=torch.bool)
    missing[0, 1, 2] = missing[1, 0, 0] = True
    picture = torch.arange(48.0).reshape(3, 4, 4)
    inside, corner = impute(picture, missing)
    torch.testing.assert_close(inside, picture, atol=1e-2, rtol=0)  # a ramp is the mean of what is around it
    # The corner has an edge neighbour of 1/6 to the right and below, and one of 1/12 across.
    wanted = picture[:, 0, 1] * 0.4 + picture[:, 1, 0] * 0.4 + picture[:, 1, 1] * 0.2
    torch.testing.assert_close(corner[:, 0, 0], wanted, atol=1e-2, rtol=0)
    assert corner[~missing[1].expand(3, 4, 4)].equal(picture[~missing[1].expand(3, 4, 4)])


def test_a_ramp_is_reproduced_inside():
    ramp = (torch.arange(20.0)[:, None] / 10 - torch.arange(24.0) / 12).expand(3, 20, 24)
    missing = torch.zeros(1, 20, 24, dtype=torch.bool)
    missing[0, 4:15, 6:18] = True
    torch.testing.assert_close(impute(ramp, missing)[0], ramp.clone(), atol=2e-3, rtol=0)


@theirs
@pytest.mark.parametrize("size", [(4, 4), (17, 30), (41, 24)])
def test_imputation_is_pytorch_grad_cams(size: tuple[int, int]):
    """Which solves each system directly, on the CPU."""
    picture = image(*size)
    masks = removed(distinct(*size), (10, 50, 90))
    wide = torch.zeros(1, *size, dtype=torch.bool)
    wide[0, : size[0] - 1] = True  # a gap with three borders of the image
    masks = torch.cat([masks, wide])
    for mask, found in zip(masks, impute(picture, masks), strict=True):
        wanted = NoisyLinearImputer(noise=0.0)(picture, (~mask).float())
        torch.testing.assert_close(found, wanted, atol=5e-3, rtol=0)


def test_an_image_of_which_nothing_is_known_is_the_mean_colour():
    assert not impute(image(9, 9), torch.ones(1, 9, 9, dtype=torch.bool)).any()


def test_an_image_of_which_all_is_known_is_left_alone():
    assert impute(image(9, 9), torch.zeros(1, 9, 9, dtype=torch.bool))[0].equal(image(9, 9))


def test_a_solver_that_does_not_end_is_our_mistake(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(module, "MOST", 1)
    with pytest.raises(AssertionError, match="has not converged"):
        impute(image(30, 30), removed(distinct(30, 30), (10,)))


@pytest.mark.parametrize("percentile", [10, 33, 50, 90])
def test_what_is_removed_is_pytorch_grad_cams(percentile: int):
    heat = distinct(7, 9)
    wanted = heat.numpy() >= np.percentile(heat.numpy(), percentile)
    assert (removed(heat, (percentile,))[0].numpy() == wanted).all()


def test_of_equal_pixels_the_share_is_removed_and_not_all():
    """pytorch-grad-cam takes out the whole image here."""
    heat = torch.zeros(4, 4)
    heat[0, 0] = 1
    assert removed(heat, (50, 90))[0].sum() == 8
    assert removed(heat, (50, 90))[1].nonzero().tolist() == [[0, 0], [0, 1]]


@theirs
def test_the_combined_score_is_pytorch_grad_cams(tiny: TinyGAP, monkeypatch: pytest.MonkeyPatch):
    picture, heat = image(24, 20), distinct(24, 20)
    monkeypatch.setattr(NoisyLinearImputer.__init__, "__defaults__", (0.0, []))
    targets = [lambda scores: scores[2]]
    given = picture[None], heat[None].numpy(), targets, lambda x: tiny(x).sigmoid()
    found = road(confidence_in(2, tiny), picture, heat=heat, noise=0.0, chunk=5)
    assert found.combined == pytest.approx(ROADCombined()(*given)[0], abs=1e-4)
    assert abs(found.combined) > 1e-3
    most = ROADMostRelevantFirst(30)(*given, return_diff=False)[0]
    assert found.most[2].item() == pytest.approx(most, abs=1e-4)


def test_combined_by_hand():
    scores = Road(most=torch.tensor([0.2, 0.4]), least=torch.tensor([0.8, 0.6]))
    assert scores.combined == pytest.approx((0.6 / 2 + 0.2 / 2) / 2)


def test_a_constant_map_gets_nothing(tiny: TinyGAP):
    assert road(confidence_in(0, tiny), image(16, 16), heat=torch.full((16, 16), 0.3)).combined == pytest.approx(
        0, abs=1e-6
    )


def test_an_image_does_not_depend_on_those_that_are_imputed_beside_it():
    picture, masks = image(40, 30), removed(distinct(40, 30), (5, 50, 95))
    together = impute(picture, masks)
    for mask, found in zip(masks, together, strict=True):
        torch.testing.assert_close(impute(picture, mask[None])[0], found, atol=1e-5, rtol=0)


def test_noise_is_added_where_pixels_are_removed_and_nowhere_else():
    seen = list[Tensor]()

    def note(images: Tensor) -> Tensor:
        seen.append(images)
        return images.mean(dim=(1, 2, 3))

    picture, heat = image(12, 10), distinct(12, 10)
    road(note, picture, heat=heat, percentiles=(30, 70), noise=1.0)
    masks = torch.cat([removed(heat, (30, 70)), removed(-heat, (30, 70))])
    for mask, shown, plain in zip(masks, torch.cat(seen), impute(picture, masks), strict=True):
        assert shown[:, ~mask].equal(picture[:, ~mask])
        assert ((shown - plain)[:, mask] != 0).all()


def test_noise_is_a_function_of_the_seed_alone(tiny: TinyGAP):
    confidence, heat = confidence_in(0, tiny), distinct(16, 16)
    every = [road(confidence, image(16, 16), heat=heat, random_seed=seed, noise=1.0).most for seed in (0, 0, 1)]
    assert every[0].equal(every[1])
    assert not every[0].equal(every[2])


@pytest.mark.parametrize("percentiles", [(), (-1,), (101,)])
def test_percentiles_are_checked(percentiles: tuple[int, ...]):
    with pytest.raises(ValueError, match=r"percentiles must be numbers in 0 \.\. 100"):
        removed(torch.zeros(2, 2), percentiles)
