"""A finished run, opened."""

from dataclasses import replace
from pathlib import Path

import pytest
import torch
from debugged import Looked
from toy_runs import Run

from wsss.apps.debug import subject
from wsss.apps.debug.subject import Subject
from wsss.errors import StoreError
from wsss.run.record import read_record
from wsss.store.kinds import RAW_MAPS


def test_a_run_is_opened_with_its_masks_and_scores(toy_run: Run):
    found = Subject.of(toy_run.out, device="cpu", side=64)
    assert (found.train, found.val) == ("train", "val")
    record = found.index.split("val")[0]
    own = found.own(record, split="val")
    assert own is not None
    assert own.shape == (record.size.height, record.size.width)
    assert found.own(record, split="test") is None
    assert found.evaluation() is not None


def test_what_is_no_run_is_refused(tmp_path: Path):
    with pytest.raises(StoreError, match="is not a run"):
        Subject.of(tmp_path, side=64)


def test_a_run_without_maps_is_refused_with_what_can_be_looked_at(toy_run: Run, monkeypatch: pytest.MonkeyPatch):
    whole = read_record(toy_run.out)
    less = replace(whole, makes={name: kind for name, kind in whole.makes.items() if kind != RAW_MAPS.name})
    monkeypatch.setattr(subject, "read_record", lambda *_, **__: less)
    with pytest.raises(StoreError, match=r"no classifier is asked for maps in this run.* --network segmenter`"):
        Subject.of(toy_run.out, device="cpu", side=64)
    assert less.makes
    with pytest.raises(StoreError, match="this run has no stage that makes"):
        less.last(RAW_MAPS)


def test_a_mask_that_was_changed_is_refused(toy_run: Run, tmp_path: Path):
    copy = toy_run.copied(tmp_path)
    copy.again()
    found = Subject.of(copy.out, device="cpu", side=64)
    record = found.index.split("val")[0]
    _, items = found.masks["val"]
    items.place(record).write_bytes(items.place(found.index.split("val")[1]).read_bytes())
    with pytest.raises(StoreError):
        found.own(record, split="val")


def test_objects_are_the_truth_and_the_map_without_a_mask(plain: Looked):
    record = plain.survey.records[0]
    heat = torch.zeros(64, 64)
    heat[3, 4] = 0.9
    found = plain.subject.objects(record, split="val", cls=0, heat=heat)
    assert int(found["run"].sum()) == 1
    assert int(found["truth"].sum()) == 24 * 24
    assert set(plain.subject.objects(record, split="val", cls=2, heat=heat)) == {"run"}
