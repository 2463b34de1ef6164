"""Labels that are made on the fly: CLIP-ES's maps of the classes that are told, and nothing of a mask."""

from dataclasses import replace
from typing import Any

import numpy as np
import pytest
import torch
from clip_models import PATCH, paired, prompted

from wsss.cams.base import by_image, scaled_to_one
from wsss.cams.caa import CAA
from wsss.cams.softmax_gradcam import SoftmaxGradCAM
from wsss.methods.weclip.cells import refined_attention
from wsss.methods.weclip.labels import Decoded, OnlineLabels
from wsss.models.clip.prompted import PromptedClassifier
from wsss.models.normalisation import IMAGENET
from wsss.refine import PAR, PowerBackground, Refiner
from wsss.types import Targets

CELLS = 4
SIDE = CELLS * PATCH
CAM = CAA(base=SoftmaxGradCAM(), layers=2, box=0.4)


@pytest.fixture(scope="module")
def network() -> PromptedClassifier:
    return prompted(paired(side=SIDE)[1], classes=3, prompts=2)


@pytest.fixture(scope="module")
def pixels() -> np.ndarray:
    return np.random.default_rng(0).integers(0, 256, size=(2, SIDE, SIDE, 3), dtype=np.uint8)


def seen(pixels: np.ndarray) -> torch.Tensor:
    return torch.stack([IMAGENET(image) for image in pixels])


def labels(network: PromptedClassifier, refine: dict[str, Refiner] | None = None, **changes: Any) -> OnlineLabels:
    chain = refine or {"background": PowerBackground(exponent=1.0)}
    made = OnlineLabels(network=network, normalisation=IMAGENET, cam=CAM, refine=chain, blocks=3)
    return replace(made, **changes)


PRESENT = torch.tensor([[1.0, 1.0, 0.0], [1.0, 0.0, 0.0]])


def test_labels_are_those_of_the_classes_that_are_told(network: PromptedClassifier, pixels: np.ndarray):
    found = labels(network)(seen(pixels), PRESENT, decoded=None)
    assert found.shape == (2, SIDE, SIDE)
    assert found.dtype == torch.int64
    assert {*found[0].unique().tolist()} <= {0, 1, 2}
    assert {*found[1].unique().tolist()} == {0, 1}, "a class of its own has its brightest place"


def test_an_image_without_classes_is_background(network: PromptedClassifier, pixels: np.ndarray):
    found = labels(network)(seen(pixels), torch.tensor([[0.0, 0.0, 0.0], [1.0, 0.0, 0.0]]), decoded=None)
    assert not found[0].any()
    assert found[1].any()


def test_images_of_a_batch_do_not_see_each_other(network: PromptedClassifier, pixels: np.ndarray):
    chain: dict[str, Refiner] = {
        "background": PowerBackground(exponent=1.0),
        "par": PAR(iterations=2, dilations=(1, 2)),
    }
    maker, affinity = labels(network, chain), torch.rand(2, CELLS**2, CELLS**2)
    together = maker(seen(pixels), PRESENT, decoded=Decoded(affinity=affinity))
    alone = [maker(seen(pixels[[n]]), PRESENT[[n]], decoded=Decoded(affinity=affinity[[n]]))[0] for n in range(2)]
    assert torch.equal(together, torch.stack(alone))


def test_the_affinity_is_of_the_last_blocks(network: PromptedClassifier, pixels: np.ndarray):
    maker, images = labels(network, blocks=1), seen(pixels)
    targets = Targets.of([[0, 1], [0]])
    affinity = torch.rand(2, CELLS**2, CELLS**2, generator=torch.Generator().manual_seed(3))
    assert len(network.attending) > 1
    with torch.no_grad():
        attentions = list(network.attentions(images, blocks=network.attending[-1:]))
        carrying = refined_attention(attentions, affinity)
        expected = SoftmaxGradCAM()(network, images, targets).relu()
        for image, mine in by_image(targets):
            expected[mine] = CAM.carried(expected[mine], carrying[image[0]], image=images[image[0]])
        found = maker._maps(images, targets, decoded=Decoded(affinity=affinity))
    torch.testing.assert_close(found, expected, atol=0.0, rtol=1e-4)
    assert not torch.allclose(scaled_to_one(found), scaled_to_one(CAM(network, images, targets)))


def test_pixels_come_back_from_their_normalisation(network: PromptedClassifier, pixels: np.ndarray):
    assert np.array_equal(labels(network)._pixels(seen(pixels)[0]), pixels[0])


def test_nothing_of_it_has_a_gradient(network: PromptedClassifier, pixels: np.ndarray):
    affinity = torch.rand(2, CELLS**2, CELLS**2).requires_grad_()
    assert not labels(network)(seen(pixels), PRESENT, decoded=Decoded(affinity=affinity)).requires_grad
    assert all(parameter.grad is None for parameter in network.parameters())


def test_what_the_decoder_gives_a_class_is_multiplied_onto_its_map(network: PromptedClassifier, pixels: np.ndarray):
    """Before the map is carried: a class that the decoder sees in one cell has one that gives."""
    maker, images = labels(network, cam=replace(CAM, mask="everywhere", power=0)), seen(pixels)
    targets, shares = Targets.of([[0, 1, 2], [0]]), torch.zeros(2, 4, CELLS, CELLS)
    affinity = torch.ones(2, CELLS**2, CELLS**2)
    with torch.no_grad():
        plain = maker._maps(images, targets, decoded=Decoded(affinity=affinity))
        cls = int(plain[:3].amax(dim=(1, 2)).argmax())
        row, column = divmod(int(plain[cls].argmax()), CELLS)
        assert plain[cls, row, column] > 0
        shares[0, cls + 1, row, column] = 0.5
        found = maker._maps(images, targets, decoded=Decoded(affinity=affinity, shares=shares))
    expected = torch.zeros_like(plain)
    expected[cls, row, column] = plain[cls, row, column] / 2
    torch.testing.assert_close(found, expected)
