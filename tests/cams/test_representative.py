"""Representative-class CAM: against one other class it is the CAM of that binary model; against several their mean."""

from dataclasses import replace
from typing import Any

import pytest
import torch
from networks import Given, TinyGAP, tiny_pairs
from torch import Tensor

from wsss.cams import CAM, GradCAM, HiResCAM, RepresentativeCAM
from wsss.cams.fusion import fused, peak_is_one
from wsss.errors import ModelError
from wsss.methods.representatives.network import leads
from wsss.protocols import CutClassifier
from wsss.types import Targets


class Pairs(Given):
    """A class's leads are the logits that follow its index: c and c + 1."""

    def binary(self, cls: int) -> list[tuple[CutClassifier, int]]:
        return [(self, cls), (self, cls + 1)]


@pytest.fixture
def images() -> Tensor:
    return torch.randn(2, 3, 40, 32, generator=torch.Generator().manual_seed(4))


def test_two_representatives_by_hand():
    maps = torch.tensor([[[[4.0, 2.0, -1.0]], [[0.0, 1.0, 3.0]]]])
    network: Any = Pairs(maps, torch.tensor([[1.0, 0.0], [1.0, 1.0]]))
    # Against the first: 4, 2, -1, so 1, 1/2, 0; against the second: 4, 3, 2, so 1, 3/4, 1/2.
    mean = RepresentativeCAM()(network, torch.zeros(1, 3, 1, 3), Targets.of([[0]]))
    torch.testing.assert_close(mean, torch.tensor([[[1.0, 0.625, 0.25]]]))
    largest = RepresentativeCAM(over="max")(network, torch.zeros(1, 3, 1, 3), Targets.of([[0]]))
    torch.testing.assert_close(largest, torch.tensor([[[1.0, 0.75, 0.5]]]))


def test_against_one_class_at_one_block_it_is_the_cam_of_that_binary_model(images: Tensor):
    network, targets = tiny_pairs(), Targets.of([[0, 3], [2]])
    binary = TinyGAP()
    torch.testing.assert_close(
        RepresentativeCAM()(network, images, targets), peak_is_one(CAM()(binary, images, targets)), atol=1e-5, rtol=1e-4
    )


def test_maps_of_both_classes_of_a_pair_are_each_other_s_negative_before_they_are_cut(images: Tensor):
    network = tiny_pairs()
    (member,) = network.networks
    member.head_weight.data.copy_(leads(member.head_weight.data))
    both = Targets.of([[0, 1], [2, 3]])
    first, second, third, fourth = CAM()(member, images, both)
    torch.testing.assert_close(first, -second)
    torch.testing.assert_close(third, -fourth)
    positive = RepresentativeCAM()(network, images, both)
    assert not (positive[0] * positive[1]).any(), "no place is a sign of both"


def test_several_blocks_are_fused_at_the_finest(images: Tensor):
    network, targets = tiny_pairs(), Targets.of([[1], [0, 2]])
    (member,) = network.networks
    every = [peak_is_one(HiResCAM(block=b)(member, images, targets)) for b in ("last", "block1", "stem")]
    for how in ("mean", "max", "gate"):
        found = RepresentativeCAM(shallow=("block1", "stem"), fusion=how)(network, images, targets)
        torch.testing.assert_close(found, fused(every, how=how))
        assert found.shape == (3, 20, 16)


def test_another_method_makes_the_maps_of_the_binary_models(images: Tensor):
    network, targets = tiny_pairs(), Targets.of([[1], [2]])
    (member,) = network.networks
    found = RepresentativeCAM(block="block1", method=GradCAM())(network, images, targets)
    torch.testing.assert_close(found, peak_is_one(GradCAM(block="block1")(member, images, targets)))


def test_what_it_cannot_ask_is_refused():
    with pytest.raises(ModelError, match="asks binary classifiers: use stages=representatives, or another cam"):
        RepresentativeCAM().check(TinyGAP())
    network = tiny_pairs()
    RepresentativeCAM(shallow=("stem",)).check(network)
    with pytest.raises(ModelError, match=r"cam\.block=block7 is not among this network's blocks: stem, block1, last"):
        RepresentativeCAM(shallow=("block7",)).check(network)
    with pytest.raises(ModelError, match="CAM needs a bias-free linear head"):
        replace(RepresentativeCAM(), method=CAM()).check(network)
