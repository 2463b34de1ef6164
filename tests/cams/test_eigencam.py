import numpy as np
import pytest
import torch
from networks import Given, TinyGAP

from wsss.cams import EigenCAM
from wsss.types import Targets

IMAGES = torch.zeros(1, 3, 4, 4)
# The mean is 1/2.
PATTERN = torch.tensor([[4, 0, 0, 0], [0, 2, 0, 0], [0, 0, 1, 0], [0, 0, 0, 1]], dtype=torch.float32)


def network(channels: list[float]) -> Given:
    maps = torch.tensor(channels)[None, :, None, None] * PATTERN
    return Given(maps, torch.ones(2, len(channels)))


@pytest.mark.parametrize("channels", [[3.0, 4.0], [3.0, -4.0], [-3.0, -4.0], [1.0] * 25, [-1.0] * 25])
def test_by_hand(channels: list[float]):
    # All channels share one pattern, so the direction is theirs, of length 5; the corner is positive.
    raw = EigenCAM()(network(channels), IMAGES, Targets.of([[0]]))
    assert torch.allclose(raw[0], 5 * (PATTERN - 0.5), atol=1e-5)


@pytest.mark.parametrize(("channels", "shape"), [(5, (4, 7)), (40, (3, 5)), (15, (3, 5))])
def test_is_the_first_component_of_a_singular_value_decomposition(channels: int, shape: tuple[int, int]):
    maps = torch.randn(2, channels, *shape)
    raw = EigenCAM()(Given(maps, torch.ones(1, channels)), torch.zeros(2, 3, 4, 4), Targets.of([[0], [0]]))
    for own, found in zip(maps, raw, strict=True):
        cells = own.flatten(1).T.double().numpy()
        _, _, directions = np.linalg.svd(cells - cells.mean(axis=0), full_matrices=False)
        expected = ((cells - cells.mean(axis=0)) @ directions[0]).reshape(shape)
        expected *= np.sign(expected.flat[np.abs(expected).argmax()])
        assert np.allclose(found.numpy(), expected, atol=1e-4)


def test_is_the_same_for_every_class_and_another_for_every_image(tiny: TinyGAP):
    first, second, third = EigenCAM()(tiny, torch.randn(2, 3, 40, 32), Targets.of([[0, 3], [3]]))
    assert torch.equal(first, second)
    assert not torch.allclose(first, third)


def test_a_brighter_channel_everywhere_changes_nothing():
    maps = torch.randn(1, 3, 4, 4)
    before = EigenCAM()(Given(maps, torch.ones(1, 3)), IMAGES, Targets.of([[0]]))
    maps = maps + torch.tensor([0.0, 100.0, 0.0])[None, :, None, None]
    assert torch.allclose(EigenCAM()(Given(maps, torch.ones(1, 3)), IMAGES, Targets.of([[0]])), before, atol=1e-3)


@pytest.mark.parametrize("channels", [2, 20])
def test_constant_maps_have_no_component(channels: int):
    raw = EigenCAM()(Given(torch.full((1, channels, 4, 4), 3.0), torch.ones(1, channels)), IMAGES, Targets.of([[0]]))
    assert raw.abs().max() < 1e-5
