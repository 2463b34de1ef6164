import torch
from networks import Given, Squares, TinyGAP, TinyMLP, one_by_one

from wsss.cams import CAM, LayerCAM
from wsss.types import Targets

IMAGES = torch.zeros(1, 3, 4, 4)
MAPS = torch.tensor(
    [
        [
            [[1, 0, 0, 0], [0, -2, 0, 0], [0, 0, 3, 0], [0, 0, 0, 2]],
            [[0, 0, 0, -4], [0, 0, 0, 0], [0, 0, 0, 0], [0, 0, 0, 0]],
        ]
    ],
    dtype=torch.float32,
)


def test_by_hand():
    # Gradients are the maps: cells with a negative one are left out.
    raw = LayerCAM()(Squares(MAPS, torch.empty(0)), IMAGES, Targets.of([[0, 1]]))
    assert raw.tolist() == [
        [[1, 0, 0, 0], [0, 0, 0, 0], [0, 0, 9, 0], [0, 0, 0, 4]],
        [[0, 0, 0, 0], [0, 0, 0, 0], [0, 0, 0, 0], [0, 0, 0, 0]],
    ]


def test_by_hand_with_a_linear_head():
    raw = LayerCAM()(Given(MAPS, torch.tensor([[-16.0, 32.0]])), IMAGES, Targets.of([[0]]))
    assert raw.tolist() == (2 * MAPS[:, 1]).tolist()


def test_is_cam_with_the_positive_weights_on_a_gap_network(tiny: TinyGAP):
    images, targets = torch.randn(3, 3, 41, 50), Targets.of([[3], [0, 1, 2], [2, 1]])
    raw, cam = LayerCAM()(tiny, images, targets), CAM()(tiny, images, targets)
    assert not torch.allclose(raw, cam / cam[0].numel(), atol=1e-4)
    tiny.head_weight.data.relu_()
    assert torch.allclose(raw, CAM()(tiny, images, targets) / cam[0].numel(), atol=1e-7)


def test_every_cell_has_its_own_weight():
    network, images, targets = TinyMLP(), torch.randn(2, 3, 32, 24), Targets.of([[0, 1, 3], [2]])
    raw = LayerCAM(block="block1")(network, images, targets)
    for n, (maps, gradient) in enumerate(one_by_one(network, "block1", images, targets)):
        assert torch.allclose(raw[n].double(), (maps * gradient.relu()).sum(dim=0), rtol=1e-4, atol=1e-8)
