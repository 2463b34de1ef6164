import pytest
import torch
from networks import Squares, TinyGAP, TinyMLP, one_by_one

from wsss.cams import GradCAM, HiResCAM
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
    raw = HiResCAM()(Squares(MAPS, torch.empty(0)), IMAGES, Targets.of([[0, 1]]))
    assert raw.tolist() == [
        [[1, 0, 0, 0], [0, 4, 0, 0], [0, 0, 9, 0], [0, 0, 0, 4]],
        [[0, 0, 0, 16], [0, 0, 0, 0], [0, 0, 0, 0], [0, 0, 0, 0]],
    ]


def test_is_gradcam_on_a_gap_network(tiny: TinyGAP):
    images, targets = torch.randn(3, 3, 41, 50), Targets.of([[3], [0, 1, 2], [2, 1]])
    assert torch.allclose(HiResCAM()(tiny, images, targets), GradCAM()(tiny, images, targets), atol=1e-7)


def test_the_sum_is_the_logit_where_the_rest_has_no_bias(tiny: TinyGAP):
    torch.nn.init.zeros_(tiny.last[0].bias)  # type: ignore[arg-type]
    images, targets = torch.randn(2, 3, 37, 50), Targets.of([[0, 1, 2, 3], [0, 1, 2, 3]])
    for block in ("block1", "last"):
        sums = HiResCAM(block=block)(tiny, images, targets).sum(dim=(1, 2))
        assert sums.tolist() == pytest.approx(tiny(images).flatten().tolist(), rel=1e-4)


def test_is_the_sum_over_channels_of_gradient_times_activation():
    network, images, targets = TinyMLP(), torch.randn(2, 3, 32, 24), Targets.of([[0, 1, 3], [2]])
    raw = HiResCAM(block="block1")(network, images, targets)
    for n, (maps, gradient) in enumerate(one_by_one(network, "block1", images, targets)):
        assert torch.allclose(raw[n].double(), (maps * gradient).sum(dim=0), rtol=1e-4, atol=1e-8)
