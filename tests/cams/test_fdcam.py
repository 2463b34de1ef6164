from math import e
from typing import Any

import numpy as np
import pytest
import torch
from networks import Biased, Given, Hidden, TinyGAP, TinyMLP
from torch import Tensor

from wsss.cams import FDCAM
from wsss.cams.fdcam import groups_of
from wsss.types import Targets

NOTHING = torch.zeros(1, 3, 1, 1)


class Louder(Hidden):
    """Logits multiplied by a number."""

    def __init__(self, network: Any, by: float) -> None:
        super().__init__(network)
        self.by = by

    def after(self, block: str, cut: Any) -> Tensor:
        return self.by * super().after(block, cut)


def groups(maps: Tensor, *, quantile: float = 0.95) -> Tensor:
    """The groups of all channels."""
    return groups_of(torch.arange(len(maps)), maps, quantile=quantile)


def to_one(values: np.ndarray) -> np.ndarray:
    return (values - values.min()) / (values.max() - values.min())


@pytest.mark.parametrize("wrapped", [lambda network: network, Hidden], ids=["product", "passes"])
def test_by_hand(wrapped: Any):
    # Groups are the first two channels and the last two. What channels add to the logit is 1/2, 2, -3/2 and 3/2, so
    # groups score 5 and 0. Gradients are half the weights; in [0, 1] they are 1/2, 3/4, 0 and 1.
    maps = torch.tensor([[[[1.0, 0.0]], [[2.0, 0.0]], [[0.0, 3.0]], [[0.0, 1.0]]]])
    network = wrapped(Given(maps, torch.tensor([[1.0, 2.0, -1.0, 3.0]])))
    kept, weights = FDCAM(quantile=0.5).channel_weights(network, NOTHING, Targets.of([[0]]))
    torch.testing.assert_close(weights, torch.tensor([[e / 2 - 0.5, 3 * e / 4 - 0.5, -0.5, 0.5]]))
    assert torch.equal(kept, maps)
    raw = FDCAM(quantile=0.5)(network, NOTHING, Targets.of([[0]]))
    torch.testing.assert_close(raw, torch.tensor([[[2 * e - 1.5, -1.0]]]))


def test_groups_of_a_linear_head_score_its_bias_and_twice_their_shares():
    """s_i = b_c + 2 sum of W_cj mean(A_j) over the group, of which minmax hides the bias: w is known from the rest."""
    maps, weight, bias = torch.rand(1, 40, 5, 4), torch.randn(3, 40), torch.tensor([7.0, -3.0, 0.5])
    targets = Targets.of([[2, 0, 1]])
    _, weights = FDCAM(quantile=0.8).channel_weights(Hidden(Biased(maps, weight, bias)), NOTHING, targets)
    own, shares = groups(maps[0], quantile=0.8).numpy(), (weight * maps[0].mean(dim=(1, 2))).numpy()
    for row, cls in zip(weights.numpy(), (2, 0, 1), strict=True):
        scores = [bias[cls].item() + 2 * sum(shares[cls][j] for j in range(40) if own[i, j]) for i in range(40)]
        expected = np.exp(to_one(np.array(scores))) * to_one(weight[cls].numpy()) - 0.5
        assert np.allclose(row, expected, atol=1e-4)
        assert row.min() >= -0.5
        assert row.max() <= e - 0.5


@pytest.mark.parametrize("quantile", [0.3, 0.95])
def test_running_the_head_gives_what_is_known_of_a_linear_one(tiny: TinyGAP, quantile: float):
    images, targets = torch.randn(3, 3, 40, 48), Targets.of([[0, 3], [], [1, 2]])
    method = FDCAM(quantile=quantile)
    torch.testing.assert_close(
        method(Hidden(tiny), images, targets), method(tiny, images, targets), atol=1e-5, rtol=1e-4
    )


@pytest.mark.parametrize("block", ["stem", "block1", "last"])
@pytest.mark.parametrize("quantile", [0.0, 0.4, 0.95])
def test_is_what_the_paper_says_channel_by_channel(block: str, quantile: float):
    network, images = TinyMLP(), torch.randn(2, 3, 32, 24)
    targets = Targets.of([[0, 1, 3], [2]])
    raw = FDCAM(block=block, quantile=quantile, chunk=4)(network, images, targets)
    for n, (image, cls) in enumerate(zip(targets.image.tolist(), targets.cls.tolist(), strict=True)):
        expected = reference(network, images[image : image + 1], block=block, cls=cls, quantile=quantile)
        torch.testing.assert_close(raw[n], expected, atol=1e-4, rtol=1e-4)


