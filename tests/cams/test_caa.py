"""CAA on attention given by hand: who gives, who receives, and what is kept."""

from typing import Any

import numpy as np
import pytest
import torch
from networks import Attending, TinyGAP
from torch import Tensor

from wsss.cams import CAA, CAM
from wsss.cams.attention import balanced
from wsss.cams.caa import boxes, superpixels, touched
from wsss.errors import ModelError
from wsss.testing.families import small_family_network
from wsss.types import Targets


def random(*shape: int, random_seed: int = 4) -> Tensor:
    return torch.rand(shape, generator=torch.Generator().manual_seed(random_seed))


def of(maps: Tensor, *attention: Tensor, **options: Any) -> Tensor:
    """The maps of one image's classes, `[c y x]`, under an attention `[z z]` a block."""
    network = Attending(maps[None], *(each[None] for each in attention))
    targets = Targets.of([list(range(len(maps)))])
    return CAA(base=CAM(), **options)(network, torch.zeros(1, 3, 2, 3), targets)


def by_loops(maps: Tensor, *attention: Tensor, box: float) -> np.ndarray[Any, Any]:
    """As the code of CLIP-ES goes, in NumPy and float64, with boxes that hold their ends."""
    matrix = np.mean([each.double().numpy() for each in attention], axis=0)
    for _ in range(3):
        matrix = matrix / matrix.sum(axis=0, keepdims=True)
        matrix = matrix / matrix.sum(axis=1, keepdims=True)
    matrix = (matrix + matrix.T) / 2
    matrix = matrix @ matrix
    refined = []
    for own in maps.clamp(min=0).double().numpy():
        mask = np.zeros_like(own)
        cells = {(y, x) for y, x in np.ndindex(own.shape) if own[y, x] > box * own.max()}
        while cells:
            region, edge = set(), {cells.pop()}
            while edge:
                region |= edge
                edge = {c for c in cells if any(max(abs(c[0] - r[0]), abs(c[1] - r[1])) < 2 for r in region)}
                cells -= edge
            ys, xs = zip(*region, strict=True)
            mask[min(ys) : max(ys) + 1, min(xs) : max(xs) + 1] = 1
        refined.append(((matrix * mask.reshape(1, -1)) @ own.reshape(-1)).reshape(own.shape))
    return np.array(refined)


def test_it_is_the_published_computation():
    maps, attention = random(3, 4, 5) - 0.4, [random(20, 20, random_seed=number) for number in range(2)]
    maps[2] = torch.tensor([[1.0, 0, 0, 0, 0], [0, 0, 0, 0, 0], [0, 0, 0, 0, 0.9], [0, 0, 0, 0.8, 0]])
    np.testing.assert_allclose(of(maps, *attention).numpy(), by_loops(maps, *attention, box=0.4), rtol=1e-4, atol=1e-6)


def test_cells_that_attend_to_themselves_alone_keep_what_lies_in_boxes():
    maps = torch.tensor([[[1.0, 0.1, 0.0], [0.1, 0.5, 0.3]]])
    assert of(maps, torch.eye(6)).tolist() == [[[1.0, pytest.approx(0.1), 0.0], [pytest.approx(0.1), 0.5, 0.0]]]


def test_a_constant_map_stays_constant():
    (spread,) = of(torch.ones(1, 2, 3), random(6, 6), rounds=100)
    torch.testing.assert_close(spread, torch.ones(2, 3), atol=1e-4, rtol=0)


def test_nothing_leaks_between_cells_that_do_not_attend_to_each_other():
    attention = torch.block_diag(random(3, 3), random(3, 3))
    (spread,) = of(torch.tensor([[[1.0, 0.2, 0.4], [0.0, 0.0, 0.0]]]), attention)
    assert (spread[0] > 0).all()
    assert (spread[1] == 0).all()


def test_cells_outside_the_boxes_receive_and_do_not_give():
    maps = torch.tensor([[[1.0, 0.0, 0.3], [0.0, 0.0, 0.0]]])
    without = maps.clone()
    without[0, 0, 2] = 0
    attention = random(6, 6)
    torch.testing.assert_close(of(maps, attention), of(without, attention))
    assert (of(maps, attention) > 0).all()


def test_an_empty_map_stays_empty():
    assert of(-torch.ones(1, 2, 3), random(6, 6)).abs().max() == 0


