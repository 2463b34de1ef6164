from typing import Any

import numpy as np
import pytest
import torch
from networks import TinyGAP, shake
from PIL import Image
from torch import Tensor, nn
from torchvision.models import densenet121, resnet18

import wsss
from wsss.apps.notebook.asking import views_named
from wsss.cams import CAM, CAMMethod, GradCAM, LayerCAM
from wsss.errors import ConfigError, ModelError
from wsss.models.cuts.hooked import Hooked
from wsss.types import RawMaps, Targets
from wsss.views import MultiScaleFlip


@pytest.fixture(scope="module")
def resnet() -> Any:
    torch.manual_seed(0)
    network = resnet18(weights=None, num_classes=7)
    shake(network)
    return network.train()


@pytest.fixture
def photograph() -> np.ndarray[Any, Any]:
    return np.random.default_rng(0).integers(0, 255, size=(64, 96, 3), dtype=np.uint8)


class Brightest(CAMMethod):
    """A method of one's own: the mean of the maps, whatever the class."""

    def __call__(self, model: Any, images: Tensor, targets: Targets) -> RawMaps:
        return model.until(self.block, images).maps.mean(dim=1)[targets.image]


def test_any_network_is_explained_in_one_call(resnet: Any, photograph: Any):
    heatmaps = wsss.explain(resnet, photograph, targets=[2, 5])
    assert heatmaps.layer == "layer4"
    assert heatmaps.methods == ("gradcam",)
    assert heatmaps.targets == ("class 2", "class 5")
    assert heatmaps.maps.shape == (2, 64, 96)
    assert resnet.training
    assert all(module.training for module in resnet.modules())


def test_the_map_is_that_of_the_method_alone(resnet: Any):
    """Grad-CAM of the hooked layer, ReLU, interpolated over cells of 32 pixels, minimum to 0 and maximum to 1."""
    image = torch.randn(3, 64, 96, generator=torch.Generator().manual_seed(1))
    found = wsss.explain(resnet, image, targets=2, layer="layer3").maps
    resnet.eval()
    raw = GradCAM()(Hooked(resnet, {"last": resnet.layer3}), image[None], Targets.of([[2]])).relu()
    resnet.train()
    small = nn.functional.interpolate(raw[None], size=(16, 24), mode="bilinear")  # views keep maps at stride 4
    full = nn.functional.interpolate(small, size=(64, 96), mode="bilinear")[0]
    expected = (full - full.min()) / (full.max() - full.min())
    torch.testing.assert_close(found, expected, rtol=0, atol=1e-4)


def test_several_methods_objects_and_names_stand_beside_one_another(resnet: Any, photograph: Any):
    methods = ["gradcam", LayerCAM(block="layer3"), Brightest()]
    heatmaps = wsss.explain(resnet, photograph, methods=methods, targets=[1, 0])
    assert heatmaps.methods == ("gradcam", "LayerCAM", "Brightest")
    assert [heatmap.target for heatmap in heatmaps] == ["class 1", "class 0"] * 3
    assert heatmaps["Brightest"].maps.shape == (2, 64, 96)
    torch.testing.assert_close(heatmaps["Brightest"].maps[0], heatmaps["Brightest"].maps[1])
    assert wsss.explain(resnet, photograph, methods={"mine": Brightest()}).methods == ("mine",)


def test_without_targets_the_likeliest_class_is_explained(tiny: TinyGAP):
    image = torch.randn(3, 32, 32)
    likeliest = int(tiny.eval()(image[None]).argmax())
    heatmaps = wsss.explain(tiny, image, methods="cam", classes=["ape", "bee", "cat", "dog"])
    assert heatmaps.targets == (("ape", "bee", "cat", "dog")[likeliest],)
    assert heatmaps[0].score == pytest.approx(float(tiny(image[None]).max().detach()), rel=1e-4)


