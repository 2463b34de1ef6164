from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from itertools import pairwise
from typing import Any

import numpy as np
import pytest
import torch
from networks import TinyGAP
from torch import Tensor
from torch.nn import functional

from wsss.cams import CAM, CAMMethod, GradCAM, LayerCAM
from wsss.types import Size, Targets
from wsss.views import EPSILON, MultiScaleFlip
from wsss.views.infer import Crop, InferCAM, centres_of_mass, corners, erased, pixels_above

CELL = 8
"""The stride of `TinyGAP`."""
ONE = {"scales": (1.0,), "flip": False}


@dataclass(frozen=True, kw_only=True)
class Colours(CAMMethod):
    """Class c is where the c-th colour is bright, whatever the network; notes what it is shown."""

    shown: list[Tensor] = field(default_factory=list)

    def __call__(self, model: Any, images: Tensor, targets: Targets) -> Tensor:
        self.shown.append(images)
        return functional.avg_pool2d(images, CELL)[targets.image, targets.cls]


def bright(*spots: tuple[int, int, int, float], height: int = 64, width: int = 64) -> Tensor:
    """An image of zeros with squares of one cell: colour, row and column of the cell, brightness."""
    image = torch.zeros(1, 3, height, width)
    for colour, row, column, level in spots:
        image[0, colour, CELL * row : CELL * (row + 1), CELL * column : CELL * (column + 1)] = level
    return image


def scores(views: Any, images: Tensor, classes: Sequence[int], *, method: CAMMethod | None = None) -> Tensor:
    (maps,) = views(method or Colours(), TinyGAP(), images=images, classes=[classes])
    found: Tensor = maps.scores
    return found


def of_cells(maps: Tensor) -> Tensor:
    """The highest score in every cell of the network."""
    return functional.max_pool2d(maps, 2)


# --- one look


@pytest.mark.parametrize("size", [(64, 64), (45, 38), (33, 47), (7, 2)])
@pytest.mark.parametrize("method", [CAM(), GradCAM(), LayerCAM(block="block1")])
def test_one_look_at_the_whole_image_is_what_the_views_find(size: tuple[int, int], method: CAMMethod):
    images, classes = torch.randn(2, 3, *size), [[0, 2], [1]]
    settings: dict[str, Any] = {"scales": (1.0, 0.5), "flip": True}
    expected = MultiScaleFlip(**settings)(method, TinyGAP(), images=images, classes=classes)
    found = InferCAM(**settings, rounds=1, buffers=())(method, TinyGAP(), images=images, classes=classes)
    for a, b in zip(found, expected, strict=True):
        assert torch.equal(a.labels, b.labels)
        assert torch.equal(a.scores, b.scores)


def test_buffers_larger_than_the_image_make_all_corners_the_image():
    images = torch.randn(1, 3, 40, 56)
    method = Colours()
    split = scores(InferCAM(**ONE, buffers=(99, 99), rounds=3), images, [0, 1], method=method)
    looks = len(method.shown)
    whole = scores(InferCAM(**ONE, buffers=(), rounds=3), images, [0, 1], method=method)
    assert torch.equal(split, whole)
    assert len(method.shown) == 2 * looks <= 6


# --- rounds


def test_what_is_found_is_erased_and_the_next_round_finds_what_is_left():
    image = bright((0, 1, 1, 4.0), (0, 5, 6, 2.4))
    views = InferCAM(**ONE, buffers=(), floor=0.5, stop=0.005)
    one, two = (of_cells(scores(replace(views, rounds=rounds), image, [0]))[0] for rounds in (1, 2))
    assert float(one[1, 1]) == pytest.approx(1, abs=1e-4)
    assert float(one[5, 6]) == pytest.approx(0.6, abs=1e-2)
    # The first is gone in the second round, so that the second is the highest: 1, and the first keeps what it had.
    assert float(two[1, 1]) == pytest.approx(1, abs=1e-4)
    assert float(two[5, 6]) == pytest.approx(1, abs=1e-2)


