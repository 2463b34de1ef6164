"""Slices of a run's errors."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from debugged import Looked, drawn, looked_at, subject

from wsss.apps.debug import slices as module
from wsss.apps.debug.slices import slices, tag_errors
from wsss.draw.findings import worst_first


@pytest.fixture(scope="module")
def darkened(tmp_path_factory: pytest.TempPathFactory) -> Looked:
    """A quarter of the images of val are dark: the network, which sees colours, fails on them."""
    given = subject(drawn(tmp_path_factory.mktemp("dark") / "data", dark=(0, 4, 8)))
    return Looked(given, looked_at(given))


def test_the_dark_images_are_the_first_slice_by_name_and_by_embedding(darkened: Looked):
    found = worst_first(slices(darkened.subject, darkened.survey, split="val").findings)
    named = next(finding for finding in found if "look alike" not in finding.sentence)
    group = next(finding for finding in found if "look alike" in finding.sentence)
    dark = {record.id for record in darkened.survey.records if record.id[-2:] in ("00", "04", "08")}
    assert "dark" in named.sentence
    for finding in (named, group):
        assert len(dark & set(finding.images[:10])) >= 8


def test_shuffled_errors_have_hardly_a_slice(darkened: Looked):
    looked, sentences = darkened.survey, []
    for seed in range(4):
        order = np.random.default_rng(seed).permutation(len(looked.records))
        mixed = replace(looked, light=looked.light[order], embeddings=looked.embeddings[order])
        sentences += [f.sentence for f in slices(darkened.subject, mixed, split="val").findings]
    assert sum("dark" in sentence or "alike" in sentence for sentence in sentences) <= 1


def test_without_masks_the_classifier_is_judged(plain: Looked):
    errors = tag_errors(plain.survey, split="val")
    p = plain.survey.probabilities[0].astype(np.float64)
    tags = plain.survey.tags[0]
    by_hand = -np.mean([np.log(p[c] if tags[c] else 1 - p[c]) for c in range(3)])
    assert errors.values[0] == pytest.approx(by_hand, rel=1e-3)
    assert "cross entropy" in slices(plain.subject, plain.survey, split="val").part.sentence


def test_images_own_iou_is_taken_where_masks_were_scored(
    plain: Looked, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
):
    ids = [plain.survey.records[place].id for place in plain.survey.of(["val"])]
    ious: dict[str, float | None] = dict.fromkeys(ids, 0.8) | {ids[0]: 0.1, ids[1]: None}

    class Evaluation:
        def table(self, name: str, of: object) -> dict[str, object]:
            return {"make_masks": {"train": {}}, "predict_masks": {"val": ious}}

    monkeypatch.setattr(module.Subject, "evaluation", lambda self: Evaluation())
    errors = module.mask_errors(plain.subject, plain.survey, split="val")
    assert errors is not None
    assert errors.words == "1 - IoU of predict_masks"
    assert len(errors.places) == len(ids) - 1
    assert errors.values[0] == pytest.approx(0.9)
    assert module.mask_errors(plain.subject, plain.survey, split="test") is None
