from typing import Any

import pytest
import torch
from networks import TinyGAP
from torch import Tensor

from wsss.cams import RISE
from wsss.cams.rise import covariances, random_masks
from wsss.types import Cut, Images, Targets


class Squares:
    """Logit 0 is how much of a square is left, logit 1 the same of another one; the first block is the image's half."""

    blocks = ("half", "last")
    stride = 2

    def until(self, block: str, images: Tensor) -> Cut:
        del block
        return Cut(maps=images[:, :, ::2, ::2], stride=2)

    def after(self, block: str, cut: Cut) -> Tensor:
        del block
        return torch.stack([cut.maps[:, 0, 4:8, 12:16].mean((1, 2)), cut.maps[:, 0, 12:16, 2:6].mean((1, 2))], dim=1)


def place(heat: Tensor) -> tuple[int, int]:
    row, column = divmod(int(heat.argmax()), heat.shape[1])
    return row, column


def test_each_class_has_its_own_square():
    first, second = RISE(masks=600)(Squares(), torch.ones(1, 3, 40, 48), Targets.of([[0, 1]]))
    assert first.shape == (40, 48)
    row, column = place(first)
    assert 8 <= row < 16
    assert 24 <= column < 32
    row, column = place(second)
    assert 24 <= row < 32
    assert 4 <= column < 12


def test_cells_after_a_block_are_masked_where_one_is_named():
    (heat,) = RISE(block="half", masks=600)(Squares(), torch.ones(1, 3, 40, 48), Targets.of([[0]]))
    assert heat.shape == (20, 24)
    row, column = place(heat)
    assert 4 <= row < 8
    assert 12 <= column < 16


def test_covariances_by_hand():
    masks = torch.tensor([[[1.0, 0.0]], [[1.0, 1.0]], [[0.0, 0.0]], [[0.0, 1.0]]])
    scores = torch.tensor([[4.0], [2.0], [0.0], [2.0]])
    # First pixel: (4 + 2) / 4 - 1/2 * 2; second: (2 + 2) / 4 - 1/2 * 2.
    found = covariances(lambda _: scores, iter([masks]))
    torch.testing.assert_close(found, torch.tensor([[[0.5, 0.0]]]))
    asked: list[Tensor] = [scores[:1], scores[1:]]
    parts = iter([masks[:1], masks[1:]])
    torch.testing.assert_close(covariances(lambda _: asked.pop(0), parts), found)


@pytest.mark.parametrize(("name", "value"), [("random_seed", 1), ("cells", 3), ("kept", 0.2), ("masks", 21)])
def test_options_change_the_masks(name: str, value: Any):
    images, targets = torch.ones(1, 3, 24, 32), Targets.of([[0]])
    plain = RISE(masks=20)(Squares(), images, targets)
    assert not torch.equal(RISE(**{"masks": 20, name: value})(Squares(), images, targets), plain)


def test_a_chunk_changes_nothing(tiny: TinyGAP):
    images, targets = torch.rand(1, 3, 16, 24), Targets.of([[1]])
    found = RISE(masks=9, chunk=9)(tiny, images, targets)
    assert found.shape == (1, 16, 24)
    torch.testing.assert_close(RISE(masks=9, chunk=2)(tiny, images, targets), found)


def test_a_share_of_the_cells_is_open():
    masks = torch.cat(list(random_masks(torch.Size((30, 40)), count=400, cells=8, kept=0.3, random_seed=0, chunk=64)))
    assert masks.shape == (400, 30, 40)
    assert float(masks.min()) >= 0
    assert float(masks.max()) <= 1
    torch.testing.assert_close(masks.mean(), torch.tensor(0.3), atol=0.02, rtol=0)


def test_the_score_may_be_a_share_among_the_classes():
    class Sure(Squares):
        def after(self, block: str, cut: Cut) -> Tensor:
            logits = super().after(block, cut)
            return logits + 100 * torch.tensor([1.0, 0.0])

    images: Images = torch.ones(1, 3, 40, 48)
    assert RISE(masks=16, score="softmax")(Sure(), images, Targets.of([[0]])).abs().max() < 1e-6
    assert RISE(masks=16)(Sure(), images, Targets.of([[0]])).abs().max() > 1e-3


@pytest.mark.parametrize("wrong", [{"masks": 0}, {"cells": 0}, {"kept": 1.0}, {"chunk": 0}])
def test_numbers_that_make_no_mask_are_refused(wrong: dict[str, Any]):
    with pytest.raises(ValueError, match=r"masks and cells|chunk must be"):
        RISE(**wrong)
