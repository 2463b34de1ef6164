"""Labels of a run's data: an audit, and scores without leaking images."""

from pathlib import Path

import numpy as np
import pytest
from toy_runs import Run

from wsss.apps.audit import Audited, Dynamics, audit_run
from wsss.apps.debug import labels as module
from wsss.apps.debug.labels import leaking, scores_without, suspect_tags
from wsss.apps.debug.subject import Subject
from wsss.metrics.confusion import SegmentationScores, confusion


@pytest.fixture(scope="module")
def opened(toy_run: Run, tmp_path_factory: pytest.TempPathFactory) -> Subject:
    copy = toy_run.copied(tmp_path_factory.mktemp("labels"))
    copy.again()
    return Subject.of(copy.out, device="cpu", side=64)


@pytest.fixture(scope="module")
def both(opened: Subject) -> tuple[Audited, Dynamics]:
    assert opened.record is not None
    return audit_run(opened.record)


@pytest.fixture
def audited(both: tuple[Audited, Dynamics]) -> Audited:
    return both[0]


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


def test_tags_are_audited_with_the_run_beside(opened: Subject, both: tuple[Audited, Dynamics]):
    result = suspect_tags(opened, *both)
    assert result.part.kind == "tags"
    assert result.measure is not None
    assert "early p" in result.part.tables[0].columns


def test_a_second_audit_is_read(opened: Subject, audited: Audited, tmp_path: Path):
    assert opened.record is not None
    again, _ = audit_run(opened.record)
    assert {a.fingerprint for a in again.artifacts.values()} == {a.fingerprint for a in audited.artifacts.values()}
