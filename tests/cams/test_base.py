from dataclasses import replace

import pytest
import torch
from networks import Given, TinyGAP, TinyMLP
from torch import Tensor, nn

from wsss.cams import (
    ADCAM,
    CAM,
    FDCAM,
    FGCAM,
    VSCAM,
    AblationCAM,
    CAMMethod,
    GradCAM,
    HiResCAM,
    LayerCAM,
    ReciproCAM,
    RepresentativeCAM,
    ScoreCAM,
)
from wsss.cams.base import (
    activations_and_gradients,
    by_image,
    check_chunk,
    check_targets,
    scaled_to_one,
    single,
    weighted_sum,
)
from wsss.errors import ModelError
from wsss.models.cuts.hooked import Hooked
from wsss.types import Cut, Targets


class Counting(TinyMLP):
    """Notes how many images every continuation is given."""

    def __init__(self) -> None:
        super().__init__()
        self.starts, self.continued = 0, list[int]()

    def until(self, block: str, images: Tensor) -> Cut:
        self.starts += 1
        return super().until(block, images)

    def after(self, block: str, cut: Cut) -> Tensor:
        self.continued.append(len(cut.maps))
        return super().after(block, cut)


class Tokens(Given):
    """A logit is the mean of the maps times a token that only `rest` holds."""

    def until(self, block: str, images: Tensor) -> Cut:
        return Cut(maps=self.maps, stride=1, rest=(torch.tensor([[2.0], [5.0]]),))

    def after(self, block: str, cut: Cut) -> Tensor:
        return cut.maps.mean(dim=(2, 3)) * cut.rest[0]


@pytest.mark.parametrize(
    ("classes", "continued"),
    [
        ([[0, 1, 2], [1], [2, 3]], [3, 2, 1]),
        ([[0], [1], [2]], [3]),
        ([[], [0, 1, 2, 3], []], [1, 1, 1, 1]),
        ([[], [], []], []),
    ],
)
def test_one_backward_pass_serves_an_image_each(classes: list[list[int]], continued: list[int]):
    network = Counting()
    activations_and_gradients(network, "block1", images=torch.randn(3, 3, 16, 16), targets=Targets.of(classes))
    assert network.starts == 1
    assert network.continued == continued


@pytest.mark.parametrize("block", ["stem", "block1", "last"])
def test_are_those_of_one_backward_pass_a_pair(block: str):
    network, images = TinyMLP(), torch.randn(3, 3, 24, 17)
    targets = Targets.of([[2], [0, 3, 1], [1, 2]])
    activations, gradients = activations_and_gradients(network, block, images=images, targets=targets)
    for n, (image, cls) in enumerate(zip(targets.image.tolist(), targets.cls.tolist(), strict=True)):
        cut = network.until(block, images[image : image + 1])
        (expected,) = torch.autograd.grad(network.after(block, cut)[0, cls], cut.maps)
        assert torch.allclose(activations[n], cut.maps[0], atol=1e-6)
        assert torch.allclose(gradients[n], expected[0], atol=1e-7)
        assert expected.abs().max() > 0


def test_the_rest_of_the_state_goes_with_its_image():
    network = Tokens(torch.ones(2, 3, 2, 2), torch.empty(0))
    targets = Targets.of([[0, 1], [2]])
    _, gradients = activations_and_gradients(network, "last", images=torch.zeros(2, 3, 2, 2), targets=targets)
    assert gradients.sum(dim=(2, 3)).tolist() == [[2, 0, 0], [0, 2, 0], [0, 0, 5]]


@pytest.mark.parametrize("method", [CAM(), GradCAM()])
def test_check_names_the_blocks_of_the_network(tiny: TinyGAP, method: CAM | GradCAM):
    with pytest.raises(ModelError, match=r"cam\.block=layer4 is not among .* stem, block1, last"):
        replace(method, block="layer4").check(tiny)
    method.check(tiny)


def test_images_that_are_asked_for_come_with_their_pairs():
    found = [
        (i.tolist(), own.tolist()) for i, own in by_image(Targets(image=torch.tensor([2, 0, 2]), cls=torch.arange(3)))
    ]
    assert found == [([0], [1]), ([2], [0, 2])]
    assert list(by_image(Targets.of([[], []]))) == []


