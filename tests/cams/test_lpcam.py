"""LPCAM against a loop over cells and prototypes, and what follows from the formula."""

import numpy as np
import pytest
import torch
from networks import Given, TinyGAP
from torch import Tensor

from wsss.cams import LPCAM
from wsss.errors import ModelError
from wsss.types import Targets

GENERATOR = torch.Generator().manual_seed(3)
MAPS = torch.rand(2, 5, 3, 4, generator=GENERATOR)
PARTS = [torch.rand(count, 5, generator=GENERATOR) for count in (2, 3, 1)]
SURROUNDINGS = [torch.rand(count, 5, generator=GENERATOR) for count in (1, 0, 2)]


class Seen(Given):
    """Maps that are given, with prototypes of three classes."""

    def __init__(self, maps: Tensor) -> None:
        super().__init__(maps, torch.zeros(3, maps.shape[1]))

    def prototypes(self, cls: int) -> tuple[Tensor, Tensor]:
        return PARTS[cls], SURROUNDINGS[cls]


def of(maps: Tensor, classes: list[list[int]]) -> Tensor:
    return LPCAM()(Seen(maps), torch.zeros(len(maps), 3, 3, 4), Targets.of(classes))


def test_it_is_the_published_computation():
    found = of(MAPS, [[0, 1], [2]]).numpy()
    for place, (image, cls) in enumerate([(0, 0), (0, 1), (1, 2)]):
        for y, x in np.ndindex(3, 4):
            cell = MAPS[image, :, y, x].double().numpy()

            def cosines(vectors: Tensor, cell: np.ndarray = cell) -> list[float]:
                return [v @ cell / np.linalg.norm(v) / np.linalg.norm(cell) for v in vectors.double().numpy()]

            expected = np.mean(cosines(PARTS[cls]))
            if len(SURROUNDINGS[cls]):
                expected -= np.mean(cosines(SURROUNDINGS[cls]))
            assert found[place, y, x] == pytest.approx(expected, abs=1e-5)


def test_how_strong_a_cell_is_has_no_say():
    torch.testing.assert_close(of(7 * MAPS, [[0], [1]]), of(MAPS, [[0], [1]]))


def test_a_cell_that_is_a_part_alone_is_one_and_a_dead_cell_nothing():
    maps = torch.zeros(1, 5, 3, 4)
    maps[0, :, 1, 2] = 3 * PARTS[2][0]
    (found,) = of(maps, [[2]])
    own = torch.nn.functional.cosine_similarity(PARTS[2], SURROUNDINGS[2]).mean()
    assert found[1, 2] == pytest.approx(1 - float(own), abs=1e-5)
    assert found.flatten().count_nonzero() == 1


def test_networks_without_prototypes_and_other_blocks_are_refused():
    with pytest.raises(ModelError, match="use stages=lpcam, or another cam"):
        LPCAM().check(TinyGAP())


def test_prototypes_are_of_the_last_block():
    class Deep(Seen):
        blocks = ("stem", "last")

    LPCAM().check(Deep(MAPS))
    with pytest.raises(ModelError, match=r"of the last block: set cam\.block=last, not stem"):
        LPCAM(block="stem").check(Deep(MAPS))
