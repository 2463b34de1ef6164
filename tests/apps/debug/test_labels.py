"""Labels of a run's data: an audit, and scores without leaking images."""

from pathlib import Path

import numpy as np
import pytest
from toy_runs import Run

from wsss.apps.audit import Audited
from wsss.apps.debug import labels as module
from wsss.apps.debug.labels import audit_of, dynamics, leaking, scores_without, suspect_tags
from wsss.apps.debug.subject import Subject
from wsss.metrics.confusion import SegmentationScores, confusion
from wsss.store.logits import Logits


@pytest.fixture(scope="module")
def opened(toy_run: Run, tmp_path_factory: pytest.TempPathFactory) -> Subject:
    copy = toy_run.copied(tmp_path_factory.mktemp("labels"))
    copy.again()
    return Subject.of(copy.out, device="cpu", side=64)


@pytest.fixture(scope="module")
def audited(opened: Subject) -> Audited:
    assert opened.record is not None
    return audit_of(opened.record)


def test_scores_without_some_images_are_those_of_the_others(opened: Subject):
    gone, *rest = opened.index.splits["val"]
    total = np.zeros((5, 5), dtype=np.int64)
    for name in rest:
        record = opened.index.records[name]
        total += confusion(opened.truth(record), opened.own(record, split="val"), labels=5)
    before, after = scores_without(opened, [gone], split="val")["predict_masks"]
    assert after == pytest.approx(SegmentationScores.of(total).miou)
    assert scores_without(opened, [], split="val")["predict_masks"] == pytest.approx((before, before))


def test_a_leak_is_a_finding_with_both_scores(opened: Subject, audited: Audited, monkeypatch: pytest.MonkeyPatch):
    val = opened.index.splits["val"][0]
    place = [record.id for record in audited.embedded.records].index(val)
    monkeypatch.setattr(module, "leaks", lambda *_, **__: {place})
    result = leaking(opened, audited)
    (finding,) = result.findings
    assert finding.images == (val,)
    assert "Without them the mIoU of predict_masks is" in finding.sentence
    monkeypatch.setattr(module, "leaks", lambda *_, **__: set())
    assert leaking(opened, audited).findings == ()


def test_early_answers_are_those_of_the_first_epochs(
    opened: Subject, audited: Audited, monkeypatch: pytest.MonkeyPatch
):
    sizes = {split: len(opened.index.splits[split]) for split in ("train", "val")}
    epochs = {s: np.stack([np.full((n, 4), v, dtype=np.float16) for v in (0, 3)]) for s, n in sizes.items()}
    monkeypatch.setattr(module, "read_logits", lambda _: Logits(**epochs))
    found = dynamics(opened, audited)
    assert found is not None
    assert found.early == pytest.approx(0.5)
    assert found.variability == pytest.approx((1 / (1 + np.exp(-3)) - 0.5) / 2)


def test_heights_are_over_the_median_of_the_class(opened: Subject, audited: Audited):
    found = module.heights(opened, audited.embedded.records)
    medians = np.array([np.nanmedian(column) for column in found.T if not np.isnan(column).all()])
    assert medians == pytest.approx(1)


def test_tags_are_audited_with_the_run_beside(opened: Subject, audited: Audited):
    result = suspect_tags(opened, audited)
    assert result.part.kind == "tags"
    assert result.measure is not None
    assert "early p" in result.part.tables[0].columns


def test_a_second_audit_is_read(opened: Subject, audited: Audited, tmp_path: Path):
    assert opened.record is not None
    again = audit_of(opened.record)
    assert {a.fingerprint for a in again.artifacts.values()} == {a.fingerprint for a in audited.artifacts.values()}
