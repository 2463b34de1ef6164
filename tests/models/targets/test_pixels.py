"""Pixels of a segmentation network: sets by hand, and maps that add up as gradients do."""

import numpy as np
import pytest
import torch
from torch import Tensor, nn

from wsss.cams import GradCAM, HiResCAM
from wsss.errors import ModelError
from wsss.models.cuts.hooked import Hooked
from wsss.models.targets.pixels import PixelClassifier, PixelProbability, Pixels, over_pixels
from wsss.types import Size, Targets

LABELS = torch.tensor([[0, 1, 1, 0], [0, 1, 1, 0], [2, 0, 0, 0], [2, 0, 0, 1]])
SIZE = Size(height=8, width=8)


class Linear(nn.Module):
    """An encoder that changes nothing, and a decoder of 1 x 1: background, cat and dog from red, green and blue."""

    def __init__(self) -> None:
        super().__init__()
        self.encoder = nn.Identity()
        self.decoder = nn.Conv2d(3, 3, 1, bias=False)

    def forward(self, images: Tensor) -> Tensor:
        return self.decoder(self.encoder(images))

    def segment(self, images: Tensor) -> Tensor:
        return self(images)


@pytest.fixture
def linear() -> Linear:
    torch.manual_seed(0)
    return Linear().eval()


def test_all_pixels_of_each_class():
    sets = Pixels().sets(LABELS, size=SIZE)
    assert {label: int(mask.sum()) for label, mask in sets.items()} == {1: 5, 2: 2}
    assert (sets[2] == (LABELS == 2)).all()
    assert list(Pixels(label=2).sets(LABELS, size=SIZE)) == [2]


def test_a_point_is_one_of_the_images_pixels():
    (label, mask), *others = Pixels(point=(3, 1)).sets(LABELS, size=SIZE).items()
    assert (label, others) == (1, [])
    assert mask.nonzero().tolist() == [[0, 1]]


def test_objects_count_from_the_largest():
    first, second, third = (Pixels(component=number).sets(LABELS, size=SIZE) for number in (1, 2, 3))
    assert [(label, int(mask.sum())) for of in (first, second, third) for label, mask in of.items()] == [
        (1, 4),
        (2, 2),
        (1, 1),
    ]


def test_a_mask_says_which_and_the_network_what_they_are():
    mask = np.zeros((8, 8), dtype=bool)
    mask[4:8, 0], mask[0, 0] = True, True  # two cells of dog and one of background
    ((label, chosen),) = Pixels(mask=mask).sets(LABELS, size=SIZE).items()
    assert (label, chosen.nonzero().tolist()) == (2, [[0, 0], [2, 0], [3, 0]])
    assert list(Pixels(mask=mask, label=1).sets(LABELS, size=SIZE)) == [1]


@pytest.mark.parametrize(
    ("pixels", "why"),
    [
        (Pixels(mask=np.zeros((8, 8), dtype=bool)), "none is chosen"),
        (Pixels(mask=np.ones((4, 8), dtype=bool)), "use one size"),
        (Pixels(point=(8, 0)), "8,0 is not in the image of 8 x 8 pixels"),
        (Pixels(point=(0, -1)), "is not in the image"),
        (Pixels(point=(0, 0)), "they are background: name the class"),
        (Pixels(component=4), "there is no object 4: the network sees 3"),
        (Pixels(component=0), "there is no object 0"),
        (Pixels(label=3), "no pixel of label 3"),
    ],
)
def test_what_chooses_no_pixel_is_refused(pixels: Pixels, why: str):
    with pytest.raises(ModelError, match=why):
        pixels.sets(LABELS, size=SIZE)


def test_two_ways_to_choose_are_refused():
    with pytest.raises(ModelError, match="point and component are given"):
        Pixels(point=(0, 0), component=1)


def test_grad_cam_below_a_linear_decoder_is_its_weights(linear: Linear):
    """The gradient of the mean logit over n of 36 pixels is w / n there: Grad-CAM's weights are w / 36."""
    images, mask = torch.randn(1, 3, 6, 6), torch.rand(6, 6) > 0.5
    network = PixelClassifier(Hooked(linear, {"last": linear.encoder}), {1: mask})
    weight = linear.decoder.weight[2, :, 0, 0].detach()
    maps = GradCAM()(network, images, Targets.of([[1]]))
    torch.testing.assert_close(maps[0], torch.einsum("d,dyx->yx", weight, images[0]) / 36)
    full = HiResCAM()(network, images, Targets.of([[1]]))
    torch.testing.assert_close(full[0], torch.einsum("d,dyx->yx", weight, images[0]) * mask / mask.sum())


def test_maps_of_disjoint_pixels_add_up(linear: Linear):
    images = torch.randn(1, 3, 6, 6)
    one = torch.rand(6, 6) > 0.6
    other = ~one & (torch.rand(6, 6) > 0.5)

    def summed(mask: Tensor) -> Tensor:
        hooked = Hooked(linear, {"last": linear.encoder})
        return GradCAM()(PixelClassifier(hooked, {0: mask}), images, Targets.of([[0]])) * mask.sum()

    torch.testing.assert_close(summed(one | other), summed(one) + summed(other))


def test_leads_are_differences_at_the_same_pixels(linear: Linear):
    images, mask = torch.randn(2, 3, 6, 6), torch.rand(6, 6) > 0.5
    hooked = Hooked(linear, {"last": linear.encoder})
    lead = PixelClassifier(hooked, {0: mask}, rival=1)
    answer = linear(images)
    expected = (answer[:, 1] - answer[:, 2])[:, mask].mean(dim=1)
    torch.testing.assert_close(lead.after("last", lead.until("last", images))[:, 0], expected)


def test_probabilities_are_means_over_the_pixels(linear: Linear):
    images, mask = torch.randn(2, 3, 6, 6), torch.rand(6, 6) > 0.5
    found = PixelProbability(linear, {1: mask}).classify(images).sigmoid()
    shares = linear(images).softmax(dim=1)
    torch.testing.assert_close(found[:, 1], shares[:, 2][:, mask].mean(dim=1))
    torch.testing.assert_close(found[:, 0], shares[:, 1].mean(dim=(1, 2)))
    pair = linear(images)[:, [2, 1]].softmax(dim=1)[:, 0]
    lead = PixelProbability(linear, {1: mask}, rival=0).classify(images).sigmoid()
    torch.testing.assert_close(lead[:, 1], pair[:, mask].mean(dim=1))


def test_an_answer_may_be_padded_and_not_smaller():
    mask = torch.tensor([[True, False], [False, True]])
    answer = torch.arange(24.0).reshape(1, 2, 3, 4)
    assert over_pixels(1, mask)(answer).tolist() == [(12 + 17) / 2]
    with pytest.raises(ModelError, match="do not lie in an answer"):
        over_pixels(1, mask)(answer[..., :1, :])
