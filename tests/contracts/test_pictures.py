"""Every operation on pixels against torch's resize by hand, Pillow or SciPy, on one picture that hides nothing.

Constants and symmetric pictures look the same after many mistakes: half a pixel of shift, corners that are aligned,
no anti-aliasing, channels the other way round, the nearest pixel in place of a mean.
"""

from typing import Any

import numpy as np
import pytest
import torch
from members import concrete
from numpy.typing import NDArray
from PIL import Image
from scipy import ndimage
from torch import Tensor
from torch.nn import functional

from wsss.apps.explain.maps import at_size
from wsss.data.transforms import ClassifierTransform, EvalTransform, SegmenterTransform, Transform
from wsss.draw.panels import shrunk
from wsss.methods.affinity.networks import EdgeNet
from wsss.methods.affinity.refiner import on_cells
from wsss.refine.local import colours
from wsss.resample import linear_weights, resample
from wsss.types import MAP_STRIDE, ScoreMaps, Size
from wsss.views import SegmentationViews, scaled

FILL = (9, 8, 255)
HEIGHT, WIDTH = 46, 62


def picture(height: int = HEIGHT, width: int = WIDTH) -> NDArray[np.uint8]:
    """Like a photograph: colours that run from a corner, and a grid of one pixel on its right half; no symmetry."""
    y, x = np.mgrid[:height, :width] / np.array([height, width])[:, None, None]
    pixels = np.stack([200 * x * y, 120 * (1 - x) + 60 * y, 90 * x**2 + 30], axis=-1)
    pixels[:, width // 2 :][::2, ::3] += 50
    return pixels.round().astype(np.uint8)


def tensor(pixels: NDArray[np.uint8]) -> Tensor:
    return torch.from_numpy(pixels).permute(2, 0, 1)[None].float()


def by_pillow(pixels: NDArray[np.uint8], size: tuple[int, int], how: Image.Resampling) -> NDArray[np.float32]:
    """Each channel resized in floats to (height, width), so that nothing is rounded."""
    channels = [Image.fromarray(pixels[..., c].astype(np.float32)).resize(size[::-1], how) for c in range(3)]
    return np.stack([np.asarray(channel) for channel in channels], axis=-1)


def triangles(cells: int, pixels: int) -> NDArray[np.float64]:
    """How each pixel is made of cells by linear interpolation between centres, worked out one by one."""
    weights = np.zeros((pixels, cells))
    for pixel in range(pixels):
        centre = min(max((pixel + 0.5) * cells / pixels - 0.5, 0), cells - 1)
        low = min(int(centre), cells - 1)
        weights[pixel, low] += 1 - (centre - low)
        weights[pixel, min(low + 1, cells - 1)] += centre - low
    return weights


@pytest.mark.parametrize("scale", [0.25, 0.5, 0.75, 1.5, 2.0])
def test_views_are_pillow_s_bicubic(scale: float) -> None:
    """Pillow widens its kernel where it shrinks, and has the same a = -0.5: no aliasing of the grid."""
    size = round(HEIGHT * scale), round(WIDTH * scale)
    expected = by_pillow(picture(), size, Image.Resampling.BICUBIC)
    found = scaled(tensor(picture()), scale)[0].permute(1, 2, 0).numpy()
    np.testing.assert_allclose(found, expected, atol=0.02)


@pytest.mark.parametrize("scale", [0.5, 0.75, 1.5])
def test_logits_of_a_view_come_back_by_cells_centres(scale: float) -> None:
    logits = torch.stack([tensor(picture())[0, 0], -tensor(picture())[0, 1]])[None] / 100
    small = functional.interpolate(logits, size=(round(HEIGHT * scale), round(WIDTH * scale)), mode="area")
    rows, columns = triangles(small.shape[-2], HEIGHT), triangles(small.shape[-1], WIDTH)
    expected = torch.from_numpy(rows @ small[0].double().numpy() @ columns.T).softmax(dim=0)
    found = SegmentationViews(scales=(scale,), flip=False)(lambda _: small, torch.zeros(1, 3, HEIGHT, WIDTH))
    torch.testing.assert_close(found[0].double(), expected, atol=1e-5, rtol=0)


def test_maps_are_interpolated_between_the_centres_of_cells() -> None:
    cells = tensor(picture())[0, :, :12, -16:]
    rows, columns = triangles(12, 48), triangles(16, 64)
    expected = torch.from_numpy(rows @ cells.double().numpy() @ columns.T)
    found = resample(cells, stride=(4, 4), size=(48, 64))
    torch.testing.assert_close(found.double(), expected, atol=1e-3, rtol=0)
    spline = ndimage.zoom(cells[0].numpy(), 4, order=1, grid_mode=True, mode="nearest")
    np.testing.assert_allclose(found[0].numpy(), spline, atol=1e-3)
    assert torch.equal(linear_weights(12, 12, stride=1), torch.eye(12))


def test_score_maps_come_to_the_image_s_size_by_cells_of_4_pixels() -> None:
    grid = Size(height=HEIGHT, width=WIDTH).over(MAP_STRIDE)
    scores = tensor(picture())[0, :1, : grid[0], -grid[1] :] / 255
    maps = ScoreMaps(labels=torch.tensor([1]), scores=scores, size=Size(height=HEIGHT, width=WIDTH))
    whole = ndimage.zoom(scores[0].numpy(), 4, order=1, grid_mode=True, mode="nearest")
    np.testing.assert_allclose(maps.full().scores[0].numpy(), whole[:HEIGHT, :WIDTH], atol=1e-5)


@pytest.mark.parametrize("size", [16, 40, 90])
def test_images_for_validation_are_pillow_s_bicubic(size: int) -> None:
    expected = by_pillow(picture(), (size, size), Image.Resampling.BICUBIC).clip(0, 255)
    found = EvalTransform(size=size)(picture()).astype(float)
    assert np.abs(found - expected).max() <= 2  # rounded and cut off after each axis


@pytest.mark.parametrize("transform", ["classifier", "segmenter"])
@pytest.mark.parametrize("side", [31, 93])
def test_images_for_training_are_resized_about_their_middle(transform: str, side: int) -> None:
    """The area's mean where they shrink, Keys's cubic with a = -0.75 where they grow (OpenCV's); nothing is shifted."""
    found = resized(transform, side)
    size = found.shape[0], found.shape[1]
    assert max(size) == side
    if side < WIDTH:
        expected = functional.interpolate(tensor(picture()), size=size, mode="area")
    else:
        expected = functional.interpolate(tensor(picture()), size=size, mode="bicubic", align_corners=False)
    assert np.abs(found - expected[0].permute(1, 2, 0).numpy().clip(0, 255)).max() <= 1.1


def resized(transform: str, side: int) -> NDArray[np.float64]:
    """A training image without its padding, neither mirrored nor jittered."""
    scale = side / WIDTH
    seen: Any
    if transform == "classifier":
        seen = ClassifierTransform(long_side=(side, side), crop=side, flip=0.0)(picture(), key=1, fill=FILL)
    else:
        mask = np.zeros((HEIGHT, WIDTH), dtype=np.uint8)
        seen, _ = SegmenterTransform(scale=(scale, scale), crop=side, flip=0.0)(picture(), mask, key=1, fill=FILL)
    inside = (seen != FILL).any(axis=-1)
    rows, columns = inside.any(axis=1), inside.any(axis=0)
    whole: NDArray[np.float64] = seen[rows][:, columns].astype(float)
    return whole


def means(values: NDArray[np.float64], cell: int) -> NDArray[np.float64]:
    """The mean of each cell; those at the border have fewer pixels."""
    height, width = values.shape
    return np.array(
        [[values[y : y + cell, x : x + cell].mean() for x in range(0, width, cell)] for y in range(0, height, cell)]
    )


def test_cells_have_the_mean_colour_of_their_pixels() -> None:
    grid = Size(height=HEIGHT, width=WIDTH).over(MAP_STRIDE)
    maps = ScoreMaps(labels=torch.tensor([1]), scores=torch.zeros(1, *grid), size=Size(height=HEIGHT, width=WIDTH))
    expected = np.stack([means(picture()[..., c].astype(float), MAP_STRIDE) for c in range(3)])
    np.testing.assert_allclose(colours(picture(), like=maps).numpy(), expected, atol=1e-3)


def test_scores_of_larger_cells_are_means() -> None:
    size = Size(height=HEIGHT, width=WIDTH)
    scores = tensor(picture())[0, :1, ::MAP_STRIDE, ::MAP_STRIDE] / 255
    found = on_cells(ScoreMaps(labels=torch.tensor([1]), scores=scores, size=size), stride=8)
    np.testing.assert_allclose(found[0].numpy(), means(scores[0].double().numpy(), 2), atol=1e-5)


def test_maps_of_pair_networks_meet_on_one_grid() -> None:
    cells = tensor(picture())[:, :, :11, -15:]
    rows, columns = triangles(11, 44), triangles(15, 60)
    expected = torch.from_numpy(rows @ cells[0].double().numpy() @ columns.T)
    found = EdgeNet.on_grid(EdgeNet, cells, stride=16)  # type: ignore[arg-type] # a stride is all that it asks for
    torch.testing.assert_close(found[0].double(), expected, atol=1e-3, rtol=0)


def test_heat_covers_the_image_from_edge_to_edge() -> None:
    heat = tensor(picture())[0, 0, :12, -16:] / 255
    expected = triangles(12, HEIGHT) @ heat.double().numpy() @ triangles(16, WIDTH).T
    found = at_size(Size(height=HEIGHT, width=WIDTH), heat)
    np.testing.assert_allclose(found.numpy(), expected, atol=1e-5)


def test_pictures_of_a_page_are_pillow_s_lanczos() -> None:
    expected = by_pillow(picture(), (23, 31), Image.Resampling.LANCZOS).clip(0, 255)
    assert np.abs(shrunk(picture(), side=31).astype(float) - expected).max() <= 1.1


def test_every_transform_is_here() -> None:
    assert concrete(Transform).keys() == {"ClassifierTransform", "EvalTransform", "SegmenterTransform"}
