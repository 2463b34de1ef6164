"""Affinity of cells by another network's tokens: cosines on the classifier's grid, in the other's own pixels."""

from typing import Any

import pytest
import torch
from networks import TinyGAP
from torch.nn import functional

from wsss.cams import ADCAM, CAA, CAM
from wsss.cams.base import CAMMethod
from wsss.errors import ModelError
from wsss.models.normalisation import IMAGENET, Normalisation
from wsss.models.segmenters.frozen_backbone import FrozenBackbone
from wsss.models.token_affinity import RelatedClassifier, TokenAffinity
from wsss.protocols import CutClassifier, Related
from wsss.types import Targets

BACKBONE = FrozenBackbone(backbone="vit_tiny_patch16_224", weights="none", layers=2)
TARGETS = Targets.of([[0, 1], [1]])
HALF = Normalisation(mean=(0.5, 0.5, 0.5), std=(0.5, 0.5, 0.5))


def related(least: float = 0.0, **changes: Any) -> RelatedClassifier:
    torch.manual_seed(0)
    options = TokenAffinity(backbone=BACKBONE, least=least)
    return options.beside(TinyGAP().eval(), **{"normalisation": IMAGENET, **changes})


def images(height: int = 32, width: int = 48) -> torch.Tensor:
    return torch.randn(2, 3, height, width, generator=torch.Generator().manual_seed(2))


def grid_of(network: CutClassifier) -> tuple[int, int]:
    with torch.no_grad():
        height, width = network.until(network.blocks[-1], images()).maps.shape[-2:]
    return height, width


def test_it_is_the_mean_cosine_of_the_tokens_of_every_pair_of_cells():
    network = related(least=0.2)
    found = network.affinity(images(), grid=(3, 4))
    seen = functional.interpolate(images(), size=(48, 64), mode="bilinear", align_corners=False)
    pixels = seen * torch.tensor(IMAGENET.std)[:, None, None] + torch.tensor(IMAGENET.mean)[:, None, None]
    own = (pixels - 0.5) / 0.5  # what this backbone wants, and not what the classifier does
    assert BACKBONE.normalisation == HALF
    expected = torch.zeros(2, 12, 12)
    for maps in network.tokens(own):
        for image in range(2):
            cells = maps[image].flatten(1).T
            for one in range(12):
                for other in range(12):
                    cosine = functional.cosine_similarity(cells[one], cells[other], dim=0)
                    expected[image, one, other] += (cosine if cosine >= 0.2 else 0) / 2
    torch.testing.assert_close(found, expected, atol=1e-5, rtol=1e-4)
    assert torch.equal(found, found.mT)
    assert not found.requires_grad


def test_below_the_least_cells_are_not_related():
    every, few = (related(least=least).affinity(images(), grid=(3, 4)) for least in (0.0, 0.9))
    assert (few[every < 0.45] == 0).all()
    assert (few.diagonal(dim1=1, dim2=2) > 0.99).all()


@pytest.mark.parametrize("method", [CAA(base=CAM()), ADCAM()], ids=lambda each: each.called)
def test_maps_of_a_network_that_does_not_attend_are_carried_along_it(method: CAMMethod):
    network = related()
    assert isinstance(network, Related)
    method.check(network)
    found = method(network, images(), TARGETS)
    maps = CAM()(network.classifier, images(), TARGETS).relu()
    affinity = network.affinity(images(), grid=grid_of(network))
    for position, image in enumerate(TARGETS.image.tolist()):
        carried = method.carried(maps[[position]], affinity[image], image=images()[image])  # type: ignore[attr-defined]
        torch.testing.assert_close(found[[position]], carried)


def test_the_classifier_is_asked_as_before():
    network = related()
    plain, block = network.classifier, network.blocks[-1]
    with torch.no_grad():
        assert torch.equal(
            network.after(block, network.until(block, images())), plain.after(block, plain.until(block, images()))
        )
    assert network.stride == plain.stride
    assert all(not parameter.requires_grad for parameter in network.parameters())


def test_only_the_last_maps_are_related_and_the_base_must_fit():
    network = related()
    with pytest.raises(ModelError, match=r"cam\.block=block1 is not among this network's blocks"):
        CAA(base=CAM(), block="block1").check(network)
    with pytest.raises(ModelError, match="attention"):
        CAA(base=ADCAM()).check(network)


def test_it_can_be_looked_at_without_memory():
    outlined = TokenAffinity(backbone=BACKBONE).outlined(TinyGAP())
    assert all(each.is_meta for each in outlined.tokens.net.parameters())
    CAA(base=CAM()).check(outlined)


@pytest.mark.parametrize("least", [-0.1, 1.0, float("nan")])
def test_a_cosine_below_which_nothing_is_related_is_refused(least: float):
    with pytest.raises(ValueError, match=r"least must lie in \[0, 1\)"):
        TokenAffinity(least=least)


def test_a_backbone_that_cannot_be_had_is_refused():
    with pytest.raises(ModelError, match="nosuch"):
        TokenAffinity(backbone=FrozenBackbone(backbone="nosuch")).check()
    (download,) = TokenAffinity().downloads()
    assert "dinov2" in download.name
