"""AffinityNet and IRNet's edges on every architecture that can be cut."""

from copy import deepcopy

import pytest
import torch

from wsss.methods.affinity.networks import AffinityNet, EdgeNet, PairNetwork, first_and_last_of_each, first_middle_last
from wsss.methods.affinity.pairs import edge_affinities, feature_affinities, offsets
from wsss.models.classifier import ClassifierOptions
from wsss.testing.families import FAMILIES, small_family_network

NETWORKS = (AffinityNet, EdgeNet)
BACKBONES = {
    ("resnet50.tv_in1k", 16): (("stem", "block1", "block2", "block3", "last"), ("block2", "block3", "last")),
    ("resnet50.tv_in1k", 8): (("stem", "block1", "block2", "last"), ("block2", "block3", "last")),
    ("tf_efficientnet_lite0", 16): (("block2", "block3", "block4", "last"), ("block3", "block6", "last")),
    ("vgg16", 32): (("block2", "block3", "block4", "last"), ("block3", "block4", "last")),
}
"""The blocks that IRN's edges and AffinityNet look at; of a ResNet-50 at stride 16 they are the papers' own."""


@pytest.mark.parametrize("backbone", BACKBONES, ids=str)
def test_blocks_are_chosen_by_their_stride(backbone: tuple[str, int]):
    strides = ClassifierOptions(backbone=backbone[0], weights="none", output_stride=backbone[1]).outline().strides
    edges, features = BACKBONES[backbone]
    assert first_and_last_of_each(strides, least=4) == edges
    assert first_middle_last(strides, least=8) == features


def test_a_shallow_network_gives_what_it_has():
    assert first_middle_last({"stem": 4, "last": 8}, least=8) == ("last",)
    assert first_middle_last({"stem": 8, "last": 8}, least=8) == ("stem", "last")
    assert first_and_last_of_each({"stem": 2, "last": 8}, least=4) == ("last",)


@pytest.fixture(params=FAMILIES)
def family(request: pytest.FixtureRequest) -> str:
    name: str = request.param
    return name


@pytest.mark.parametrize("kind", NETWORKS)
@pytest.mark.parametrize("size", [(64, 96), (45, 70), (3, 2)])
def test_there_is_a_cell_for_every_part_of_an_image(kind: type[PairNetwork], family: str, size: tuple[int, int]):
    network = kind(deepcopy(small_family_network(family))).eval()
    images = torch.randn(2, 3, *size)
    with torch.no_grad():
        affinities = list(network.affinities(images, radius=3))
    assert len(affinities) == len(offsets(3))
    cells = -(-size[0] // network.stride), -(-size[1] // network.stride)
    assert {tuple(each.shape) for each in affinities} == {(2, *cells)}
    assert all(0 <= each.min() <= each.max() <= 1 for each in affinities)


def test_affinities_are_those_of_what_the_network_sees():
    classifier = small_family_network("resnet")
    images = torch.randn(1, 3, 32, 48)
    with torch.no_grad():
        features, edges = AffinityNet(deepcopy(classifier)), EdgeNet(deepcopy(classifier))
        for network, own in (
            (features, feature_affinities(features(images), radius=4)),
            (edges, edge_affinities(edges(images).sigmoid(), radius=4)),
        ):
            for found, expected in zip(network.affinities(images, radius=4), own, strict=True):
                torch.testing.assert_close(found, expected)


def test_edges_are_those_of_image_and_mirror_image():
    network = EdgeNet(deepcopy(small_family_network("resnet"))).eval()
    images = torch.randn(2, 3, 32, 48)
    with torch.no_grad():
        edges = network.edges(images)
        torch.testing.assert_close(network.edges(images.flip(-1)), edges.flip(-1))
        torch.testing.assert_close(edges, ((network(images) + network(images.flip(-1)).flip(-1)) / 2).sigmoid())
        assert network.edges(images[..., :45]).shape == (2, 8, 12)


@pytest.mark.parametrize("kind", NETWORKS)
def test_parameters_are_the_backbones_or_new_and_all_are_used(kind: type[PairNetwork], family: str):
    network = kind(deepcopy(small_family_network(family)))
    old, new = {id(p) for p in network.backbone_parameters()}, {id(p) for p in network.new_parameters()}
    assert old | new == {id(p) for p in network.parameters()}
    assert not old & new
    sum(each.sum() for each in network.affinities(torch.randn(1, 3, 64, 64), radius=2)).backward()
    assert [name for name, p in network.named_parameters() if p.grad is None] == []
