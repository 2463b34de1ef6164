"""MaxBoxAccV2 against a port of the published evaluation, which draws outlines with OpenCV, and by hand."""

from typing import Any

import cv2
import numpy as np
import pytest
from numpy.typing import NDArray
from scipy import ndimage

from wsss.boxes.box import Box
from wsss.metrics.boxes import SIDE, BoxCurve, CorLoc, best_overlaps, corners

BLOCKS = [Box(left=40, top=30, right=120, bottom=150), Box(left=150, top=100, right=210, bottom=190)]


def drawn(*boxes: Box, value: float = 1.0) -> NDArray[np.float32]:
    heat = np.zeros((SIDE, SIDE), dtype=np.float32)
    for box in boxes:
        heat[int(box.top) : int(box.bottom), int(box.left) : int(box.right)] = value
    return heat


def published_boxes(scoremap: NDArray[np.float32], threshold: float) -> list[list[int]]:
    """`compute_bboxes_from_scoremaps` of the published evaluation with several outlines, for one threshold."""
    height, width = scoremap.shape
    picture = (scoremap * 255).astype(np.uint8)[:, :, None]
    _, binary = cv2.threshold(picture, int(threshold * picture.max()), 255, cv2.THRESH_BINARY)
    outlines = cv2.findContours(binary, cv2.RETR_TREE, cv2.CHAIN_APPROX_SIMPLE)[-2]
    if not len(outlines):
        return [[0, 0, 0, 0]]
    rectangles = [cv2.boundingRect(outline) for outline in outlines]
    return [[x, y, min(x + w, width - 1), min(y + h, height - 1)] for x, y, w, h in rectangles]


def published_iou(a: list[int], b: list[int]) -> float:
    width = max(0, min(a[2], b[2]) - max(a[0], b[0]) + 1)
    height = max(0, min(a[3], b[3]) - max(a[1], b[1]) + 1)
    areas = [(box[2] - box[0] + 1) * (box[3] - box[1] + 1) for box in (a, b)]
    return width * height / (sum(areas) - width * height)


def published_score(maps: list[NDArray[np.float32]], true: list[list[Box]]) -> float:
    thresholds = np.arange(0, 1, 0.001)
    best = np.array(
        [
            [
                max(published_iou(box, t) for box in published_boxes(heat, threshold) for t in corners(boxes).tolist())
                for threshold in thresholds
            ]
            for heat, boxes in zip(maps, true, strict=True)
        ]
    )
    return float(np.mean([(best >= least).mean(axis=0).max() for least in (0.3, 0.5, 0.7)]))


def random_map(seed: int) -> NDArray[np.float32]:
    rng = np.random.default_rng(seed)
    noise = ndimage.gaussian_filter(rng.random((SIDE, SIDE)), sigma=float(rng.uniform(6, 30)))
    return ((noise - noise.min()) / (noise.max() - noise.min())).astype(np.float32)


def random_boxes(seed: int) -> list[Box]:
    rng = np.random.default_rng(seed)
    boxes = []
    for _ in range(rng.integers(1, 4)):
        left, top = rng.integers(0, 150, size=2).tolist()
        width, height = rng.integers(20, 70, size=2).tolist()
        boxes.append(Box(left=left, top=top, right=left + width, bottom=top + height))
    return boxes


def test_equal_to_the_published_evaluation_on_random_maps():
    maps, true = [random_map(seed) for seed in range(6)], [random_boxes(seed) for seed in range(6)]
    curve = BoxCurve(classes=2)
    for heat, boxes in zip(maps, true, strict=True):
        curve.add(1, best_overlaps(heat, corners(boxes)))
    score = published_score(maps, true)
    assert 0 < score < 1
    assert curve.scores() == {"max_box_acc_v2": pytest.approx(score), "max_box_acc_v2_pooled": pytest.approx(score)}


def test_outlines_of_holes_count_as_they_do_in_the_published_evaluation():
    heat = drawn(Box(left=20, top=20, right=200, bottom=200))
    heat[60:110, 70:160] = 0
    heat[80:90, 90:120] = 0.5  # an island in the hole
    for true in (Box(left=69, top=59, right=161, bottom=111), Box(left=90, top=80, right=120, bottom=90)):
        got = best_overlaps(heat, corners([true]))
        for place in (0, 300, 700):
            boxes = published_boxes(heat, place / 1000)
            assert got[place] == pytest.approx(max(published_iou(box, corners([true])[0].tolist()) for box in boxes))


def scores_of(heat: NDArray[np.float32], boxes: list[Box]) -> dict[str, Any]:
    curve = BoxCurve(classes=1)
    curve.add(0, best_overlaps(heat, corners(boxes)))
    return curve.scores()


