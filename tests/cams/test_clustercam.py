from collections.abc import Sequence
from typing import Any, Literal

import numpy as np
import pytest
import torch
from networks import TinyGAP
from torch import Tensor
from torch.nn import functional

from wsss.cams import ClusterCAM
from wsss.models.gap import GAPClassifier
from wsss.testing.families import small_family_network
from wsss.types import Cut, Targets


class Colours:
    """Channels are copies of the first two colours, times a number each; logits are the colours' sums, subtracted."""

    blocks = ("last",)
    stride = 1

    def __init__(self, first: Sequence[float] = (1.0, 2.0, 3.0), second: Sequence[float] = (1.0, 1.0)) -> None:
        self.copies = first, second
        self.batches = list[int]()
        self.graphs = list[bool]()

    def until(self, block: str, images: Tensor) -> Cut:
        self.batches.append(len(images))
        self.graphs.append(torch.is_grad_enabled())
        channels = [by * images[:, i] for i, own in enumerate(self.copies) for by in own]
        return Cut(maps=torch.stack(channels, dim=1), stride=1, rest=(images,))

    def after(self, block: str, cut: Cut) -> Tensor:
        first, second, _ = cut.rest[0].sum(dim=(2, 3)).unbind(dim=1)
        return torch.stack([first - second, second - first], dim=1)


class Blind(Colours):
    """Nothing that is shown changes a score."""

    def after(self, block: str, cut: Cut) -> Tensor:
        return torch.ones(len(cut.maps), 2)


class Fixed(Blind):
    """Maps are given whatever the image shows."""

    def __init__(self, maps: Tensor) -> None:
        super().__init__()
        self.maps = maps

    def until(self, block: str, images: Tensor) -> Cut:
        return Cut(maps=self.maps.expand(len(images), -1, -1, -1), stride=1, rest=(images,))


class Shuffled:
    """A network whose channels after one block are numbered in another order."""

    def __init__(self, network: Any, block: str, order: Tensor) -> None:
        self.network, self.block, self.order = network, block, order
        self.blocks, self.stride = network.blocks, network.stride

    def until(self, block: str, images: Tensor) -> Cut:
        cut = self.network.until(block, images)
        return cut.with_maps(cut.maps[:, self.order]) if block == self.block else cut

    def after(self, block: str, cut: Cut) -> Tensor:
        if block == self.block:
            cut = cut.with_maps(cut.maps[:, self.order.argsort()])
        return self.network.after(block, cut)


FIRST = torch.tensor([[4.0, 2.0], [0.0, 0.0]])
SECOND = torch.tensor([[0.0, 0.0], [1.0, 5.0]])
IMAGE = torch.stack([FIRST, SECOND, torch.ones(2, 2)])[None]
BOTH = Targets.of([[0, 1]])


@pytest.mark.parametrize("groups", [2, 10, "elbow"])
def test_evidence_is_the_base_and_a_distractor_the_scissors(groups: int | Literal["elbow"]):
    """There are two groups at most: copies of a channel are as good as one."""
    network = Colours()
    raw = ClusterCAM(groups=groups)(network, IMAGE, BOTH)
    assert raw.tolist() == [(FIRST / 4 - SECOND / 5).tolist(), (SECOND / 5 - FIRST / 4).tolist()]
    assert network.batches == [1, 2]


def test_the_base_alone():
    raw = ClusterCAM(merge="base")(Colours(), IMAGE, BOTH)
    assert raw.tolist() == [(FIRST / 4).tolist(), (SECOND / 5).tolist()]


def test_all_groups_by_the_softmax_of_their_scores():
    # Masks are 1 and 1/2 in the first row, 1/5 and 1 in the second: they leave 4 + 1 and 1/5 + 5 of the sums.
    raw = ClusterCAM(merge="all")(Colours(first=(1.0,), second=(1.0,)), IMAGE, BOTH)
    weights = torch.tensor([[5, -5.2], [-5, 5.2]]).softmax(dim=1)
    torch.testing.assert_close(raw, torch.einsum("mg,gyx->myx", weights, torch.stack([FIRST, SECOND])))


def test_a_group_is_the_mean_of_its_channels_of_which_each_counts():
    """Apart from how many they are, 50 degrees lie nearer to 90 than to 0: ten channels against one turn it round."""
    angles = torch.tensor([0.0, *[50.0] * 10, *[90.0] * 10]).deg2rad()
    maps = torch.stack([angles.cos(), angles.sin()], dim=1)
    raw = ClusterCAM(groups=2, merge="all")(Fixed(maps[None, :, None]), torch.ones(1, 3, 1, 2), Targets.of([[0]]))
    torch.testing.assert_close(raw[0, 0], (maps[:11].mean(dim=0) + maps[11:].mean(dim=0)) / 2, atol=1e-4, rtol=0)


def test_groups_of_random_channels_follow_from_the_random_seed():
    network, images = Fixed(torch.rand(1, 60, 5, 5)), torch.rand(1, 3, 5, 5)
    every = [ClusterCAM(groups=7, merge="all", random_seed=seed)(network, images, BOTH) for seed in (0, 0, 1, 2, 3)]
    assert torch.equal(every[0], every[1])
    assert any(not torch.equal(every[0], other) for other in every[2:])


