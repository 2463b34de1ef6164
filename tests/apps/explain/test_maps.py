"""Maps in [0, 1] at the size of what is looked at."""

import torch
from networks import TinyGAP
from torch import nn

from wsss.apps.explain.maps import at_size, maps_of
from wsss.cams import CAM, GradCAMPlusPlus
from wsss.cams.base import scaled_to_one
from wsss.resample import resample
from wsss.types import Size, Targets


def images(count: int) -> torch.Tensor:
    return torch.randn(count, 3, 32, 48, generator=torch.Generator().manual_seed(0))


def test_maps_are_the_methods_own_without_their_negative_part(tiny: TinyGAP):
    found = maps_of(CAM(), tiny, images=images(2), classes=[(3, 0), (1,)])
    raw = CAM()(tiny, images(2), Targets.of([[3, 0], [1]]))
    # Views keep maps at stride 4, so that a cell's centre is found again at its own size.
    wanted = resample(resample(raw.relu(), stride=(2.0, 2.0), size=(8, 12)), stride=(4.0, 4.0), size=(32, 48))
    torch.testing.assert_close(found, scaled_to_one(wanted), atol=1e-4, rtol=0)
    assert found.aminmax() == (0, 1)


def test_a_class_may_be_asked_of_several_images(tiny: TinyGAP):
    together = maps_of(GradCAMPlusPlus(), tiny, images=images(3), classes=[(2,), (0,), (2,)])
    alone = [
        maps_of(GradCAMPlusPlus(), tiny, images=image[None], classes=[(cls,)])[0]
        for image, cls in zip(images(3), (2, 0, 2), strict=True)
    ]
    torch.testing.assert_close(together, torch.stack(alone), atol=1e-5, rtol=0)


def test_a_map_of_the_images_size_is_left_alone():
    heat = torch.rand(5, 7)
    torch.testing.assert_close(at_size(Size(height=5, width=7), heat), heat)


def test_a_map_can_be_smaller_than_what_the_network_saw():
    assert at_size(Size(height=3, width=5), torch.rand(30, 50)).shape == (3, 5)


def test_classes_that_no_mask_could_hold_are_asked_for_too():
    network = TinyGAP()
    network.head_weight = nn.Parameter(torch.randn(600, 5, generator=torch.Generator().manual_seed(0)))
    found = maps_of(GradCAMPlusPlus(), network, images=images(2), classes=[(599, 3), (254,)])
    raw = GradCAMPlusPlus()(network, images(2), Targets.of([[599, 3], [254]]))
    wanted = resample(resample(raw.relu(), stride=(2.0, 2.0), size=(8, 12)), stride=(4.0, 4.0), size=(32, 48))
    torch.testing.assert_close(found, scaled_to_one(wanted), atol=1e-4, rtol=0)
