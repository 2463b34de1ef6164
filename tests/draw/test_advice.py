"""Sentences on an outcome, and every rule of what to do next on both sides of its limit."""

import re
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from pages import text_of

from wsss.draw import advice as advice_module
from wsss.draw.advice import FEW, MOST, PAGE, POOR_MAP, advice, findings
from wsss.draw.outcome import Outcome, Result

CLASSES = ("cat", "dog")


def result(miou: float, *, split: str = "train", counts: Any = None, **scores: Any) -> Result:
    table = {"miou": miou, "iou": {"background": 0.9, "cat": 0.8, "dog": 0.3}, "fp": 0.2, "fn": 0.2, **scores}
    return Result(stage="stage", split=split, scores=table, counts=None if counts is None else np.array(counts))


GOOD = Outcome(
    classes=CLASSES,
    raw=result(0.5),
    masks=result(0.7),
    trained=result(0.68),
    unseen=result(0.65, split="val"),
    map=0.9,
    images={"cat": 100, "dog": 50},
)


def symptoms(outcome: Outcome) -> list[str]:
    return [each.symptom for each in advice(outcome)]


def test_a_good_run_needs_no_advice():
    assert findings(GOOD) == (
        "The masks reach 70.0 % mIoU on train, where the raw maps reach 50.0 % at their best threshold, an oracle.",
        "The trained network reaches 65.0 % mIoU on val.",
        "The weakest class is dog, with an IoU of 30.0 % on val.",
    )
    assert advice(GOOD) == ()


def test_what_the_training_said_of_its_network_is_not_told_twice():
    lost = replace(GOOD, trained=result(0.2), unseen=result(0.2, split="val"))
    assert "Network that learnt little" in symptoms(lost)
    assert "Network that learnt little" not in [each.symptom for each in advice(lost, warned=True)]


def test_the_weakest_class_is_said_with_what_it_was_taken_for():
    counts = [[9, 0, 0], [0, 9, 0], [1, 3, 6]]
    words = findings(replace(GOOD, unseen=result(0.65, split="val", counts=counts)))[-1]
    assert words == "The weakest class is dog, with an IoU of 30.0 % on val: 30.0 % of its pixels are taken for cat."


def test_without_truth_there_is_a_sentence_and_no_advice():
    nothing = Outcome(classes=CLASSES, images={"cat": 1, "dog": 1})
    (words,) = findings(nothing)
    assert "No image has a true mask" in words
    assert advice(nothing) == ()


@pytest.mark.parametrize(
    ("outcome", "words"),
    [
        (Outcome(classes=CLASSES, raw=result(0.5)), "The raw maps reach 50.0 % mIoU on train."),
        (Outcome(classes=CLASSES, masks=result(0.5)), "The masks reach 50.0 % mIoU on train."),
        (Outcome(classes=CLASSES, trained=result(0.5)), "The trained network reaches 50.0 % mIoU on train."),
    ],
)
def test_what_was_not_made_is_not_spoken_of(outcome: Outcome, words: str):
    assert findings(outcome)[0] == words


CONFUSED = [[90, 0, 0], [0, 79, 21], [0, 0, 9]]


@pytest.mark.parametrize(
    ("change", "symptom", "words"),
    [
        ({"map": POOR_MAP - 0.01}, "Poor classifier", "mAP 69.0 %"),
        ({"masks": result(0.47)}, "Blobs", "lose 3.0 points"),
        ({"trained": result(0.4), "unseen": None}, "Network that learnt little", "reaches 40.0 %"),
        ({"unseen": result(0.65, counts=CONFUSED)}, "Confused classes", "21.0 % of cat is taken for dog"),
        ({"unseen": result(0.65, fp=0.5, fn=0.2)}, "Whole images", "more than the objects"),
        ({"unseen": result(0.65, fp=0.2, fn=0.5)}, "Thin parts", "miss parts"),
        ({"unseen": result(0.65, fp=0.0, fn=1.0)}, "Thin parts", "miss parts"),
        ({"images": {"cat": 100, "dog": FEW - 1}}, "Few images", "1 of 2 classes have fewer than 20 images, dog 19"),
        ({"unseen": result(0.5)}, "Few images", "loses 18.0 points"),
    ],
)
def test_each_symptom_has_its_advice(change: dict[str, Any], symptom: str, words: str):
    (found,) = advice(replace(GOOD, **change))
    assert found.symptom == symptom
    assert words in found.words


@pytest.mark.parametrize(
    "change",
    [
        {"map": POOR_MAP},
        {"map": None},
        {"masks": result(0.49), "trained": result(0.48), "unseen": result(0.47)},
        {"trained": result(0.5), "unseen": result(0.4)},
        {"unseen": result(0.65, counts=[[90, 0, 0], [0, 81, 19], [0, 0, 9]])},
        {"unseen": result(0.65, fp=0.4, fn=0.2)},
        {"unseen": result(0.65, fp=0.1, fn=0.29)},
        {"unseen": result(0.65, fp=None, fn=None)},
        {"images": {"cat": 100, "dog": FEW}},
    ],
)
def test_on_the_other_side_of_a_limit_there_is_none(change: dict[str, Any]):
    assert symptoms(replace(GOOD, **change)) == []


def test_every_symptom_is_a_section_of_the_page():
    sections = set(re.findall(r"(?m)^## (.+)$", text_of(PAGE)))
    code = Path(advice_module.__file__).read_text(encoding="utf-8")
    named = set(re.findall(r'symptom="([^"]+)"', code))
    assert len(named) == 7
    assert named <= sections


def test_the_most_promising_comes_first_and_the_rest_is_left_out():
    outcome = Outcome(
        classes=CLASSES,
        raw=result(0.5),
        masks=result(0.4),
        trained=result(0.2),
        unseen=result(0.1, counts=CONFUSED, fp=0.9, fn=0.1),
        map=0.3,
        images={"cat": 1, "dog": 1},
    )
    assert symptoms(outcome) == ["Poor classifier", "Blobs", "Network that learnt little"]
    assert len(symptoms(outcome)) == MOST
