"""Ranking pooling and the contrast of class tokens, at their ends and against a loop."""

import math

import pytest
import torch

from wsss.methods.mctformer.losses import contrastive_loss, ranked_mean


def drawn(*shape: int) -> torch.Tensor:
    return torch.randn(*shape, generator=torch.Generator().manual_seed(len(shape)))


def test_a_decay_of_one_is_the_mean_and_a_small_one_the_maximum():
    maps = drawn(2, 3, 4, 5)
    torch.testing.assert_close(ranked_mean(maps, decay=1.0), maps.mean(dim=(2, 3)))
    torch.testing.assert_close(ranked_mean(maps, decay=1e-6), maps.amax(dim=(2, 3)), rtol=1e-4, atol=1e-4)


def test_cells_count_by_their_rank_and_not_by_their_place():
    maps = drawn(2, 3, 4, 5)
    shuffled = maps.flatten(2)[:, :, torch.randperm(20)].reshape(maps.shape)
    torch.testing.assert_close(ranked_mean(maps, decay=0.9), ranked_mean(shuffled, decay=0.9))
    flat = sorted(maps[1, 2].flatten().tolist(), reverse=True)
    expected = sum(0.9**j * value for j, value in enumerate(flat)) / sum(0.9**j for j in range(20))
    assert float(ranked_mean(maps, decay=0.9)[1, 2]) == pytest.approx(expected, rel=1e-5)


def test_tokens_at_right_angles_and_tokens_that_are_all_one():
    present = torch.ones(1, 4)
    apart, same = torch.eye(4)[None] * 3, torch.ones(1, 4, 4)
    assert float(contrastive_loss([apart, apart], present)) == pytest.approx(math.log(math.e + 3) - 1, rel=1e-6)
    assert float(contrastive_loss([same], present)) == pytest.approx(math.log(4), rel=1e-6)


def test_the_contrast_against_a_loop():
    blocks, present = drawn(3, 2, 4, 5), torch.tensor([[1.0, 0, 1, 0], [0, 1.0, 1, 1]])
    images = []
    for image in range(2):
        losses = []
        for block in blocks[:, image]:
            unit = block / block.norm(dim=1, keepdim=True)
            for c in present[image].nonzero().flatten().tolist():
                scores = unit @ unit[c]
                losses.append(float(torch.logsumexp(scores, dim=0) - scores[c]))
        images.append(sum(losses) / len(losses))
    assert float(contrastive_loss(list(blocks), present)) == pytest.approx(sum(images) / 2, rel=1e-5)


def test_an_image_without_a_class_costs_nothing():
    blocks = drawn(3, 2, 4, 5)
    one = contrastive_loss(list(blocks), torch.tensor([[1.0, 0, 1, 0], [0, 0, 0, 0]]))
    alone = contrastive_loss(list(blocks[:, :1]), torch.tensor([[1.0, 0, 1, 0]]))
    torch.testing.assert_close(one, alone / 2)
