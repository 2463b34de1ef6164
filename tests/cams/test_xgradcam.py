import pytest
import torch
from networks import Given, Squares, TinyGAP, TinyMLP, one_by_one

from wsss.cams import GradCAM, XGradCAM
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
    # Gradients are the maps: (1 + 4 + 9 + 4) / 8 and 16 / -4.
    raw = XGradCAM()(Squares(MAPS, torch.empty(0)), IMAGES, Targets.of([[0, 1]]))
    assert raw.tolist() == [(18 / 8 * MAPS[0, 0]).tolist(), (-4 * MAPS[0, 1]).tolist()]


def test_is_gradcam_on_a_gap_network(tiny: TinyGAP):
    images, targets = torch.randn(3, 3, 41, 50), Targets.of([[3], [0, 1, 2], [2, 1]])
    assert torch.allclose(XGradCAM()(tiny, images, targets), GradCAM()(tiny, images, targets), atol=1e-7)


@pytest.mark.parametrize("block", ["stem", "block1", "last"])
def test_the_sum_is_that_of_gradients_times_activations(block: str):
    network, images, targets = TinyMLP(), torch.randn(2, 3, 32, 24), Targets.of([[0, 1, 3], [2]])
    sums = XGradCAM(block=block)(network, images, targets).sum(dim=(1, 2))
    expected = [float((maps * gradient).sum()) for maps, gradient in one_by_one(network, block, images, targets)]
    assert sums.tolist() == pytest.approx(expected, rel=1e-4)


@pytest.mark.parametrize("first", [[0.0, 0.0], [1.0, -1.0], [1.0, -0.99999]])
def test_a_channel_without_a_sum_has_no_weight(first: list[float]):
    maps = torch.tensor([[[first], [[3.0, 5.0]]]])
    raw = XGradCAM()(Given(maps, torch.tensor([[7.0, 2.0]])), torch.zeros(1, 3, 1, 2), Targets.of([[0]]))
    assert raw.tolist() == [[[3.0, 5.0]]]
