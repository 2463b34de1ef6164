"""The audit of a run: its classifier's answers stand beside its images, whatever their order."""

from pathlib import Path

import numpy as np
import pytest
from toy_runs import Run

from wsss.apps.audit.of_run import audit_run, summarised
from wsss.run.record import read_record
from wsss.store.files import read_scores
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


def test_epochs_that_left_an_image_out_do_not_count():
    logits = np.array([[[0.0, np.nan]], [[np.log(3), np.nan]], [[-1e4, np.nan]], [[1e4, np.nan]]], dtype=np.float16)
    early, variability = summarised(logits)
    np.testing.assert_allclose(early, [[(0.5 + 0.75) / 2, np.nan]], rtol=1e-3)
    np.testing.assert_allclose(variability, [[np.std([0.5, 0.75, 0, 1]), np.nan]], rtol=1e-3)