def test_one_group_has_nothing_to_cut_out():
    raw = ClusterCAM(groups=1)(Colours(), IMAGE, BOTH)
    # Sums of the channels are 24 and 12 in the first row, 2 and 10 in the second.
    torch.testing.assert_close(raw, torch.tensor([[22.0, 10.0], [0.0, 8.0]]).expand(2, 2, 2) / 22)


def test_where_all_groups_score_alike_nothing_is_cut_out():
    raw = ClusterCAM()(Blind(), IMAGE, BOTH)
    assert raw.tolist() in ([(FIRST / 4).tolist()] * 2, [(SECOND / 5).tolist()] * 2)


@pytest.mark.parametrize("chunk", [1, 2, 32])
def test_an_image_costs_a_pass_and_one_a_group(chunk: int):
    network = Colours()
    raw = ClusterCAM(chunk=chunk)(network, IMAGE.repeat(3, 1, 1, 1), Targets.of([[0, 1], [], [1]]))
    assert sum(network.batches) == 3 + 2 * 2
    assert max(network.batches[1:]) <= chunk
    assert torch.equal(raw, ClusterCAM()(Colours(), IMAGE, BOTH)[[0, 1, 1]])


def test_no_graph_is_made(tiny: TinyGAP):
    network = Colours()
    ClusterCAM()(network, IMAGE.requires_grad_(requires_grad=True), BOTH)
    IMAGE.requires_grad_(requires_grad=False)
    assert not any(network.graphs)
    assert not ClusterCAM()(tiny, torch.randn(1, 3, 24, 24), Targets.of([[0]])).requires_grad
    assert all(parameter.grad is None for parameter in tiny.parameters())


def test_dead_channels_and_constant_groups_are_left_out():
    network = Colours(first=(1.0, 0.0), second=(1.0, 0.0))
    assert torch.equal(ClusterCAM()(network, IMAGE, BOTH), ClusterCAM()(Colours(), IMAGE, BOTH))
    flat = IMAGE.clone()
    flat[:, 1] = 0.3
    network = Colours()
    assert torch.equal(ClusterCAM()(network, flat, BOTH), (FIRST / 4).expand(2, 2, 2))
    assert network.batches == [1, 1]


@pytest.mark.parametrize("level", [0.0, 0.3])
def test_an_image_in_which_nothing_differs_has_an_empty_map(level: float):
    raw = ClusterCAM()(Colours(), torch.full((1, 3, 2, 2), level), BOTH)
    assert raw.tolist() == torch.zeros(2, 2, 2).tolist()


@pytest.mark.parametrize(("normalise", "groups"), [(True, 1), (False, 2)])
def test_channels_are_alike_where_they_are_active_or_also_by_how_much(*, normalise: bool, groups: int):
    network = Colours(first=(1.0, 1.1, 50.0), second=())
    ClusterCAM(groups=2, normalise=normalise)(network, IMAGE, Targets.of([[0]]))
    assert network.batches == [1, groups]


@pytest.mark.parametrize("groups", [4, "elbow"])
def test_the_order_of_channels_does_not_count(groups: int | Literal["elbow"]):
    network = small_family_network("convnext")
    images, targets = torch.randn(2, 3, 64, 48), Targets.of([[0, 2], [1]])
    method = ClusterCAM(groups=groups, block="block1")
    raw = method(network, images, targets)
    shuffled = method(Shuffled(network, "block1", torch.randperm(8)), images, targets)
    assert raw.amin(dim=(1, 2)).tolist() != [0, 0, 0], "there are no scissors"
    torch.testing.assert_close(shuffled, raw, atol=1e-4, rtol=1e-4)


def test_scores_that_differ_by_rounding_are_alike(timm_network: GAPClassifier):
    """This network's weights are arbitrary: whatever it is shown, it answers the same, but for the last bits."""
    images, targets = torch.randn(1, 3, 160, 128), Targets.of([[0, 1]])
    raw = ClusterCAM(groups=6)(timm_network, images, targets)
    assert torch.equal(raw[0], raw[1])
    assert torch.equal(raw, ClusterCAM(groups=6, merge="base")(timm_network, images, targets))


@pytest.mark.parametrize("block", ["stem", "block1", "last"])
def test_as_many_groups_as_channels_are_the_channels(tiny: TinyGAP, block: str):
    images, targets = torch.randn(2, 3, 32, 48), Targets.of([[3, 1], [0]])
    raw = ClusterCAM(block=block)(tiny, images, targets)
    with torch.no_grad():
        maps = tiny.until(block, images).maps
        for n, (image, cls) in enumerate(zip(targets.image.tolist(), targets.cls.tolist(), strict=True)):
            shapes = [own for own in maps[image] if own.max() > own.min()]
            scores = []
            for own in shapes:
                mask = functional.interpolate(own[None, None], size=(32, 48), mode="bilinear")
                masked = images[image] * (mask - mask.min()) / (mask.max() - mask.min())
                scores.append(float(tiny(masked)[0, cls]))
            best, worst = shapes[int(np.argmax(scores))], shapes[int(np.argmin(scores))]
            expected = (best - best.min()) / (best.max() - best.min()) - (worst - worst.min()) / (
                worst.max() - worst.min()
            )
            torch.testing.assert_close(raw[n], expected)


def test_groups_and_chunks_of_nothing_are_refused():
    with pytest.raises(ValueError, match="groups must be at least 1, or elbow; got 0"):
        ClusterCAM(groups=0)
    with pytest.raises(ValueError, match="chunk must be at least 1, got 0"):
        ClusterCAM(chunk=0)
