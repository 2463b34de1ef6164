"""LPCAM's network answers as its classifier does, and keeps prototypes with it."""

import torch
from builders import named
from stored_networks import SMALL

from wsss.methods.lpcam.network import PrototypeClassifier, PrototypeOptions
from wsss.protocols import Classifies, LinearHead, Prototyped

OPTIONS = PrototypeOptions(classifier=SMALL, clusters=3)


def test_it_answers_as_the_classifier():
    network = OPTIONS.build(named(4)).eval()
    images = torch.randn(2, 3, 64, 96, generator=torch.Generator().manual_seed(0))
    with torch.no_grad():
        assert torch.equal(network(images), network.classifier(images))
        cut = network.until("block2", images)
        torch.testing.assert_close(network.after("block2", cut), network.classifier(images))
    assert network.blocks == network.classifier.blocks
    assert network.stride == 32
    assert torch.equal(network.head_weight, network.classifier.head_weight)
    assert isinstance(network, Classifies)
    assert isinstance(network, LinearHead)


def test_prototypes_are_those_in_use():
    network = OPTIONS.skeleton(named(2))
    vectors = torch.arange(2.0 * 2 * 3 * network.classifier.channels).reshape(2, 2, 3, -1)
    used = torch.tensor([[[True, False, True], [True, True, True]], [[False, False, False], [False, True, False]]])
    for cls, side in ((0, 0), (0, 1), (1, 0), (1, 1)):
        network.tell(cls, side=side, vectors=vectors[side, cls], used=used[side, cls])
    assert isinstance(network, Prototyped)
    for found, expected in zip(network.prototypes(0), (vectors[0, 0, [0, 2]], vectors[1, 0, []]), strict=True):
        assert torch.equal(found, expected)
    for found, expected in zip(network.prototypes(1), (vectors[0, 1], vectors[1, 1, [1]]), strict=True):
        assert torch.equal(found, expected)


def test_a_skeleton_takes_the_state_of_what_was_built_and_an_outline_no_memory():
    built = OPTIONS.build(named(3))
    OPTIONS.skeleton(named(3)).load_state_dict(built.state_dict())
    outline = OPTIONS.outline()
    assert isinstance(outline, PrototypeClassifier)
    assert outline.get_buffer("vectors").device.type == "meta"
    assert OPTIONS.normalisation == SMALL.normalisation
    OPTIONS.check()
