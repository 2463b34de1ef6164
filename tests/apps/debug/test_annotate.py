"""Images to annotate."""

from inspect import unwrap

import numpy as np
import pytest
import torch
from debugged import Looked

from wsss.apps.debug.annotate import COLUMNS, annotate, entropy, objects_in, scale_disagreement, signs_of
from wsss.types import ScoreMaps, Size


class Predictor:
    """Says the same of every pixel."""

    def __init__(self, *probabilities: float) -> None:
        self.probabilities = probabilities

    def maps(self, images: list[np.ndarray]) -> list[ScoreMaps]:
        height, width = images[0].shape[:2]
        scores = torch.tensor(self.probabilities).reshape(-1, 1, 1).expand(-1, height, width)
        labels = torch.arange(len(self.probabilities))
        return [ScoreMaps(labels=labels, scores=scores, size=Size(height=height, width=width))]


def test_entropy_by_hand(monkeypatch: pytest.MonkeyPatch):
    image = np.zeros((4, 8, 3), dtype=np.uint8)
    asked = unwrap(entropy)
    assert asked(Predictor(0.5, 0.5), image) == pytest.approx(np.log(2))
    assert asked(Predictor(0.1, 0.9), image) == pytest.approx(-0.1 * np.log(0.1) - 0.9 * np.log(0.9))
    assert asked(Predictor(1.0, 0.0), image) == 0


def test_a_choice_has_every_class_and_is_the_first_of_the_table(plain: Looked):
    result = annotate(*plain, split="train", count=5)
    rows = result.part.tables[0].rows
    assert [row[2] for row in rows[:6]] == [1, 2, 3, 4, 5, None]
    assert {row[1] for row in rows[:5]} >= {"red", "green", "blue"}
    assert len(rows) == 48
    assert len(result.part.sheets[0].rows) == 5
    assert result.findings == ()


def test_what_a_run_does_not_tell_is_not_known(plain: Looked):
    signs = signs_of(*plain, split="train")
    known = dict(zip(COLUMNS, (~np.isnan(signs.values)).any(axis=0).tolist(), strict=True))
    assert known == {"entropy": False, "disagreement": False, "band": False, "scales": True}


def test_maps_that_agree_at_two_scales(plain: Looked):
    record = plain.survey.records[0]
    image = plain.subject.index.pixels(record)
    assert 0 <= scale_disagreement(plain.subject.network, image, record=record) < 1
    empty = plain.survey.records[-1]
    assert np.isnan(scale_disagreement(plain.subject.network, image, record=empty))


def test_objects_are_components_of_every_label():
    mask = np.zeros((6, 9), dtype=np.uint8)
    mask[0, 0] = mask[4, 4] = 1
    mask[0, 1] = mask[2, 7] = 2
    mask[5] = 255
    assert objects_in(mask) == 4
    assert objects_in(np.zeros((3, 3), dtype=np.uint8)) == 0


def test_specks_are_not_objects_that_somebody_outlines():
    mask = np.zeros((100, 100), dtype=np.uint8)
    mask[10:40, 10:40] = 1
    mask[60:80:4, 60:80:4] = 1  # 25 pixels apart from each other
    mask[50:52, 50:60] = 2  # 0.2 % of the image
    assert objects_in(mask) == 2
