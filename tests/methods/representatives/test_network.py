"""Representative classes: which are chosen, and networks that tell two classes apart, asked as one."""

import numpy as np
import pytest
import torch
from networks import TinyGAP, tiny_pairs

from wsss.methods.representatives.network import BinaryClassifiers, Representatives, apart, candidates, choose, leads
from wsss.models.gap import gap_classifier
from wsss.protocols import CutClassifier
from wsss.testing.families import FAMILIES

EVERY = [[r for r in range(7) if r != c] for c in range(7)]


@pytest.fixture
def descriptors() -> np.ndarray:
    """Class 0, and three groups of two that point the same way: 1 and 2, 3 and 4, 5 and 6."""
    axes = np.eye(4)
    rows = [axes[0], axes[1], axes[1], axes[2], axes[2], axes[3], axes[3]]
    return np.stack(rows) + np.random.default_rng(0).normal(scale=0.05, size=(7, 4))


def test_every_group_of_look_alikes_has_one_representative(descriptors: np.ndarray):
    found = choose(descriptors, among=EVERY, count=3, random_seed=0)
    assert [(r + 1) // 2 for r in found.of[0]] == [1, 2, 3]
    # Of two in a group both are as near to its centre, and the first is taken.
    assert found.of[0] == (1, 3, 5)


@pytest.mark.parametrize("count", [1, 2, 3, 4, 5])
def test_so_many_others_as_are_asked_for_never_the_class_itself(descriptors: np.ndarray, count: int):
    found = choose(descriptors, among=EVERY, count=count, random_seed=0)
    for cls, others in enumerate(found.of):
        assert len(set(others)) == len(others) == count
        assert cls not in others
        assert set(others) <= set(EVERY[cls])
    assert found == choose(descriptors, among=EVERY, count=count, random_seed=0)


def test_as_many_as_there_are_is_all(descriptors: np.ndarray):
    assert choose(descriptors, among=EVERY, count=6, random_seed=3).of == tuple(tuple(others) for others in EVERY)
    some = choose(descriptors, among=[[1, 4], *([[0, 5]] * 4), [1, 2], [0, 3]], count=2, random_seed=0)
    assert some.of[0] == (1, 4)


def test_classes_that_look_the_same_still_make_up_the_number():
    found = choose(np.ones((4, 3)), among=[[1, 2, 3], [0, 2, 3], [0, 1, 3], [0, 1, 2]], count=2, random_seed=0)
    assert found.of == ((1, 2), (0, 2), (0, 1), (0, 1))


def test_only_directions_count(descriptors: np.ndarray):
    scaled = descriptors * np.array([1, 50, 0.1, 3, 7, 0.5, 20])[:, None]
    assert choose(scaled, among=EVERY, count=3, random_seed=0) == choose(
        descriptors, among=EVERY, count=3, random_seed=0
    )


def test_classes_that_never_part_are_no_candidates():
    # 0 is never without 1; 1 and 2 are seen alone; nothing shows 3.
    present = np.array([[1, 1, 0, 0], [0, 1, 0, 0], [0, 0, 1, 0], [1, 1, 1, 0], [0, 0, 0, 0]], dtype=bool)
    assert apart(present).tolist() == [[0, 0, 1, 2], [1, 0, 2, 3], [1, 1, 0, 2], [0, 0, 0, 0]]
    assert candidates(present) == [[2], [2], [0, 1], []]


def test_a_pair_is_learnt_once_for_both_of_its_classes():
    chosen = Representatives(of=((1, 2), (0, 2), (0, 1), (0, 1)))
    assert chosen.pairs == ((0, 1), (0, 2), (0, 3), (1, 2), (1, 3))
    # Pair p has the logits 2p and 2p + 1, for its first and its second class.
    assert chosen.logits().tolist() == [[0, 2], [1, 6], [3, 7], [5, 9]]


def test_leads_are_antisymmetric():
    weight = torch.tensor([[1.0, 2.0], [5.0, 3.0], [0.0, 1.0], [1.0, 0.0]])
    assert leads(weight).tolist() == [[-4, -1], [4, 1], [-1, 1], [1, -1]]


def test_one_network_answers_for_all_pairs():
    network = tiny_pairs()
    (member,) = network.networks
    assert isinstance(network, CutClassifier)
    assert network.blocks == member.blocks
    assert network.stride == member.stride
    assert [network.binary(cls) for cls in range(4)] == [[(member, cls)] for cls in range(4)]
    images = torch.randn(2, 3, 32, 24)
    for block in network.blocks:
        torch.testing.assert_close(network.after(block, network.until(block, images)), member(images))


def test_networks_of_their_own_answer_for_one_pair_each():
    members = [TinyGAP() for _ in range(3)]
    for member, seed in zip(members, range(3), strict=True):
        member.head_weight = torch.nn.Parameter(torch.randn(2, 5, generator=torch.Generator().manual_seed(seed)))
    network = BinaryClassifiers(members, representatives=Representatives(of=((1, 2), (0, 2), (0, 1)))).eval()
    assert network.binary(1) == [(members[0], 1), (members[2], 0)]
    images = torch.randn(2, 3, 32, 24)
    first, second, third = (member(images) for member in members)
    expected = torch.stack([first[:, 0] + second[:, 0], first[:, 1] + third[:, 0], second[:, 1] + third[:, 1]], dim=1)
    for block in network.blocks:
        torch.testing.assert_close(network.after(block, network.until(block, images)), expected / 2)


def test_networks_of_transformers_keep_their_own_tokens():
    members = [gap_classifier(FAMILIES["vision_transformer"](), classes=2) for _ in range(2)]
    for member in members:
        torch.nn.init.normal_(member.backbone.cls_token)
    network = BinaryClassifiers(members, representatives=Representatives(of=((1,), (0,), (3,), (2,)))).eval()
    images = torch.randn(2, 3, 40, 24, generator=torch.Generator().manual_seed(0))
    with torch.no_grad():
        alone = torch.cat([member(images) for member in members], dim=1)
        for block in network.blocks:
            torch.testing.assert_close(network.after(block, network.until(block, images)), alone)