def test_classes_do_not_depend_on_their_order():
    maps, attention = random(3, 2, 3) - 0.3, random(6, 6)
    torch.testing.assert_close(of(maps.flip(0), attention), of(maps, attention).flip(0))


def test_the_last_layers_are_averaged():
    maps, first, second, third = random(1, 2, 3), *(random(6, 6, random_seed=number) for number in range(3))
    torch.testing.assert_close(of(maps, first, second, third, layers=2), of(maps, second, third))
    torch.testing.assert_close(of(maps, first, second), of(maps, (first + second) / 2))


def test_no_step_leaves_what_lies_in_boxes():
    maps = torch.tensor([[[1.0, 0.1, 0.0], [0.0, 0.0, 0.3]]])
    assert of(maps, random(6, 6), power=0).tolist() == [[[1.0, 0.0, 0.0], [0.0, 0.0, 0.0]]]


def test_boxes_hold_their_ends_and_corners_touch():
    maps = torch.tensor([[[0.0, 0.0, 9.0], [5.0, 0.0, 0.0], [0.0, 6.0, 0.0]]])
    assert boxes(maps, share=0.4).int().tolist() == [[[0, 0, 1], [1, 1, 0], [1, 1, 0]]]
    assert boxes(maps, share=0.6).int().tolist() == [[[0, 0, 1], [0, 0, 0], [0, 1, 0]]]


def image_of_quarters() -> Tensor:
    """Four colours, `[3 h w]`, normalised."""
    image = torch.zeros(3, 24, 36)
    image[0, :12], image[1, :, 18:], image[2, 12:, :18] = 2.0, -1.0, 1.5
    return image


def test_superpixels_follow_the_image_and_are_read_at_the_centres_of_cells():
    numbers = superpixels(image_of_quarters(), segments=4, like=torch.zeros(1, 4, 6))
    quarters = [numbers[y : y + 2, x : x + 3].unique().tolist() for y in (0, 2) for x in (0, 3)]
    assert sorted(quarters) == [[0], [1], [2], [3]]


def test_parts_are_whole_or_not_there():
    maps = torch.tensor([[[9.0, 0.0, 0.0], [4.0, 0.0, 0.0]], [[0.0, 0.0, 0.0], [0.0, 1.0, 0.3]]])
    parts = torch.tensor([[0, 0, 1], [2, 3, 3]])
    assert touched(maps, parts=parts, share=0.4).int().tolist() == [[[1, 1, 0], [1, 0, 0]], [[0, 0, 0], [0, 1, 1]]]
    assert touched(maps, parts=parts, share=0.5).int().tolist() == [[[1, 1, 0], [0, 0, 0]], [[0, 0, 0], [0, 1, 1]]]


def test_with_superpixels_cells_of_those_give_that_a_region_touches():
    maps = torch.zeros(1, 4, 6)
    maps[0, 0, 0], maps[0, 1, 2], maps[0, 1, 3] = 1.0, 0.2, 0.3  # the last lies in another quarter
    network = Attending(maps[None], torch.eye(24)[None])
    method = CAA(base=CAM(), mask="superpixels", segments=4)
    (found,) = method(network, image_of_quarters()[None], Targets.of([[0]]))
    expected = maps[0].clone()
    expected[1, 3] = 0
    torch.testing.assert_close(found, expected)


def test_no_superpixels_are_refused():
    with pytest.raises(ValueError, match="segments must be at least 1, got 0"):
        CAA(segments=0)


def test_networks_that_do_not_attend_are_refused(tiny: TinyGAP):
    with pytest.raises(ModelError, match="CAA needs the attention of a transformer"):
        CAA().check(tiny)
    with pytest.raises(ModelError, match=r"cam.layers=99: only \d+ of this network's blocks attend"):
        CAA(layers=99).check(small_family_network("vision_transformer"))


def test_everywhere_all_cells_give():
    maps = torch.rand(2, 3, 5, generator=torch.Generator().manual_seed(4))
    attention = torch.rand(15, 15, generator=torch.Generator().manual_seed(5))
    method = CAA(mask="everywhere", rounds=2, power=1)
    even = balanced(attention, rounds=2)
    expected = (maps.flatten(1) @ (even + even.mT).mT / 2).reshape(2, 3, 5)
    torch.testing.assert_close(method.carried(maps, attention, image=torch.zeros(3, 6, 10)), expected)
