import pytest
import torch
from networks import Given, TinyGAP, TinyMLP
from torch import Tensor

from wsss.cams import CAM
from wsss.errors import ModelError
from wsss.types import Targets

IMAGES = torch.zeros(1, 3, 4, 4)
MAPS = torch.tensor(
    [
        [
            [[1, 0, 0, 0], [0, 2, 0, 0], [0, 0, 3, 0], [0, 0, 0, 4]],
            [[0, 0, 0, 1], [0, 0, 1, 0], [0, 1, 0, 0], [1, 0, 0, 0]],
        ]
    ],
    dtype=torch.float32,
)
WEIGHT = torch.tensor([[1.0, -2.0], [0.0, 3.0]])


def test_by_hand():
    raw = CAM()(Given(MAPS, WEIGHT), IMAGES, Targets.of([[0, 1]]))
    assert raw.tolist() == [
        [[1, 0, 0, -2], [0, 2, -2, 0], [0, -2, 3, 0], [-2, 0, 0, 4]],
        [[0, 0, 0, 3], [0, 0, 3, 0], [0, 3, 0, 0], [3, 0, 0, 0]],
    ]
    assert raw.mean(dim=(1, 2)).tolist() == [2 / 16, 12 / 16]


def test_the_spatial_mean_is_the_logit(tiny: TinyGAP):
    images = torch.randn(2, 3, 37, 50)
    targets = Targets.of([[0, 1, 2, 3], [0, 1, 2, 3]])
    raw = CAM()(tiny, images, targets)
    assert torch.allclose(raw.mean(dim=(1, 2)), tiny(images).flatten(), atol=1e-6)
    assert raw.min() < 0 < raw.max()


def test_has_the_resolution_of_the_last_block(tiny: TinyGAP):
    assert CAM()(tiny, torch.randn(1, 3, 40, 64), Targets.of([[1]])).shape == (1, 5, 8)


@pytest.mark.parametrize("classes", [[[0]], [[3, 1]]])
def test_classes_that_are_not_asked_for_do_not_matter(tiny: TinyGAP, classes: list[list[int]]):
    images = torch.randn(1, 3, 32, 32)
    every = CAM()(tiny, images, Targets.of([[0, 1, 2, 3]]))
    assert torch.equal(CAM()(tiny, images, Targets.of(classes)), every[classes[0]])


def test_a_head_that_is_not_linear_is_refused():
    with pytest.raises(ModelError, match=r"linear head.*cam=gradcam"):
        CAM().check(TinyMLP())


def test_another_block_than_the_last_is_refused(tiny: TinyGAP):
    with pytest.raises(ModelError, match="block=last, not block1"):
        CAM(block="block1").check(tiny)


def test_half_precision_maps_are_summed_in_single(tiny: TinyGAP):
    maps: Tensor = torch.full((1, 2, 4, 4), 1 / 3, dtype=torch.bfloat16)
    raw = CAM()(Given(maps, torch.tensor([[1.0, 1e-3]])), IMAGES, Targets.of([[0]]))
    assert raw[0, 0, 0].item() == pytest.approx(maps[0, 0, 0, 0].item() * 1.001, rel=1e-6)