@pytest.mark.parametrize(("floor", "expected"), [(0.0, 1.0), (0.5, 0.2), (1.0, 0.1)])
def test_a_floor_keeps_what_is_left_from_being_noise_that_counts(floor: float, expected: float):
    image = bright((0, 1, 1, 4.0), (0, 5, 6, 0.4))
    found = scores(InferCAM(**ONE, buffers=(), found=0.5, floor=floor, stop=0.005, rounds=2), image, [0])
    assert float(of_cells(found)[0, 5, 6]) == pytest.approx(expected, abs=0.01)


@pytest.mark.parametrize("erase", ["joint", "class"])
@pytest.mark.parametrize("method", [CAM(), Colours()])
def test_scores_never_fall_from_round_to_round(erase: str, method: CAMMethod):
    images = torch.randn(1, 3, 70, 58)
    views = InferCAM(scales=(1.0, 0.5), stop=0.0, erase=erase, floor=0.2)
    rounds = [scores(replace(views, rounds=n), images, [0, 1, 2][:2], method=method) for n in range(1, 6)]
    for before, after in pairwise(rounds):
        assert (after >= before).all()
    assert (rounds[-1] > rounds[0] + 0.01).any()
    assert rounds[-1].max() < 1


def test_looks_end_with_the_rounds_or_when_little_is_found():
    image = bright(*((0, row, row, 4.0 + row) for row in range(8)))
    method = Colours()
    scores(InferCAM(**ONE, buffers=(), stop=0.0, rounds=5), image, [0], method=method)
    assert len(method.shown) == 5
    method = Colours()
    scores(InferCAM(**ONE, buffers=(), stop=1.0, rounds=5), image, [0], method=method)
    assert len(method.shown) == 1


def test_the_share_that_is_found_is_that_of_new_pixels():
    # The bright cell is found in the first round, and nothing in the second: 1 / 64 of the image at most.
    image = bright((0, 1, 1, 4.0))
    for stop, looks in [(0.005, 2), (0.03, 1)]:
        method = Colours()
        scores(InferCAM(**ONE, buffers=(), stop=stop, floor=1.0), image, [0], method=method)
        assert len(method.shown) == looks


def test_erased_pixels_have_the_mean_colour():
    image = bright((0, 1, 1, 4.0)) + torch.tensor([0.25, -1.0, 2.0])[:, None, None]
    method = Colours()
    scores(InferCAM(**ONE, buffers=(), stop=0.0, rounds=2), image, [0], method=method)
    first, second = (each[0] for each in method.shown)
    changed = (second != first).any(dim=0)
    assert changed[10:14, 10:14].all()
    assert not changed[:, 32:].any()
    assert torch.allclose(second[:, changed], image[0].mean(dim=(1, 2))[:, None].expand(3, int(changed.sum())))
    assert torch.equal(first, image[0])


def test_classes_are_erased_together_or_each_by_itself():
    image = bright((0, 1, 1, 4.0), (1, 5, 6, 4.0))
    joint, apart = Colours(), Colours()
    settings: dict[str, Any] = {**ONE, "buffers": (), "stop": 0.0, "rounds": 2}
    scores(InferCAM(**settings), image, [0, 1], method=joint)
    scores(InferCAM(**settings, erase="class"), image, [0, 1], method=apart)
    gone = [[bool(shown[0, 0, 12, 12] < 1), bool(shown[0, 1, 44, 52] < 1)] for shown in joint.shown]
    assert gone == [[False, False], [True, True]]
    gone = [[bool(shown[0, 0, 12, 12] < 1), bool(shown[0, 1, 44, 52] < 1)] for shown in apart.shown]
    assert gone == [[False, False], [True, False], [False, True]]


# --- corners


