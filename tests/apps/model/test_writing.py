import zipfile
from pathlib import Path

import pytest
from toy_runs import Run

from wsss.apps.model import write_model
from wsss.apps.model.record import ModelRecord
from wsss.errors import StoreError
from wsss.run.record import read_record


def test_it_holds_the_networks_and_no_name_of_an_image(model_file: Path, toy_run: Run):
    with zipfile.ZipFile(model_file) as archive:
        names = archive.namelist()
        told, text = archive.read("model.json").decode(), archive.read("README.md").decode()
    record, run = ModelRecord.model_validate_json(told), read_record(toy_run.out)
    assert record.classes == run.job("predict_masks").index().classes
    assert sum(name.endswith(".safetensors") for name in names) == 2
    assert [name.split("/")[1] for name in names if name.endswith("/items/features.npz")] == ["train_segmenter"]
    assert {name.split("/")[1] for name in names if "/" in name} == {"train_classifier", "train_segmenter"}
    assert all(image not in told + text for image in run.job("predict_masks").index().records)
    assert str(toy_run.store) not in told + text
    assert f"- {record.classes[0]}\n" in text


def test_the_same_run_gives_the_same_bytes(model_file: Path, toy_run: Run, tmp_path: Path):
    write_model(toy_run.out, tmp_path / "again.wsss")
    assert (tmp_path / "again.wsss").read_bytes() == model_file.read_bytes()


def test_what_is_not_a_run_is_refused(tmp_path: Path):
    with pytest.raises(StoreError, match="is not a run"):
        write_model(tmp_path, tmp_path / "a.wsss")
    assert not (tmp_path / "a.wsss").exists()
