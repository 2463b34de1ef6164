"""The audit of a run: its classifier's answers stand beside its images, whatever their order."""

import sys
from pathlib import Path

import numpy as np
import pytest
from toy_runs import Run

from wsss.apps.audit.of_run import audit_run, summarised
from wsss.errors import StoreError
from wsss.run.record import read_record
from wsss.store.files import read_scores
from wsss.store.jobs import read_job_of
from wsss.store.logits import read_logits


@pytest.fixture(scope="module")
def copy(toy_run: Run, tmp_path_factory: pytest.TempPathFactory) -> Run:
    return toy_run.copied(tmp_path_factory.mktemp("audited run"))


def test_a_run_s_answers_stand_beside_its_images(toy_run: Run, copy: Run):
    record = read_record(toy_run.out, store=copy.store)
    audited, dynamics = audit_run(record, device="cpu")
    logits = read_logits(record.artifact("train_classifier"))
    assert logits is not None
    train = audited.index.splits["train"]
    rows = [k for k, each in enumerate(audited.embedded.records) if each.id in train]
    expected = 1 / (1 + np.exp(-logits.train[0].astype(float)))
    np.testing.assert_allclose(dynamics.early[rows], expected)
    assert (dynamics.variability[rows] == 0).all()  # of one epoch
    place = {each.id: number for number, each in enumerate(audited.embedded.records)}
    one = next(each for each in audited.index.split("train") if each.classes)
    items = record.artifact("extract_cams").items
    peaks = {i: read_scores(Path(items, f"{i}.npz")) for i in train}
    cls = one.classes[0]
    all_of_it = [float(m.peaks[m.classes.index(cls)]) for m in peaks.values() if cls in m.classes]  # type: ignore[index]
    own = float(peaks[one.id].peaks[0]) / np.median(all_of_it)  # type: ignore[index]
    assert dynamics.heights[place[one.id], cls] == pytest.approx(own, rel=1e-5)
    assert np.isnan(dynamics.heights[~audited.shown]).all()
    medians = np.array([np.nanmedian(column) for column in dynamics.heights.T if not np.isnan(column).all()])
    assert medians == pytest.approx(1)


def test_early_answers_are_those_of_the_first_epochs():
    early, variability = summarised(np.stack([np.full((3, 4), logit, dtype=np.float16) for logit in (0, 3)]))
    assert early == pytest.approx(0.5)
    assert variability == pytest.approx((1 / (1 + np.exp(-3)) - 0.5) / 2)


def test_a_record_imports_nothing_of_others_for_its_data(copy: Run, toy_run: Run, monkeypatch: pytest.MonkeyPatch):
    record = read_record(toy_run.out, store=copy.store)
    job = read_job_of(record.artifact("index_data"))
    foreign = job.model_copy(update={"config": {**job.config, "dataset": {"_target_": "antigravity.X"}}})
    monkeypatch.setattr("wsss.run.record.read_job_of", lambda _: foreign)
    with pytest.raises(StoreError, match=r"stage\.yaml names 'antigravity\.X', which is not imported for a record"):
        audit_run(record, device="cpu")
    assert "antigravity" not in sys.modules


def test_epochs_that_left_an_image_out_do_not_count():
    logits = np.array([[[0.0, np.nan]], [[np.log(3), np.nan]], [[-1e4, np.nan]], [[1e4, np.nan]]], dtype=np.float16)
    early, variability = summarised(logits)
    np.testing.assert_allclose(early, [[(0.5 + 0.75) / 2, np.nan]], rtol=1e-3)
    np.testing.assert_allclose(variability, [[np.std([0.5, 0.75, 0, 1]), np.nan]], rtol=1e-3)
