from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pytest
import torch
from networks import TinyGAP
from numpy.typing import NDArray
from torch import Tensor
from torch.nn import functional

from wsss.cams import CAM, CAMMethod, GradCAM
from wsss.types import Size, Targets
from wsss.views import (
    EPSILON,
    Gaussian,
    MultiScaleFlip,
)

CELL = 8
"""The stride of `TinyGAP`."""


@dataclass(frozen=True, kw_only=True)
class Lit(CAMMethod):
    """One cell of the view is lit, whatever is shown."""

    cell: tuple[int, int] = (0, 0)
    level: float = 1.0

    def __call__(self, model: Any, images: Tensor, targets: Targets) -> Tensor:
        raw = torch.zeros(len(targets), images.shape[-2] // CELL, images.shape[-1] // CELL)
        raw[:, self.cell[0], self.cell[1]] = self.level
        return raw


@dataclass(frozen=True, kw_only=True)
class Brightness(CAMMethod):
    """The mean of the first colour over every cell: linear, and it moves with what is shown."""

    def __call__(self, model: Any, images: Tensor, targets: Targets) -> Tensor:
        return functional.avg_pool2d(images[:, :1], CELL)[targets.image, 0]


@dataclass(frozen=True, kw_only=True)
class ByWidth(CAMMethod):
    """A row of values for each width of the view in pixels."""

    rows: tuple[tuple[int, tuple[float, ...]], ...]

    def __call__(self, model: Any, images: Tensor, targets: Targets) -> Tensor:
        row = torch.tensor(dict(self.rows)[images.shape[-1]])
        return row.expand(len(targets), images.shape[-2] // CELL, -1)


def merged(
    method: CAMMethod, images: Tensor, *, scales: Sequence[float] = (1.0,), flip: bool = False, model: Any = None
) -> Tensor:
    """The map of class 1 of the first image; `TinyGAP` has evidence for and against it."""
    views = MultiScaleFlip(scales=tuple(scales), flip=flip)
    return views(method, model or TinyGAP(), images=images, classes=[[1]] * len(images))[0].scores[0]


def test_one_view_is_the_methods_map_upsampled_and_divided_by_its_maximum(tiny: TinyGAP):
    images = torch.randn(1, 3, 32, 48)
    raw = CAM()(tiny, images, Targets.of([[1]])).relu()
    expected = functional.interpolate(raw[None], scale_factor=2, mode="bilinear", align_corners=False)[0, 0]
    assert raw.max() > 0
    assert torch.allclose(merged(CAM(), images, model=tiny), expected / (expected.max() + EPSILON), atol=1e-6)


def test_alignment_by_hand():
    # Cell (1, 2) covers rows 8 .. 15 and columns 16 .. 23: cells 2 and 3, 4 and 5 at stride 4, a quarter beyond.
    expected = torch.zeros(8, 12)
    rows, columns = torch.zeros(8), torch.zeros(12)
    rows[1:5] = torch.tensor([0.25, 0.75, 0.75, 0.25])
    columns[3:7] = torch.tensor([0.25, 0.75, 0.75, 0.25])
    expected = torch.outer(rows, columns) / 0.75**2
    assert torch.allclose(merged(Lit(cell=(1, 2)), torch.zeros(1, 3, 32, 48)), expected, atol=1e-4)


def between_cells(pixels: int, *, scale: float, lit: int) -> NDArray[np.float64]:
    """One axis: the share of a lit cell of the padded view in each stride-4 cell of the image, by pixel coordinates."""
    shown = max(1, round(pixels * scale))
    cells = -(-shown // CELL)
    centre_in_view = (4 * np.arange(-(-pixels // 4)) + 2) * shown / pixels
    return np.interp(centre_in_view, CELL * np.arange(cells) + CELL / 2, np.arange(cells) == lit)


@pytest.mark.parametrize("size", [(32, 48), (33, 47), (21, 50), (64, 24)])
@pytest.mark.parametrize("scale", [1.0, 0.5, 1.5, 2.0])
def test_a_lit_cell_is_found_at_its_pixels_at_every_size_and_scale(size: tuple[int, int], scale: float):
    cell = (0, 1)
    rows, columns = (between_cells(side, scale=scale, lit=lit) for side, lit in zip(size, cell, strict=True))
    expected = torch.from_numpy(np.outer(rows, columns)).float()
    found = merged(Lit(cell=cell), torch.zeros(1, 3, *size), scales=[scale])
    assert found.shape == Size(height=size[0], width=size[1]).over(4)
    assert torch.allclose(found, expected / (expected.max() + EPSILON), atol=1e-4)


def test_a_mirrored_view_is_mirrored_back():
    both = merged(Lit(cell=(0, 0)), torch.zeros(1, 3, 8, 32), flip=True)
    one = merged(Lit(cell=(0, 0)), torch.zeros(1, 3, 8, 32))
    assert torch.allclose(both, (one + one.flip(-1)) / (one + one.flip(-1)).max(), atol=1e-4)
    assert both[0, 0] == both[0, -1] > 0.99


def test_mirroring_an_image_of_whole_cells_mirrors_its_map(tiny: TinyGAP):
    images = torch.randn(1, 3, 32, 64)
    views = {"scales": (1.0, 0.5, 1.5), "flip": True, "model": tiny}
    maps = merged(CAM(), images, **views)
    assert maps.std() > 0
    assert torch.allclose(merged(CAM(), images.flip(-1), **views), maps.flip(-1), atol=1e-5)


@pytest.mark.parametrize("width", [128, 125, 121, 114])
@pytest.mark.parametrize("flip", [False, True])
def test_mirroring_any_image_moves_its_map_to_the_mirrored_place(width: int, *, flip: bool):
    """Whole cells or not. Stretching the cells over the image, as IRN does, would be off by up to 7 pixels here."""

    def place(images: Tensor) -> float:
        maps = merged(Brightness(), images, scales=(1.0, 0.5, 2.0), flip=flip)
        return float((maps.sum(dim=0) * (4 * torch.arange(maps.shape[1]) + 2)).sum() / maps.sum())

    column = torch.arange(width) + 0.5
    images = torch.exp(-(((column - 64) / 8) ** 2) / 2).expand(1, 3, 32, width)
    assert place(images) == pytest.approx(64, abs=0.3)
    assert place(images.flip(-1)) == pytest.approx(width - 64, abs=0.3)


def test_scales_are_summed_before_the_maximum_is_taken():
    method = ByWidth(rows=((32, (3.0, 3.0, 0.0, 0.0)), (16, (0.0, 1.0))))
    maps = merged(method, torch.zeros(1, 3, 16, 32), scales=(1.0, 0.5))
    # 3 3 3 2.25 0.75 0 0 0 from cells of 8 pixels, and 0 0 0.125 0.375 0.625 0.875 1 1 from cells of 16.
    total = torch.tensor([3, 3, 3.125, 2.625, 1.375, 0.875, 1, 1])
    assert torch.allclose(maps, (total / 3.125).expand(4, 8), atol=1e-5)


def test_negative_evidence_of_one_scale_takes_nothing_from_another():
    method = ByWidth(rows=((32, (3.0, 3.0, 0.0, 1.0)), (16, (-9.0, -9.0))))
    images = torch.zeros(1, 3, 16, 32)
    assert torch.equal(merged(method, images, scales=(1.0, 0.5)), merged(method, images))


def test_every_class_has_a_maximum_just_below_one(tiny: TinyGAP):
    maps = MultiScaleFlip()(CAM(), tiny, images=torch.randn(2, 3, 40, 40), classes=[[0, 1, 2, 3]] * 2)
    highest = torch.cat([each.scores.amax(dim=(1, 2)) for each in maps])
    assert (highest[highest > 0] > 1 - 1e-3).all()
    assert (highest > 0).sum() >= 4
    assert (highest < 1).all()


def test_peaks_are_those_before_the_division():
    method = ByWidth(rows=((32, (3.0, 3.0, 0.0, 0.0)), (16, (0.0, 1.0))))
    images = torch.zeros(1, 3, 16, 32)
    (maps,) = MultiScaleFlip(scales=(1.0, 0.5), flip=False)(method, TinyGAP(), images=images, classes=[[0]])
    assert maps.peaks.tolist() == [3.125]  # as in the sum above
    (both,) = MultiScaleFlip(scales=(1.0,), flip=True)(method, TinyGAP(), images=images, classes=[[0]])
    assert both.peaks.tolist() == [3.0], "a map and its mirror image are added: 3 + 0 at either end"


@pytest.mark.parametrize("level", [0.0, -2.0])
def test_a_map_without_evidence_stays_empty(level: float):
    assert (merged(Lit(level=level), torch.zeros(1, 3, 16, 16), flip=True) == 0).all()


def test_only_the_classes_of_an_image_appear(tiny: TinyGAP):
    maps = MultiScaleFlip(scales=(1.0,))(CAM(), tiny, images=torch.randn(3, 3, 24, 24), classes=[[1, 3], [], [0]])
    assert [each.labels.tolist() for each in maps] == [[2, 4], [], [1]]
    assert [each.classes for each in maps] == [(1, 3), (), (0,)]
    assert [tuple(each.scores.shape) for each in maps] == [(2, 6, 6), (0, 6, 6), (1, 6, 6)]


def test_images_without_classes_are_not_shown_to_the_network(tiny: TinyGAP, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(TinyGAP, "get_submodule", None)
    maps = MultiScaleFlip()(CAM(), tiny, images=torch.zeros(2, 3, 9, 9), classes=[[], []])
    assert [each.scores.shape for each in maps] == [(0, 3, 3)] * 2


@pytest.mark.parametrize("method", [CAM(), GradCAM(), GradCAM(block="stem")])
def test_a_batch_is_its_images_one_by_one(tiny: TinyGAP, method: CAMMethod):
    images, classes = torch.randn(3, 3, 37, 45), [[0, 2], [1], [0, 1, 3]]
    views = MultiScaleFlip(scales=(1.0, 0.5))
    together = views(method, tiny, images=images, classes=classes)
    for i, own in enumerate(classes):
        (alone,) = views(method, tiny, images=images[i : i + 1], classes=[own])
        assert torch.equal(alone.labels, together[i].labels)
        assert torch.allclose(alone.scores, together[i].scores, atol=1e-4)


@pytest.mark.parametrize("size", [(1, 1), (3, 5), (1, 40), (7, 2)])
def test_images_smaller_than_a_cell(tiny: TinyGAP, size: tuple[int, int]):
    (maps,) = MultiScaleFlip()(CAM(), tiny, images=torch.randn(1, 3, *size), classes=[[0, 1]])
    assert maps.size.over(1) == size
    assert maps.scores.shape == (2, *maps.size.over(4))


def test_scores_are_float32_inside_autocast(tiny: TinyGAP):
    images = torch.randn(1, 3, 32, 32)
    expected = merged(CAM(), images, scales=(1.0, 0.5), model=tiny)
    with torch.autocast("cpu", dtype=torch.bfloat16):
        maps = merged(CAM(), images, scales=(1.0, 0.5), model=tiny)
    assert maps.dtype == torch.float32
    assert torch.allclose(maps, expected, atol=0.05)


@pytest.mark.parametrize("scales", [(), (0.0,), (1.0, -0.5)])
def test_scales_that_are_none_are_refused(scales: tuple[float, ...]):
    with pytest.raises(ValueError, match="scales must be positive numbers"):
        MultiScaleFlip(scales=scales)


@pytest.mark.parametrize("size", [(32, 48), (37, 45), (3, 5)])
def test_views_upsample_by_gaussians(tiny: TinyGAP, size: tuple[int, int]):
    images = torch.randn(1, 3, *size)
    views = MultiScaleFlip(scales=(1.0, 0.5), upsampler=Gaussian(sigma=0.8))
    (maps,) = views(CAM(), tiny, images=images, classes=[[0, 1, 2, 3]])
    assert maps.scores.shape == (4, *maps.size.over(4))
    assert 0.99 < maps.scores.max() < 1


def test_one_view_of_gaussians_is_the_methods_map_spread(tiny: TinyGAP):
    images = torch.randn(1, 3, 32, 48)
    raw = CAM()(tiny, images, Targets.of([[1]]))
    spread = Gaussian(sigma=0.8)(raw, stride=(2.0, 2.0), size=(8, 12))[0]
    views = MultiScaleFlip(scales=(1.0,), flip=False, upsampler=Gaussian(sigma=0.8))
    (maps,) = views(CAM(), tiny, images=images, classes=[[1]])
    assert spread.max() > 0
    torch.testing.assert_close(maps.scores[0], spread / (spread.max() + EPSILON))
