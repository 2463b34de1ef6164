"""The picture of all explanations."""

from typing import Final

import numpy as np
import pytest
from PIL import Image

from wsss.apps.explain.explanation import Explained, Explanation
from wsss.apps.explain.metric import METRICS
from wsss.apps.explain.scoring import Judgement
from wsss.apps.explain.sheet import ACROSS, LEAST, OUTLINE, SIDE, sheet
from wsss.draw.grid import GAP, GOOD_PAPER
from wsss.draw.panels import resized
from wsss.types import Size

SCORES: Final = {metric.key: 0.5 for metric in METRICS}


def explanation(cls: int, method: str, **scores: float) -> Explanation:
    heat = np.zeros((8, 12), dtype=np.float32)
    heat[:, 6:] = 1
    return Explanation(
        cls=cls,
        name=("cat", "dog")[cls],
        method=method,
        probability=0.75,
        heat=heat,
        size=Size(height=80, width=120),
        seconds=0.1,
        judgement=Judgement(scores={**SCORES, **scores}),
    )


def explained(*every: Explanation, left_out: dict[str, str] | None = None) -> Explained:
    return Explained(explanations=every, probabilities={}, left_out=left_out or {})


def drawn(of: Explained, *, size: tuple[int, int] = (80, 120), mask: np.ndarray | None = None) -> np.ndarray:
    return np.asarray(sheet(np.full((*size, 3), 128, np.uint8), of, title="a.jpg", mask=mask))


def count(page: np.ndarray, colour: tuple[int, int, int]) -> int:
    return int((page == colour).all(axis=2).sum())


def test_methods_stand_beside_one_another_and_classes_below():
    one = drawn(explained(explanation(0, "cam")))
    two = drawn(explained(explanation(0, "cam"), explanation(0, "gradcam")))
    four = drawn(explained(*(explanation(cls, name) for cls in (0, 1) for name in ("cam", "gradcam"))))
    assert one.shape[1] == GAP + 2 * (SIDE + GAP)
    assert two.shape[1] == one.shape[1] + SIDE + GAP
    assert abs(two.shape[0] - one.shape[0]) < 40
    assert four.shape[1] == two.shape[1]
    assert four.shape[0] > two.shape[0] + 170


def test_many_methods_take_several_lines():
    few = drawn(explained(*(explanation(0, f"m{place}") for place in range(ACROSS))))
    many = drawn(explained(*(explanation(0, f"m{place}") for place in range(ACROSS + 1))))
    assert many.shape[1] == few.shape[1]
    assert many.shape[0] > few.shape[0] + 170


def test_the_heat_lies_where_the_map_is():
    page = drawn(explained(explanation(0, "cam")))
    rows = slice(100, 200)  # inside of the pictures
    image, heat = page[rows, GAP : GAP + SIDE], page[rows, 2 * GAP + SIDE : 2 * GAP + 2 * SIDE]
    assert (image == 128).all()
    assert heat[:, : SIDE // 2 - 20].max() < 80, "dark where there is none"
    assert heat[:, SIDE // 2 + 20 :].max() > 200, "bright where there is most"


def test_the_best_is_marked_once_a_line():
    same = drawn(explained(explanation(0, "cam"), explanation(0, "gradcam")))
    better = drawn(explained(explanation(0, "cam", insertion=0.9), explanation(0, "gradcam")))
    assert count(same, GOOD_PAPER) == 0
    left = better[:, 2 * GAP + SIDE - 5 : 2 * GAP + 2 * SIDE]
    assert count(left, GOOD_PAPER) == count(better, GOOD_PAPER) > 100


def test_the_mask_of_the_own_class_is_outlined():
    mask = np.zeros((80, 120), dtype=np.uint8)
    mask[20:60, 30:90] = 2
    assert count(drawn(explained(explanation(0, "cam")), mask=mask), OUTLINE) == 0
    assert count(drawn(explained(explanation(1, "cam")), mask=mask), OUTLINE) > 300


def test_what_is_left_out_is_said():
    plain = drawn(explained(explanation(0, "cam")))
    said = drawn(explained(explanation(0, "cam"), left_out={"fgcam": "it knows no layer of this network " * 5}))
    assert said.shape[0] >= plain.shape[0] + 3 * 19, "in as many lines as it needs"


@pytest.mark.parametrize("size", [(1, 1), (1, 900), (900, 2), (3000, 2000)])
def test_images_of_any_shape_have_room_for_words(size: tuple[int, int]):
    page = drawn(explained(explanation(0, "cam")), size=size)
    assert page.shape[1] >= GAP + 2 * (LEAST + GAP)
    assert max(resized(np.zeros((*size, 3), np.uint8), side=SIDE).shape[:2]) == SIDE


def test_without_scores_there_are_only_pictures():
    bare = explanation(0, "cam")
    bare = Explanation(**{**vars(bare), "judgement": Judgement()})
    assert drawn(explained(bare)).shape[0] < drawn(explained(explanation(0, "cam"))).shape[0] - 170


def test_no_word_runs_over_the_edge():
    """A single narrow column leaves the least room."""
    page = drawn(explained(explanation(0, "cam"), left_out={"fgcam": "a long reason " * 9}), size=(900, 2))
    assert (page[:, -3:] == 255).all()


def test_it_can_be_saved():
    assert isinstance(sheet(np.zeros((9, 9, 3), np.uint8), explained(explanation(0, "cam")), title="ü"), Image.Image)
