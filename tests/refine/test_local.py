"""What refinement by local means shares: who the neighbours are, and on which grid."""

from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import pytest
import torch
from builders import score_maps
from numpy.typing import NDArray
from torch import Tensor

from wsss.refine import PAMR, PAR
from wsss.refine.local import LocalRefiner, colours, neighbours


@dataclass(frozen=True, kw_only=True)
class Plain(LocalRefiner):
    """The mean of all neighbours."""

    def affinity(self, image: Tensor) -> Tensor:
        count = 8 * len(self.dilations)
        return torch.full((count, *image.shape[-2:]), 1 / count)


def test_neighbours_row_by_row_and_dilation_by_dilation():
    grid = torch.arange(25.0).view(1, 5, 5)
    found = [moved[0, 2, 2].item() for moved in neighbours(grid, (1, 2))]
    assert found == [6, 7, 8, 11, 13, 16, 17, 18, 0, 2, 4, 10, 14, 20, 22, 24]


def test_beyond_the_border_the_outermost_cells_are_repeated():
    grid = torch.tensor([[[1.0, 2.0, 3.0]]])
    assert [moved[0, 0, 0].item() for moved in neighbours(grid, (2,))] == [1, 1, 3, 1, 3, 1, 1, 3]


def test_a_cell_has_the_mean_colour_of_the_pixels_inside():
    image = np.zeros((5, 6, 3), dtype=np.uint8)
    image[:4, :4] = (16, 32, 48)
    image[0, 4] = (80, 0, 0)  # one of 4 x 2 pixels of the cell above on the right
    image[4, :4, 1] = (1, 2, 3, 6)
    maps = score_maps([0], torch.zeros(1, 2, 2), size=(5, 6))
    assert colours(image, like=maps).tolist() == [[[16, 10], [0, 0]], [[32, 0], [3, 0]], [[48, 0], [0, 0]]]


def test_one_step_by_hand():
    maps = score_maps([1], [[[0.0, 0.8, 0.0]]])
    # Three of the eight neighbours of the first cell are the second, and so on; rows above and below are repeated.
    refined = Plain(dilations=(1,), iterations=1).apply(np.zeros((1, 3, 3), dtype=np.uint8), maps)
    torch.testing.assert_close(refined.scores, torch.tensor([[[0.3, 0.2, 0.3]]]))


def test_on_the_maps_grid_or_on_the_images(picture: NDArray[np.uint8]):
    maps = score_maps([0, 4], torch.rand(2, 6, 8), size=(24, 32))
    assert Plain().apply(picture, maps).scores.shape == (2, 6, 8)
    on_pixels = Plain(at="image").apply(picture, maps).scores
    assert on_pixels.shape == (2, 24, 32)
    torch.testing.assert_close(on_pixels, Plain().apply(picture, maps.full()).scores)


@pytest.mark.parametrize("refiner", [PAMR(), PAR()], ids=lambda refiner: type(refiner).__name__)
def test_a_constant_map_stays_and_weights_sum_to_1(refiner: LocalRefiner, picture: NDArray[np.uint8]):
    maps = score_maps([0, 4], torch.full((2, 24, 32), 0.3))
    torch.testing.assert_close(refiner.apply(picture, maps).scores, maps.scores)
    image = torch.from_numpy(picture).permute(2, 0, 1).float()
    affinity = refiner.affinity(image)
    assert affinity.shape == (48, 24, 32)
    torch.testing.assert_close(affinity.sum(dim=0), torch.ones(24, 32))
    torch.testing.assert_close(refiner.affinity(image / 255), affinity, atol=1e-4, rtol=0)  # in any unit


@pytest.mark.parametrize("refiner", [PAMR(), PAR()], ids=lambda refiner: type(refiner).__name__)
def test_scores_stay_on_their_side_of_an_edge(refiner: LocalRefiner, picture: NDArray[np.uint8]):
    """The picture is dark on the left of column 16 and bright on the right, the score begins at column 20."""
    scores = torch.zeros(1, 24, 32)
    scores[:, :, 20:] = 1.0
    refined = replace(refiner, dilations=(1, 2, 4)).apply(picture, score_maps([3], scores)).scores[0]
    assert refined[:, 16:].min() > 5 * refined[:, :16].max()


def test_an_image_without_classes_and_background_has_no_maps(picture: NDArray[np.uint8]):
    assert Plain().apply(picture, score_maps([], torch.zeros(0, 24, 32))).scores.shape == (0, 24, 32)


def test_maps_of_another_image_are_refused(picture: NDArray[np.uint8]):
    with pytest.raises(ValueError, match="does not belong"):
        Plain().apply(picture, score_maps([0], torch.rand(1, 32, 24)))


@pytest.mark.parametrize("wrong", [{"dilations": ()}, {"dilations": (0, 1)}, {"iterations": 0}])
def test_options_outside_are_refused(wrong: dict[str, Any]):
    with pytest.raises(ValueError, match="at least 1"):
        Plain(**wrong)
