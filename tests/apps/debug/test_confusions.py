"""Confusions, and what lies under them."""

from dataclasses import replace

import numpy as np
import pytest
import torch
from debugged import CLASSES, Looked

from wsss.apps.debug.confusions import confusions, covering, under_peak


@pytest.fixture(scope="module")
def mistagged(plain: Looked) -> Looked:
    """Six images of val that show green are tagged as blue."""
    tags = plain.survey.tags.copy()
    wrong = [place for place in plain.survey.of(["val"]).tolist() if tags[place, 1]][:6]
    tags[wrong, 1], tags[wrong, 2] = False, True
    records = list(plain.survey.records)
    for place in wrong:
        records[place] = replace(records[place], classes=(2,))
    return Looked(plain.subject, replace(plain.survey, tags=tags, records=tuple(records)))


def test_wrong_answers_lie_on_what_their_masks_show(mistagged: Looked):
    result = confusions(*mistagged, split="val")
    said = next(f for f in result.findings if f.subject == "green")
    assert said.numbers == {"said": 6.0, "right": 6.0}
    assert "6 do show it in their mask, so that the tag is missing" in said.sentence
    assert len(said.sheets[0].rows) == 6


def test_missed_objects_are_counted(mistagged: Looked):
    result = confusions(*mistagged, split="val")
    answers = {row[0]: row[1:] for row in result.part.tables[0].rows}
    assert answers == {"green": (6, 6, 0), "blue": (0, 12, 6), "red": (0, 12, 0)}
    assert result.measure is not None
    assert result.measure.value == pytest.approx(6 / 36)


def test_sound_tags_have_no_finding(plain: Looked):
    result = confusions(*plain, split="val")
    assert result.findings == ()
    assert result.measure is not None
    assert result.measure.value == 0


def test_the_label_under_the_peak():
    heat = torch.zeros(4, 6)
    heat[1, 4] = 1
    labels = np.zeros((8, 12), dtype=np.uint8)
    labels[2:4, 8:10] = 3
    assert under_peak(heat, labels, CLASSES) == "blue"
    labels[2:4, 8:10] = 255
    assert under_peak(heat, labels, CLASSES) == "nothing"
    assert under_peak(heat.flip(0), labels, CLASSES) == "background"


def test_the_map_that_covers_an_object():
    region = torch.zeros(4, 4)
    region[:2] = 1
    half, little = torch.zeros(4, 4), torch.zeros(4, 4)
    half[:2, :2] = 1
    little[0, 0] = 1
    assert covering(region, {"little": little, "half": half}) == "half"
    assert covering(region, {"little": little}) == "nothing"
    assert covering(region, {}) == "nothing"