def reference(network: Any, image: Tensor, *, block: str, cls: int, quantile: float) -> Tensor:
    """One class of one image, one pass a group; no channel of this network is a copy of another."""
    cut = network.until(block, image)

    def logit(kept: np.ndarray) -> float:
        with torch.no_grad():
            maps = cut.maps * torch.from_numpy(kept)[:, None, None]
            return float(network.after(block, cut.with_maps(maps))[0, cls])

    (gradient,) = torch.autograd.grad(network.after(block, cut)[0, cls], cut.maps)
    rows = cut.maps[0].detach().flatten(1).double().numpy()
    norms = np.outer(np.linalg.norm(rows, axis=1), np.linalg.norm(rows, axis=1))
    cosines = np.divide(rows @ rows.T, norms, out=np.zeros_like(norms), where=norms > 0)
    own = cosines > np.minimum(np.quantile(cosines, quantile, axis=1, keepdims=True), 1 - 1e-6)
    whole = np.ones(len(rows), dtype=bool)
    scores = np.array([logit(group) + logit(whole) - logit(~group) for group in own])
    slopes = gradient[0].mean(dim=(1, 2)).numpy()
    weights = np.exp(to_one(scores)) * to_one(slopes) - 0.5
    return (torch.from_numpy(weights).float()[:, None, None] * cut.maps[0].detach()).sum(dim=0)


def test_at_the_usual_quantile_a_group_has_26_of_512_channels():
    own = groups(torch.rand(512, 7, 7))
    assert own.sum(dim=1).tolist() == [26] * 512
    assert own.diagonal().all()


@pytest.mark.parametrize("quantile", [0.5, 0.95, 1.0])
def test_no_group_is_empty_but_a_dead_channels(quantile: float):
    maps = torch.rand(6, 3, 4)
    maps[2], maps[5] = 0, 3 * maps[1]
    own = groups(maps, quantile=quantile)
    assert not own[2].any()
    assert not own[:, 2].any()
    assert own.diagonal().tolist() == [True, True, False, True, True, True]
    assert own[1, 5]
    assert own[5, 1]


def test_dead_channels_do_not_spoil_the_rest():
    maps = torch.rand(1, 6, 3, 4)
    maps[:, 2] = 0
    network = Given(maps, torch.randn(2, 6))
    for each in (network, Hidden(network)):
        assert FDCAM()(each, NOTHING, Targets.of([[0, 1]])).isfinite().all()
    everything_dead = FDCAM()(Given(torch.zeros(1, 6, 3, 4), network.head_weight), NOTHING, Targets.of([[0]]))
    assert (everything_dead == 0).all()


@pytest.mark.parametrize("quantile", [0.5, 0.95, 1.0])
def test_copies_of_a_channel_get_its_weight(quantile: float):
    maps, weight = torch.rand(1, 7, 4, 5), torch.randn(1, 7)
    network = Hidden(Given(torch.cat([maps, maps, 2 * maps], dim=1), torch.cat([weight, weight, weight], dim=1)))
    _, weights = FDCAM(quantile=quantile, chunk=4).channel_weights(network, NOTHING, Targets.of([[0]]))
    first, second, third = weights[0].chunk(3)
    torch.testing.assert_close(second, first, atol=1e-5, rtol=1e-5)
    torch.testing.assert_close(third, first, atol=1e-5, rtol=1e-5)
    assert first.std() > 0.05


def test_what_all_channels_have_in_common_weighs_nothing():
    # Equal maps with equal weights: neither scores nor gradients tell channels apart, whatever rounding makes of them.
    network = Hidden(Given(torch.full((1, 7, 2, 3), 0.1), torch.full((1, 7), 0.3)))
    _, weights = FDCAM(chunk=2).channel_weights(network, NOTHING, Targets.of([[0]]))
    assert weights.tolist() == [[-0.5] * 7]


@pytest.mark.parametrize("by", [1e-3, 1e3])
@pytest.mark.parametrize("block", ["block1", "last"])
def test_louder_logits_change_nothing(by: float, block: str):
    images, targets = torch.randn(2, 3, 32, 24), Targets.of([[0, 1], [3]])
    raw = FDCAM(block=block)(TinyMLP(), images, targets)
    torch.testing.assert_close(FDCAM(block=block)(Louder(TinyMLP(), by), images, targets), raw, atol=1e-3, rtol=1e-3)


def test_one_set_of_passes_serves_all_labels_and_the_last_may_be_smaller(tiny: TinyGAP):
    hidden = Hidden(tiny)
    FDCAM(block="block1", chunk=4)(hidden, torch.randn(3, 3, 24, 32), Targets.of([[0, 1, 2], [], [3]]))
    # Three backward passes; then, of each image, the whole, and 4 and 2 of the channels, on and off.
    assert hidden.continued == [2, 1, 1, *[1, 8, 4] * 2]


def test_chunks_change_nothing():
    images, targets = torch.randn(2, 3, 40, 24), Targets.of([[0, 2], [1]])
    whole = FDCAM(block="block1")(TinyMLP(), images, targets)
    for chunk in (1, 4, 5):
        raw = FDCAM(block="block1", chunk=chunk)(TinyMLP(), images, targets)
        torch.testing.assert_close(raw, whole, atol=1e-5, rtol=1e-5)


@pytest.mark.parametrize("quantile", [-0.1, 1.1])
def test_a_quantile_that_is_none_is_refused(quantile: float):
    with pytest.raises(ValueError, match=r"quantile must lie in 0 \.\. 1, got"):
        FDCAM(quantile=quantile)


def test_a_chunk_of_nothing_is_refused():
    with pytest.raises(ValueError, match="chunk must be at least 1, got 0"):
        FDCAM(chunk=0)