def test_corners_by_hand():
    size = Size(height=100, width=60)
    # Rows 30 and 70 of 100, columns 10 and 20 of 60, and 6 pixels more: rows to 76 and from 24, columns to 26 and
    # from 4, in cells of 4.
    found = corners(torch.tensor([[30.0, 20.0], [70.0, 10.0]]), size=size, buffer=6)
    assert found == tuple(
        Crop(top=top, bottom=bottom, left=left, right=right)
        for top, bottom in [(0, 19), (6, 25)]
        for left, right in [(0, 7), (1, 15)]
    )


def test_corners_end_at_the_edges():
    size = Size(height=9, width=14)
    assert corners(torch.tensor([[5.0, 7.0]]), size=size, buffer=20) == (Crop(top=0, bottom=3, left=0, right=4),)


@pytest.mark.parametrize("size", [(1, 1), (33, 47), (64, 20)])
def test_corners_cover_the_image(size: tuple[int, int]):
    shape = Size(height=size[0], width=size[1])
    for centre in torch.rand(20, 2, 2) * torch.tensor(size):
        seen, cells = torch.zeros(size), torch.zeros(shape.over(4))
        for crop in corners(centre, size=shape, buffer=0):
            seen[crop.pixels] = 1
            cells[crop.cells] = 1
            assert cells[crop.cells].shape == Size(
                height=seen[crop.pixels].shape[0], width=seen[crop.pixels].shape[1]
            ).over(4)
        assert seen.all()
        assert cells.all()


def test_images_with_more_classes_than_buffers_are_not_split():
    image = bright((0, 4, 4, 4.0), (1, 3, 4, 4.0), (2, 3, 3, 4.0))
    for classes, looks in [([0], 5), ([0, 1], 5), ([0, 1, 2], 1)]:
        method = Colours()
        scores(InferCAM(**ONE, rounds=1), image, classes, method=method)
        assert len(method.shown) == looks


def test_a_map_is_the_maximum_of_what_its_corners_found():
    images = torch.randn(1, 3, 48, 48).abs()
    views = InferCAM(**ONE, rounds=1, floor=0.5, buffers=(4,))
    whole = MultiScaleFlip(**ONE).totals(Colours(), TinyGAP(), images=images, targets=Targets.of([[0]]))
    expected = torch.zeros(1, 12, 12)
    crops = corners(centres_of_mass(whole, size=Size(height=48, width=48)), size=Size(height=48, width=48), buffer=4)
    assert len(crops) == 4
    for crop in crops:
        part = images[:, :, crop.top * 4 : crop.bottom * 4, crop.left * 4 : crop.right * 4]
        found = MultiScaleFlip(**ONE).totals(Colours(), TinyGAP(), images=part, targets=Targets.of([[0]]))
        found = found / (max(float(found.max()), 0.5 * float(whole.max())) + EPSILON)
        pasted = torch.zeros_like(expected)
        pasted[:, crop.top : crop.bottom, crop.left : crop.right] = found
        expected = torch.maximum(expected, pasted)
    assert torch.allclose(scores(views, images, [0]), expected, atol=1e-6)


def test_a_corner_without_the_class_is_not_blown_up():
    image = bright((0, 0, 0, 4.0), (0, 7, 7, 4.0), (0, 0, 7, 0.2))
    for floor, expected in [(0.5, 0.1), (0.0, 1.0)]:
        found = of_cells(scores(InferCAM(**ONE, rounds=1, buffers=(0,), floor=floor), image, [0]))[0]
        assert float(found[0, 0]) == pytest.approx(1, abs=1e-4)
        assert float(found[7, 7]) == pytest.approx(1, abs=1e-4)
        assert float(found[0, 7]) == pytest.approx(expected, abs=1e-3)


@pytest.mark.parametrize("size", [Size(height=20, width=33), Size(height=8, width=8)])
def test_centres_are_those_of_the_mass(size: Size):
    maps = torch.rand(3, *size.over(4))
    rows, columns = (
        np.minimum(4 * np.arange(cells) + 2, side)
        for cells, side in zip(maps.shape[1:], (size.height, size.width), strict=True)
    )
    for found, mass in zip(centres_of_mass(maps, size=size), maps.double().numpy(), strict=True):
        expected = [(mass * rows[:, None]).sum() / mass.sum(), (mass * columns).sum() / mass.sum()]
        assert found.tolist() == pytest.approx(expected, abs=1e-4)


