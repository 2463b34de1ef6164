"""Affinity of cells against plain loops, as in the authors' code, and what becomes of it at its ends."""

import numpy as np
import pytest
import torch

from wsss.methods.weclip.cells import affinity_loss, cell_affinity, near, refined_attention


def drawn(*shape: int) -> torch.Tensor:
    return torch.rand(*shape, generator=torch.Generator().manual_seed(len(shape)))


def mask_by_loops(height: int, width: int, radius: int) -> np.ndarray:
    """As the authors draw the window of each cell."""
    mask = np.zeros((height * width, height * width), dtype=bool)
    for i in range(height * width):
        y, x = divmod(i, width)
        for down in range(max(0, y - radius), min(height, y + radius + 1)):
            for right in range(max(0, x - radius), min(width, x + radius + 1)):
                mask[i, down * width + right] = True
    return mask


@pytest.mark.parametrize("radius", [1, 2, 9])
def test_near_cells_are_those_of_a_window(radius: int):
    assert np.array_equal(near((4, 5), radius=radius, device=torch.device("cpu")), mask_by_loops(4, 5, radius))


def test_affinity_is_the_sigmoid_of_products():
    features = drawn(2, 3, 2, 2) - 0.5
    found = cell_affinity(features)
    for image in range(2):
        for i in range(4):
            for j in range(4):
                one, other = (features[image, :, k // 2, k % 2] for k in (i, j))
                expected = 1 / (1 + torch.exp(-(one * other).sum()))
                torch.testing.assert_close(found[image, i, j], expected)


def test_the_loss_against_a_loop():
    labels = torch.tensor([[[0, 0, 2], [0, 255, 2]], [[1, 1, 1], [1, 1, 255]]])
    affinity, mask = drawn(2, 6, 6), mask_by_loops(2, 3, 1)
    same, other = [], []
    for image in range(2):
        flat = labels[image].flatten().tolist()
        for i in range(6):
            for j in range(6):
                if mask[i, j] and flat[i] != 255 and flat[j] != 255:
                    (same if flat[i] == flat[j] else other).append(float(affinity[image, i, j]))
    expected = (np.mean([1 - a for a in same]) + np.mean(other)) / 2
    assert float(affinity_loss(affinity, labels, radius=1)) == pytest.approx(expected, rel=1e-6)


def test_an_affinity_that_is_the_labels_own_costs_nothing_and_its_opposite_all():
    labels = torch.tensor([[[0, 1], [1, 3]]])
    exact = (labels.flatten()[:, None] == labels.flatten())[None].float()
    assert float(affinity_loss(exact, labels, radius=2)) == 0
    assert float(affinity_loss(1 - exact, labels, radius=2)) == 1


def test_without_a_pair_there_is_no_loss_but_a_gradient():
    affinity = drawn(1, 4, 4).requires_grad_()
    loss = affinity_loss(affinity, torch.full((1, 2, 2), 255), radius=1)
    loss.backward()
    assert loss.item() == 0
    assert affinity.grad is not None
    assert not affinity.grad.any()


def rfm(attentions: np.ndarray, affinity: np.ndarray) -> np.ndarray:
    """WeCLIP's refinement of one image in numpy, as its code has it: blocks whose difference is not above the mean."""
    difference = (affinity - attentions).reshape(len(attentions), -1).sum(axis=1)
    kept = [block for block, value in zip(attentions, difference, strict=True) if value <= difference.mean()]
    return np.mean(kept, axis=0) * affinity


def test_refined_attention_against_the_authors_steps():
    attentions, affinity = drawn(6, 2, 5, 5).double(), drawn(2, 5, 5).double()
    found = refined_attention(list(attentions), affinity)
    for image in range(2):
        expected = rfm(attentions[:, image].numpy(), affinity[image].numpy())
        np.testing.assert_allclose(found[image], expected, rtol=1e-5)


def test_blocks_that_are_alike_are_all_kept():
    attention, affinity = drawn(1, 7, 7), drawn(1, 7, 7) + 0.1
    torch.testing.assert_close(refined_attention([attention] * 6, affinity), attention * affinity)


def test_an_affinity_of_one_keeps_the_strongest_blocks():
    weak, strong = torch.full((1, 2, 2), 0.1), torch.full((1, 2, 2), 0.4)
    torch.testing.assert_close(refined_attention([weak, strong, weak], torch.ones(1, 2, 2)), strong)