def test_views_are_names_or_objects(resnet: Any, photograph: Any):
    one = wsss.explain(resnet, photograph, targets=2).maps
    flipped = wsss.explain(resnet, photograph, targets=2, views=MultiScaleFlip(scales=(1.0,), flip=True)).maps
    mirrored = wsss.explain(resnet, photograph[:, ::-1], targets=2, views=MultiScaleFlip(scales=(1.0,))).maps
    assert not torch.allclose(one, flipped)
    torch.testing.assert_close(mirrored.flip(-1), flipped, rtol=0, atol=1e-4)
    assert views_named("multi_scale_flip") == MultiScaleFlip()
    assert wsss.explain(resnet, photograph, targets=2, views="single").maps.shape == one.shape


def test_images_come_in_every_form(resnet: Any, photograph: Any, tmp_path: Any):
    Image.fromarray(photograph).save(tmp_path / "a.png")
    expected = wsss.explain(resnet, photograph, targets=0)
    for image in (tmp_path / "a.png", str(tmp_path / "a.png"), Image.fromarray(photograph)):
        assert torch.equal(wsss.explain(resnet, image, targets=0).maps, expected.maps)


class Segmenting(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.body = nn.Sequential(nn.Conv2d(3, 8, 4, stride=4), nn.ReLU())
        self.head = nn.Conv2d(8, 3, 1)

    def forward(self, images: Tensor) -> dict[str, Tensor]:
        return {"out": nn.functional.interpolate(self.head(self.body(images)), size=images.shape[-2:])}


def test_a_segmentation_network_is_asked_for_a_label(photograph: Any):
    torch.manual_seed(0)
    network = Segmenting().eval()
    heatmaps = wsss.explain(network, photograph)
    assert heatmaps.layer == "body"
    mask = torch.zeros(64, 96, dtype=torch.bool)
    mask[:16, :16] = True
    corner = wsss.explain(network, photograph, targets=wsss.region(1, mask=mask), methods="hirescam").maps[0]
    assert float(corner[24:].max()) < 1e-6 < float(corner[:16, :16].max())


@pytest.mark.parametrize(
    ("how", "words"),
    [
        ({"targets": 7}, r"there is no class 7: this network has 7, 0 .. 6"),
        ({"targets": -1}, "there is no class -1"),
        ({"targets": "cat"}, "there is no class 'cat'; names are not known"),
        ({"targets": "cow", "classes": ["cat"]}, "there is no class 'cow'; there are: cat"),
        ({"targets": []}, "none is given"),
        ({"layer": "layer9"}, r"no maps can be read from 'layer9'; layers with a grid: layer4 \(512 x 2 x 3\)"),
        ({"layer": "fc"}, "no maps can be read from 'fc'"),
        ({"layer": nn.ReLU()}, "this ReLU is not a layer of the network"),
        ({"methods": "gradcamm"}, "there is no 'gradcamm'; there are: ablationcam"),
        ({"methods": []}, "names none"),
        ({"methods": "cam"}, "cam does not fit this network: CAM needs a bias-free linear head"),
        ({"methods": CAM()}, "CAM does not fit this network"),
        ({"methods": GradCAM(block="layer9")}, "no maps can be read from 'layer9'"),
        ({"views": "aug_smooth"}, "there is no 'aug_smooth'; there are: gaussian"),
        ({"targets": lambda answer: answer}, r"the target '<lambda>' returns \[1, 7\]: return one number"),
    ],
)
def test_mistakes_are_said_in_a_sentence(resnet: Any, photograph: Any, how: dict[str, Any], words: str):
    with pytest.raises((ConfigError, ModelError), match=words):
        wsss.explain(resnet, photograph, **how)


def test_cam_on_a_network_without_a_linear_head_is_refused(photograph: Any):
    network = densenet121(weights=None, num_classes=3)
    with pytest.raises(ConfigError, match="cam does not fit this network: CAM needs"):
        wsss.explain(network, photograph, methods="cam")


def test_an_image_that_the_network_does_not_take_is_refused(resnet: Any):
    network = nn.Sequential(nn.Conv2d(3, 4, 3), nn.Flatten(), nn.Linear(4, 2))
    with pytest.raises(ModelError, match=r"does not take images of the shape \[1, 3, 8, 8\].*it says 'addmm: mat1"):
        wsss.explain(network, torch.zeros(3, 8, 8))
    with pytest.raises(ModelError, match="float64"):
        wsss.explain(resnet, torch.zeros(3, 64, 64, dtype=torch.float64))
