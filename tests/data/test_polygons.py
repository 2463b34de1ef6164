"""Polygons around regions, drawn again by pycocotools."""

from typing import Any

import numpy as np
from pycocotools import mask as theirs

from wsss.data.coco_rle import coco_mask
from wsss.data.polygons import polygon_of, regions_of


def drawn(polygon: list[float], shape: tuple[int, int]) -> Any:
    (lengths,) = theirs.frPyObjects([polygon], *shape)
    return coco_mask(lengths["counts"].decode(), height=shape[0], width=shape[1])


def iou(one: Any, other: Any) -> float:
    return float((one & other).sum() / (one | other).sum())


def test_a_rectangle_has_its_corners_on_the_edges_of_its_pixels():
    mask = np.zeros((6, 9), dtype=bool)
    mask[1:5, 2:8] = True
    points = np.array(polygon_of(mask)).reshape(-1, 2)
    # Corners are cut by half a pixel at most.
    assert points.min(axis=0).tolist() == [2, 1]
    assert points.max(axis=0).tolist() == [8, 5]
    assert iou(drawn(polygon_of(mask), mask.shape), mask) == 1


def test_a_region_at_the_image_s_edge_is_closed():
    mask = np.ones((5, 7), dtype=bool)
    assert iou(drawn(polygon_of(mask), mask.shape), mask) == 1


def test_round_regions_come_back_and_holes_are_filled():
    y, x = np.mgrid[:80, :90]
    disc = (y - 40) ** 2 + (x - 45) ** 2 < 30**2
    assert iou(drawn(polygon_of(disc), disc.shape), disc) > 0.98
    ring = disc & ~((y - 40) ** 2 + (x - 45) ** 2 < 12**2)
    assert iou(drawn(polygon_of(ring), ring.shape), disc) > 0.98
    assert len(polygon_of(disc)) < 2 * 100


def test_regions_share_sides_and_even_a_pixel_has_a_polygon():
    mask = np.zeros((6, 6), dtype=bool)
    mask[0, 0] = mask[1, 1] = mask[4, 1:4] = True
    regions = regions_of(mask)
    assert [int(region.sum()) for region in regions] == [1, 1, 3]
    assert (sum(region.astype(int) for region in regions) == mask).all()
    assert all(len(polygon_of(region)) >= 6 for region in regions)
    assert regions_of(np.zeros((3, 3), dtype=bool)) == []