def test_a_weighted_sum_is_not_rounded_inside_autocast():
    maps, weights = torch.rand(2, 3, 4, 5), torch.randn(2, 3)
    with torch.autocast("cpu", dtype=torch.bfloat16):
        raw = weighted_sum(maps, weights)
    assert torch.allclose(raw, torch.einsum("nd,ndyx->nyx", weights, maps), atol=1e-6)


def test_rows_are_brought_to_one_whatever_their_shape():
    values = torch.tensor([[[1.0, 3.0], [2.0, 5.0]], [[-1.0, -1.0], [-1.0, -3.0]]])
    assert scaled_to_one(values).tolist() == [[[0, 0.5], [0.25, 1]], [[1, 1], [1, 0]]]
    assert scaled_to_one(values.flatten(1)).tolist() == [[0, 0.5, 0.25, 1], [1, 1, 1, 0]]
    assert scaled_to_one(torch.zeros(0, 3)).shape == (0, 3)


@pytest.mark.parametrize("level", [0.0, -7.0, 0.1, 1e-30])
def test_a_row_that_is_constant_but_for_rounding_becomes_nothing(level: float):
    values = torch.full((2, 3), level)
    values[1, 2] *= 1 + 2e-7
    assert (scaled_to_one(values) == 0).all()


def test_a_cut_in_single_precision():
    cut = single(Cut(maps=torch.ones(1, 2, 3, 3).bfloat16(), stride=4, rest=(torch.ones(1, 5).half(),)))
    assert (cut.maps.dtype, cut.rest[0].dtype, cut.stride) == (torch.float32, torch.float32, 4)


def test_a_chunk_is_at_least_one():
    check_chunk(1)
    with pytest.raises(ValueError, match="chunk must be at least 1, got 0"):
        check_chunk(0)


@pytest.mark.parametrize("method", [GradCAM(), AblationCAM(), ScoreCAM(), ReciproCAM(), CAM(), FDCAM(), LayerCAM()])
def test_a_target_that_is_not_there_is_said_in_a_sentence(method: CAMMethod, tiny: TinyGAP):
    images = torch.randn(2, 3, 32, 32)
    with pytest.raises(ModelError, match=r"targets: there is no class 9: there are 4, 0 \.\. 3"):
        method(tiny.eval(), images, Targets.of([[1], [9]]))
    with pytest.raises(ModelError, match=r"targets: there is no image 2: there are 2"):
        method(tiny, images, Targets.of([[1], [2], [0]]))


@pytest.mark.parametrize("method", [CAM(), FGCAM(), ADCAM(), VSCAM(), RepresentativeCAM()])
def test_a_network_that_does_not_fit_is_refused_by_the_call_too(method: CAMMethod):
    network = nn.Sequential(nn.Conv2d(3, 4, 4, stride=4), nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(4, 2))
    hooked = Hooked(network.eval(), {"image": network[0], "last": network[0]})
    with pytest.raises(ModelError, match=r"needs|asks|is not among"):
        method(hooked, torch.randn(1, 3, 16, 16), Targets.of([[0]]))


def test_images_of_another_shape_are_refused(tiny: TinyGAP):
    for images in (torch.zeros(2, 1, 32, 32), torch.zeros(3, 32, 32)):
        with pytest.raises(ModelError, match=r"images: expected normalised ones as \[b 3 h w\], got the shape"):
            check_targets(Targets.of([[1]]), model=tiny, images=images)


def test_what_else_goes_wrong_is_passed_on(tiny: TinyGAP, monkeypatch: pytest.MonkeyPatch):
    def broken(*_: object, **__: object) -> None:
        raise RuntimeError("a fault of the method's own")

    monkeypatch.setattr("wsss.cams.hirescam.activations_and_gradients", broken)
    with pytest.raises(RuntimeError, match="a fault of the method's own"):
        HiResCAM()(tiny.eval(), torch.randn(1, 3, 32, 32), Targets.of([[0]]))