def test_a_perfect_rectangle_is_found_at_every_overlap():
    assert scores_of(drawn(BLOCKS[0]), BLOCKS[:1])["max_box_acc_v2"] == 1


def test_two_blobs_are_two_boxes_and_either_one_will_do():
    for boxes in (BLOCKS[:1], BLOCKS[1:], BLOCKS):
        assert scores_of(drawn(*BLOCKS), boxes)["max_box_acc_v2"] == 1
    around = [BLOCKS[0].hull(BLOCKS[1])]
    assert scores_of(drawn(*BLOCKS), around)["max_box_acc_v2"] < 1, "a box around both is not drawn"


@pytest.mark.parametrize(("share", "score"), [(0.2, 0), (0.4, 1 / 3), (0.6, 2 / 3), (0.8, 1)])
def test_a_uniform_map_finds_what_fills_its_share_of_the_image(share: float, score: float):
    """The map's box is the image, so its overlap is the object's share."""
    box = Box(left=0, top=0, right=SIDE, bottom=round(SIDE * share))
    assert scores_of(np.ones((SIDE, SIDE), dtype=np.float32), [box])["max_box_acc_v2"] == pytest.approx(score)


def test_an_empty_map_finds_nothing():
    assert scores_of(np.zeros((SIDE, SIDE), dtype=np.float32), BLOCKS)["max_box_acc_v2"] == 0


def test_classes_count_alike_and_pairs_are_pooled_beside():
    curve = BoxCurve(classes=3)
    curve.add(0, best_overlaps(drawn(BLOCKS[0]), corners(BLOCKS[:1])))
    for _ in range(3):
        curve.add(2, best_overlaps(drawn(BLOCKS[0]), corners(BLOCKS[1:])))
    assert curve.scores() == {"max_box_acc_v2": 0.5, "max_box_acc_v2_pooled": 0.25}


def around(box: Box, *, value: float, peak: float) -> NDArray[np.float32]:
    """A box in a square of 160 pixels, which overlaps it by 0.375, and the brightest pixel in a corner."""
    heat = np.zeros((SIDE, SIDE), dtype=np.float32)
    heat[20:180, 20:180] = value
    heat = np.maximum(heat, drawn(box, value=peak))
    heat[200, 200] = 1.0
    return heat


def test_one_threshold_serves_all_images_and_each_overlap_has_its_own():
    """Below 0.6 the overlap is 0.375 in both images, above it is 1 in one of them."""
    curve = BoxCurve(classes=1)
    for peak in (1.0, 0.6):
        curve.add(0, best_overlaps(around(BLOCKS[0], value=0.6, peak=peak), corners(BLOCKS[:1])))
    assert curve.found.max(axis=2).tolist() == [[2, 1, 1]]
    assert curve.scores()["max_box_acc_v2"] == pytest.approx((1 + 0.5 + 0.5) / 3)


def test_the_pooled_score_has_one_threshold_for_all_classes():
    """One class's object is seen below 0.4 alone, and the other's at 0.5 or more from 0.6 on."""
    low = drawn(BLOCKS[0], value=0.4)
    low[200, 200] = 1.0
    curve = BoxCurve(classes=2)
    curve.add(0, best_overlaps(low, corners(BLOCKS[:1])))
    curve.add(1, best_overlaps(around(BLOCKS[0], value=0.6, peak=1.0), corners(BLOCKS[:1])))
    scores = curve.scores()
    assert scores == {"max_box_acc_v2": 1, "max_box_acc_v2_pooled": pytest.approx((1 + 0.5 + 0.5) / 3)}


def test_an_overlap_at_its_bound_is_found():
    """A map of the whole image overlaps the left half of it by a half to the pixel, both ends included."""
    heat, half = np.ones((SIDE, SIDE), dtype=np.float32), Box(left=0, top=0, right=SIDE // 2 - 1, bottom=SIDE - 1)
    overlaps = best_overlaps(heat, corners([half]))
    assert overlaps[0] == 0.5
    assert scores_of(heat, [half])["max_box_acc_v2"] == pytest.approx(2 / 3)


def test_without_a_pair_there_is_no_score():
    assert BoxCurve(classes=2).scores() == {"max_box_acc_v2": None, "max_box_acc_v2_pooled": None}
    assert CorLoc(classes=2).score() is None


def test_corloc_is_the_mean_over_classes_of_the_shares_that_are_found():
    corloc = CorLoc(classes=3)
    true = Box(left=0, top=0, right=10, bottom=10)
    half, less = Box(left=0, top=0, right=10, bottom=5), Box(left=0, top=0, right=10, bottom=4.9)
    corloc.add(0, half, [true])
    corloc.add(2, less, [true])
    corloc.add(2, None, [true])
    corloc.add(2, true, [BLOCKS[0], true])
    assert corloc.score() == pytest.approx((1 + 1 / 3) / 2)
