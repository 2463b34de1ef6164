from typing import Any

import pytest
import torch
from networks import Given, TinyGAP, TinyMLP
from torch import Tensor
from torch.nn import functional

from wsss.cams import ScoreCAM
from wsss.cams.base import weighted_sum
from wsss.types import Cut, Targets


class Sums:
    """The maps are the first two colours, the logits their sums and 100 more."""

    blocks = ("last",)
    stride = 1

    def __init__(self) -> None:
        self.batches = list[int]()

    def until(self, block: str, images: Tensor) -> Cut:
        self.batches.append(len(images))
        return Cut(maps=images[:, :2], stride=1)

    def after(self, block: str, cut: Cut) -> Tensor:
        return cut.maps.sum(dim=(2, 3)) + 100


class Blind(Given):
    """The maps, and so the logits, are the same whatever the images show."""

    def until(self, block: str, images: Tensor) -> Cut:
        return Cut(maps=self.maps.repeat(len(images), 1, 1, 1), stride=1)


IMAGE = torch.tensor(
    [
        [
            [[4, 0, 0, 0], [0, 0, 0, 0], [0, 0, 0, 0], [0, 0, 0, 0]],
            [[2, 2, 2, 1], [0, 0, 0, 0], [0, 0, 0, 0], [0, 0, 0, 0]],
            [[9, 9, 9, 9], [9, 9, 9, 9], [9, 9, 9, 9], [9, 9, 9, 9]],
        ]
    ],
    dtype=torch.float32,
)


def test_by_hand():
    # Masks: 1 in the corner, and (1, 1, 1, 1/2) in the first row. The first keeps sums of 4 and 2, the second of
    # 4 and 2 + 2 + 2 + 1/2. The empty image has 100 and 100.
    raw = ScoreCAM(weights="scores")(Sums(), IMAGE, Targets.of([[0, 1]]))
    first, second = IMAGE[0, :2]
    assert raw.tolist() == [(4 * first + 4 * second).tolist(), (2 * first + 6.5 * second).tolist()]


def test_by_hand_with_softmax_over_the_channels():
    raw = ScoreCAM()(Sums(), IMAGE, Targets.of([[0, 1]]))
    weights = torch.tensor([2, 6.5]).exp() / torch.tensor([2, 6.5]).exp().sum()
    assert torch.allclose(raw[0], IMAGE[0, :2].mean(dim=0))
    assert torch.allclose(raw[1], (weights[:, None, None] * IMAGE[0, :2]).sum(dim=0))


def test_a_probability_is_that_above_the_empty_images():
    network = Blind(torch.rand(1, 3, 4, 4), torch.tensor([[2.0, 1.0, 3.0]]))
    raw = ScoreCAM(weights="scores", score="sigmoid")(network, IMAGE, Targets.of([[0]]))
    assert raw.tolist() == torch.zeros(1, 4, 4).tolist()


def test_a_head_that_ignores_the_image_gives_uniform_weights():
    maps = torch.rand(1, 3, 4, 4)
    raw = ScoreCAM()(Blind(maps, torch.tensor([[2.0, 1.0, 3.0]])), IMAGE, Targets.of([[0]]))
    assert torch.allclose(raw, maps.mean(dim=1))


@pytest.mark.parametrize("classes", [[[0]], [[0, 1]], [[1, 0]]])
def test_one_set_of_masked_images_serves_all_labels(classes: list[list[int]]):
    network = Sums()
    ScoreCAM()(network, IMAGE, Targets.of(classes))
    assert network.batches == [1, 1, 2]  # the image, the empty image, a mask a channel


def test_images_without_targets_and_constant_channels_cost_nothing():
    network, images = Sums(), IMAGE.repeat(3, 1, 1, 1)
    images[2, 0] = 5
    ScoreCAM()(network, images, Targets.of([[], [], [0, 1]]))
    assert network.batches == [3, 1, 1]


@pytest.mark.parametrize("block", ["stem", "last"])
def test_chunks_bound_how_many_images_run_at_a_time_and_change_nothing(tiny: TinyGAP, block: str):
    images, targets = torch.randn(2, 3, 40, 24), Targets.of([[0, 2], [1]])
    whole = ScoreCAM(block=block)(tiny, images, targets)
    for chunk in (1, 2, 3):
        sizes = list[int]()
        handle = tiny.stem.register_forward_hook(lambda *of, into=sizes: into.append(len(of[2])))
        raw = ScoreCAM(block=block, chunk=chunk)(tiny, images, targets)
        handle.remove()
        assert max(sizes[1:]) <= chunk
        assert torch.allclose(raw, whole, atol=1e-6)


@pytest.mark.parametrize("block", ["stem", "block1", "last"])
@pytest.mark.parametrize("network", [TinyGAP(), TinyMLP()], ids=["gap", "mlp"])
def test_is_a_forward_pass_a_channel(network: Any, block: str):
    images, targets = torch.randn(2, 3, 32, 48), Targets.of([[3, 1], [0]])
    raw = ScoreCAM(block=block)(network, images, targets)
    with torch.no_grad():
        maps = network.until(block, images).maps[targets.image]
        for n, (image, cls) in enumerate(zip(targets.image.tolist(), targets.cls.tolist(), strict=True)):
            scores = []
            for channel in maps[n]:
                mask = functional.interpolate(channel[None, None], size=(32, 48), mode="bilinear")
                mask = (mask - mask.min()) / (mask.max() - mask.min() + 1e-12)
                scores.append(network(images[image] * mask)[0, cls] - network(torch.zeros(1, 3, 32, 48))[0, cls])
            expected = weighted_sum(maps[n : n + 1], torch.stack(scores).softmax(dim=0)[None])
            assert torch.allclose(raw[n : n + 1], expected, atol=1e-6)


def test_a_chunk_of_nothing_is_refused():
    with pytest.raises(ValueError, match="chunk must be at least 1, got 0"):
        ScoreCAM(chunk=0)
