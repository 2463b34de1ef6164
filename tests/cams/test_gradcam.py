import torch
from networks import Given, Squares, TinyGAP, TinyMLP

from wsss.cams import CAM, GradCAM
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
    # Half the squares have the maps themselves as gradients: their means, 8 / 16 and -4 / 16, are the weights.
    raw = GradCAM()(Squares(MAPS, torch.empty(0)), IMAGES, Targets.of([[0, 1]]))
    assert raw.tolist() == [
        [[0.5, 0, 0, 0], [0, 1, 0, 0], [0, 0, 1.5, 0], [0, 0, 0, 1]],
        [[0, 0, 0, 1], [0, 0, 0, 0], [0, 0, 0, 0], [0, 0, 0, 0]],
    ]


def test_by_hand_with_a_linear_head():
    raw = GradCAM()(Given(MAPS, torch.tensor([[16.0, 32.0], [0.0, -16.0]])), IMAGES, Targets.of([[1, 0]]))
    assert raw.tolist() == [
        [[0, 0, 0, 4], [0, 0, 0, 0], [0, 0, 0, 0], [0, 0, 0, 0]],
        [[1, 0, 0, -8], [0, 2, 0, 0], [0, 0, 3, 0], [0, 0, 0, 2]],
    ]


def test_is_cam_divided_by_the_cells_on_a_gap_network(tiny: TinyGAP):
    images = torch.randn(3, 3, 41, 50)
    targets = Targets.of([[3], [0, 1, 2], [2, 1]])
    cam = CAM()(tiny, images, targets)
    cells = cam.shape[-2] * cam.shape[-1]
    assert torch.allclose(GradCAM()(tiny, images, targets), cam / cells, atol=1e-7)


def test_reads_every_block_at_its_own_resolution():
    images, targets = torch.randn(1, 3, 32, 48), Targets.of([[0, 3]])
    for block, shape in {"stem": (16, 24), "block1": (8, 12), "last": (4, 6)}.items():
        raw = GradCAM(block=block)(TinyMLP(), images, targets)
        assert raw.shape == (2, *shape)
        assert not torch.equal(raw[0], raw[1])


def test_scaling_the_logits_scales_the_maps_and_nothing_else(tiny: TinyGAP):
    images, targets = torch.randn(1, 3, 32, 32), Targets.of([[0, 1]])
    before = GradCAM(block="block1")(tiny, images, targets)
    tiny.head_weight.data.mul_(4)
    assert torch.allclose(GradCAM(block="block1")(tiny, images, targets), 4 * before)


def test_a_channel_without_gradient_has_no_influence():
    network = Given(MAPS, torch.tensor([[16.0, 0.0]]))
    before = GradCAM()(network, IMAGES, Targets.of([[0]]))
    network.maps = MAPS * torch.tensor([1.0, 1000.0])[:, None, None]
    assert torch.equal(GradCAM()(network, IMAGES, Targets.of([[0]])), before)