def test_the_centre_of_nothing_is_the_images():
    assert centres_of_mass(torch.zeros(1, 3, 2), size=Size(height=11, width=6)).tolist() == [[5.5, 3.0]]


# --- batches and classes


@pytest.mark.parametrize("erase", ["joint", "class"])
def test_a_batch_is_its_images_one_by_one(tiny: TinyGAP, erase: Any):
    images, classes = torch.randn(3, 3, 37, 45), [[0, 2], [1], [0, 1, 3]]
    views = InferCAM(scales=(1.0, 0.5), erase=erase, rounds=3, stop=0.0)
    together = views(CAM(), tiny, images=images, classes=classes)
    for i, own in enumerate(classes):
        (alone,) = views(CAM(), tiny, images=images[i : i + 1], classes=[own])
        assert torch.equal(alone.labels, together[i].labels)
        assert torch.allclose(alone.scores, together[i].scores, atol=1e-3)


def test_only_the_classes_of_an_image_appear(tiny: TinyGAP):
    maps = InferCAM(**ONE)(CAM(), tiny, images=torch.randn(3, 3, 24, 24), classes=[[1, 3], [], [0]])
    assert [each.labels.tolist() for each in maps] == [[2, 4], [], [1]]
    assert [tuple(each.scores.shape) for each in maps] == [(2, 6, 6), (0, 6, 6), (1, 6, 6)]


def test_images_without_classes_are_not_shown_to_the_network():
    method = Colours()
    maps = InferCAM()(method, TinyGAP(), images=torch.zeros(2, 3, 9, 9), classes=[[], []])
    assert [each.scores.shape for each in maps] == [(0, 3, 3)] * 2
    assert method.shown == []


def test_an_image_without_evidence_has_empty_maps():
    assert (scores(InferCAM(), torch.zeros(1, 3, 21, 30), [0, 1]) == 0).all()


# --- the small parts


def test_pixels_above_by_hand():
    maps = torch.tensor([[[0.0, 1.0]], [[0.0, 0.0]]])
    # Between the centres at 2 and 6 the score rises by a quarter a pixel, from 1/8 at 2.5.
    found = pixels_above(0.6, maps, size=(2, 7))
    assert found.tolist() == [[False, False, False, False, True, True, True]] * 2


def test_erasing_leaves_the_image_alone():
    image, found = torch.tensor([[[1.0, 3.0]], [[0.0, 2.0]], [[5.0, 5.0]]]), torch.tensor([[True, False]])
    assert erased(image, found).tolist() == [[[2, 3]], [[1, 2]], [[5, 5]]]
    assert image[0, 0, 0] == 1


@pytest.mark.parametrize(
    ("wrong", "message"),
    [
        ({"rounds": 0}, "rounds must be at least 1"),
        ({"found": 1.2}, "found must lie in 0 .. 1"),
        ({"stop": -0.1}, "stop must lie in 0 .. 1"),
        ({"floor": 2.0}, "floor must lie in 0 .. 1"),
        ({"buffers": (10, -1)}, "buffers must not be negative"),
        ({"scales": ()}, "scales must be positive"),
    ],
)
def test_options_that_are_none_are_refused(wrong: dict[str, Any], message: str):
    with pytest.raises(ValueError, match=message):
        InferCAM(**wrong)


def test_a_pixel_whose_score_is_the_bound_is_found():
    maps = torch.tensor([[[0.25, 0.75]], [[0.5, 0.25]]])
    assert pixels_above(0.5, maps[:, :, :1], size=(4, 4)).all()
    assert not pixels_above(0.5 + 1e-6, maps[:, :, :1], size=(4, 4)).any()
