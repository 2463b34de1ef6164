import pytest
import torch
from networks import Given, Squares, TinyGAP, TinyMLP, one_by_one

from wsss.cams import GradCAMPlusPlus
from wsss.cams.base import weighted_sum
from wsss.types import Targets

IMAGES = torch.zeros(1, 3, 4, 4)
MAPS = torch.tensor(
    [
        [
            [[1, 0, 0, 0], [0, 2, 0, 0], [0, 0, 3, 0], [0, 0, 0, 2]],
            [[0, 0, 0, -4], [0, 0, 0, 0], [0, 0, 0, 0], [0, 0, 0, 0]],
        ]
    ],
    dtype=torch.float32,
)


def test_by_hand():
    # Gradients are the maps. The first channel's sum is 8: 1 / (2 + 8) + 2 / (2 + 16) + 3 / (2 + 24) + 2 / (2 + 16).
    raw = GradCAMPlusPlus()(Squares(MAPS, torch.empty(0)), IMAGES, Targets.of([[0, 1]]))
    assert torch.allclose(raw[0], (0.1 + 2 / 9 + 3 / 26) * MAPS[0, 0])
    assert raw[1].tolist() == torch.zeros(4, 4).tolist()  # no gradient is positive


def test_by_hand_with_a_linear_head():
    # Gradients are 1 and -1 for class 0, 2 and 3 for class 1, everywhere. The second channel's sum counts as 0.
    raw = GradCAMPlusPlus()(Given(MAPS, torch.tensor([[16.0, -16.0], [32.0, 48.0]])), IMAGES, Targets.of([[0, 1]]))
    assert torch.allclose(raw[0], 16 / 10 * MAPS[0, 0])
    assert torch.allclose(raw[1], 32 / 18 * MAPS[0, 0] + 48 / 2 * MAPS[0, 1])


def test_a_gap_network_has_only_positive_weights_damped_by_the_total_activation(tiny: TinyGAP):
    images, targets = torch.randn(2, 3, 40, 48), Targets.of([[0, 3], [1, 2]])
    maps = tiny.until("last", images).maps.detach()[targets.image]
    cells, total = maps[0, 0].numel(), maps.sum(dim=(2, 3))
    gradient = tiny.head_weight.detach()[targets.cls] / cells
    expected = weighted_sum(maps, cells * gradient.relu() / (2 + total * gradient.relu()))
    assert torch.allclose(GradCAMPlusPlus()(tiny, images, targets), expected, atol=1e-7)


@pytest.mark.parametrize("block", ["stem", "block1", "last"])
def test_is_the_papers_formula(block: str):
    network, images, targets = TinyMLP(), torch.randn(2, 3, 32, 24), Targets.of([[0, 1, 3], [2]])
    raw = GradCAMPlusPlus(block=block)(network, images, targets)
    for n, (maps, gradient) in enumerate(one_by_one(network, block, images, targets)):
        total = maps.sum(dim=(1, 2), keepdim=True)
        alpha = gradient**2 / (2 * gradient**2 + total * gradient**3)
        weights = (torch.where(gradient == 0, 0, alpha) * gradient.relu()).sum(dim=(1, 2))
        assert torch.allclose(raw[n].double(), (weights[:, None, None] * maps).sum(dim=0), rtol=1e-4, atol=1e-8)
