import pytest
import torch
from networks import TinyGAP
from segmentation_models_pytorch import Unet
from torch import Tensor, nn

from wsss.cams import GradCAM, HiResCAM
from wsss.errors import ModelError
from wsss.models.hooked import Hooked
from wsss.models.scored import Scored, logit, region, similarity
from wsss.protocols import CutClassifier
from wsss.types import Targets


class OneByOne(nn.Module):
    """Two maps of the image's own size: twice the red channel, and red minus green."""

    def __init__(self) -> None:
        super().__init__()
        self.cells = nn.Identity()

    def forward(self, images: Tensor) -> Tensor:
        red, green = self.cells(images)[:, 0], images[:, 1]
        return torch.stack([2 * red, red - green], dim=1)


def test_the_logit_of_a_class_is_the_class(tiny: TinyGAP):
    images = torch.randn(2, 3, 32, 32)
    scored = Scored(tiny, [logit(2), logit(0)])
    assert isinstance(scored, CutClassifier)
    expected = GradCAM()(tiny, images, Targets.of([[2, 0], [0]]))
    torch.testing.assert_close(GradCAM()(scored, images, Targets.of([[0, 1], [1]])), expected)


def test_a_region_is_explained_by_its_own_pixels():
    """The gradient of the mean of 2 r over the two left cells of four is 2 / 2 there and 0 elsewhere."""
    images = torch.tensor([[[[1.0, 2.0], [3.0, 4.0]], [[0.0, 0.0], [0.0, 0.0]], [[9.0, 9.0], [9.0, 9.0]]]])
    network = OneByOne()
    left = torch.tensor([[True, False], [True, False]])
    scored = Scored(Hooked(network, {"last": network.cells}), [region(0, mask=left)])
    maps = HiResCAM()(scored, images, Targets.of([[0]]))
    torch.testing.assert_close(maps, torch.tensor([[[1.0, 0.0], [3.0, 0.0]]]))


def test_a_region_of_a_segmentation_network():
    torch.manual_seed(0)
    network = Unet("mobilenet_v2", encoder_weights=None, classes=3).eval()
    layer = network.decoder.blocks[0]
    scored = Scored(Hooked(network, {"last": layer}), [region(1, mask=torch.ones(64, 64) > 0)])
    maps = GradCAM()(scored, torch.randn(2, 3, 64, 64), Targets.of([[0], [0]]))
    assert maps.shape == (2, 4, 4)
    assert maps.std() > 0


def test_similarity_to_an_embedding():
    answer = torch.tensor([[3.0, 4.0], [0.0, 2.0]])
    torch.testing.assert_close(similarity(torch.tensor([1.0, 0.0]))(answer), torch.tensor([0.6, 0.0]))


def test_refusals(tiny: TinyGAP):
    images = torch.randn(2, 3, 32, 32)
    with pytest.raises(ModelError, match="none is given"):
        Scored(tiny, [])
    with pytest.raises(ModelError, match="no pixel is set"):
        region(0, mask=torch.zeros(2, 2, dtype=torch.bool))
    wrong = Scored(tiny, [lambda answer: answer])
    with pytest.raises(ModelError, match=r"scores\[0\] returns the shape \[2, 4\] for 2 images: return one number an"):
        wrong.after("last", wrong.until("last", images))
