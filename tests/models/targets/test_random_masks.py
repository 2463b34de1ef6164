"""RISE by expectation, and D-RISE on torchvision's detectors with random weights."""

import pytest
import torch
from torch import Tensor, nn
from torchvision.models.detection import ssdlite320_mobilenet_v3_large

from wsss.cams import AblationCAM
from wsss.errors import ModelError
from wsss.models.cuts.hooked import Hooked
from wsss.models.targets.random_masks import found_box, rise
from wsss.models.targets.scored import Scored, detection
from wsss.types import Targets


def inside(images: Tensor) -> Tensor:
    """How much of a square is left."""
    return images[:, 0, 8:16, 24:32].mean(dim=(1, 2))


def test_what_is_needed_is_bright_and_the_rest_is_grey():
    """The weight of a pixel is its covariance with the score: outside the square and its cells it is chance."""
    heat = rise(lambda images: images, torch.ones(3, 40, 48), inside, masks=2000)
    square = torch.zeros(40, 48, dtype=torch.bool)
    square[8:16, 24:32] = True
    far = torch.ones(40, 48, dtype=torch.bool)
    far[:28, 12:44] = False
    assert heat[square].mean() > 10 * heat[far].abs().mean()
    row, column = divmod(int(heat.argmax()), 48)
    assert square[row, column]


def test_a_target_that_no_mask_changes_has_an_empty_map():
    heat = rise(lambda images: images, torch.ones(3, 24, 24), lambda answer: answer.new_ones(len(answer)), masks=64)
    assert heat.abs().max() < 1e-6


def test_masks_follow_from_the_seed_alone_and_not_from_the_chunk():
    def heat(**options: int) -> Tensor:
        return rise(
            lambda images: images,
            torch.ones(3, 20, 31),
            lambda a: a[:, 0, :5, :5].mean(dim=(1, 2)),
            masks=33,
            **options,
        )

    torch.testing.assert_close(heat(chunk=16), heat(chunk=5))
    assert not torch.equal(heat(random_seed=1), heat(random_seed=2))


@pytest.mark.parametrize("wrong", [{"masks": 0}, {"cells": 0}, {"kept": 1.0}])
def test_numbers_that_make_no_mask_are_refused(wrong: dict[str, float]):
    with pytest.raises(ValueError, match="masks and cells"):
        rise(lambda images: images, torch.ones(3, 8, 8), inside, **wrong)  # type: ignore[arg-type]


def test_similarity_by_hand():
    answer = [
        {
            "boxes": torch.tensor([[0.0, 0.0, 10.0, 10.0], [0.0, 0.0, 10.0, 5.0], [0.0, 0.0, 10.0, 10.0]]),
            "labels": torch.tensor([1, 1, 2]),
            "scores": torch.tensor([0.3, 0.8, 0.9]),
        },
        {"boxes": torch.zeros(0, 4), "labels": torch.zeros(0, dtype=torch.int64), "scores": torch.zeros(0)},
    ]
    score = found_box(1, box=[0, 0, 10, 10])
    torch.testing.assert_close(score(answer), torch.tensor([0.4, 0.0]))  # 1 x 0.3 and 0.5 x 0.8
    with pytest.raises(ModelError, match="left < right"):
        found_box(1, box=[3, 0, 1, 1])


@pytest.fixture(scope="module")
def detector() -> nn.Module:
    torch.manual_seed(0)
    network = ssdlite320_mobilenet_v3_large(weights=None, weights_backbone=None, num_classes=3, score_thresh=0.0)
    for module in network.modules():
        if isinstance(module, nn.Conv2d):  # its own first weights answer every image alike
            nn.init.kaiming_normal_(module.weight)
    return network.eval()


def test_a_detector_of_torchvision_is_explained_without_gradients(detector: nn.Module):
    image = torch.rand(3, 64, 64, generator=torch.Generator().manual_seed(1))
    with torch.no_grad():
        (found,) = detector(image[None])
    box, label = found["boxes"][0].tolist(), int(found["labels"][0])
    heat = rise(detector, image, found_box(label, box=box), masks=8, chunk=4)
    assert heat.shape == (64, 64)
    assert heat.std() > 0
    layer = detector.get_submodule("backbone.features.0.0")
    scored = Scored(Hooked(detector, {"last": layer}, stride=1), [detection(label, box=box)])
    maps = AblationCAM()(scored, image[None], Targets.of([[0]]))
    assert maps.ndim == 3
    assert torch.isfinite(maps).all()
