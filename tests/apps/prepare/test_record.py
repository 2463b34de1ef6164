"""What a folder holds by its record and by its files."""

from pathlib import Path

import pytest
from benchmark_data import sbd, voc12

from wsss.apps.prepare.record import RECORD, counted, is_there, lacking, record, recorded
from wsss.errors import StoreError


def test_a_record_is_read_back_and_joined(tmp_path: Path):
    first, second = voc12(tmp_path).benchmark, sbd().benchmark
    home = first.home(tmp_path)
    assert recorded(home) == {}
    record(first, home, sources={"a.tar": "http://somewhere"})
    record(second, home, sources={})
    found = recorded(home)
    assert list(found) == ["voc12", "sbd"]
    assert found["voc12"].archives == {"a.tar": "http://somewhere"}
    assert found["voc12"].digests == {each.name: each.digest for each in first.archives}
    assert found["voc12"].counts == counted(first, home) == {"JPEGImages": 7, "Annotations": 7, "SegmentationClass": 5}


@pytest.mark.parametrize("text", ["", "[]", '{"voc12": {}}', "[" * 100_000])
def test_another_file_is_refused(text: str, tmp_path: Path):
    (tmp_path / RECORD).write_text(text)
    with pytest.raises(
        StoreError, match=r"prepared\.json cannot be read .*: delete it, and prepare the benchmark again"
    ):
        recorded(tmp_path)


def test_what_is_lacking_is_told_by_its_place(tmp_path: Path):
    benchmark = voc12(tmp_path).benchmark
    home = benchmark.home(tmp_path)
    assert lacking(benchmark, home) == {}
    (home / "JPEGImages/a.png").unlink()
    (home / "JPEGImages/.hidden").touch()
    assert lacking(benchmark, home) == {"JPEGImages": "JPEGImages has 6 files, and 7 are right"}
    assert "" in lacking(benchmark, tmp_path / "nowhere")
    further = sbd().benchmark
    (home / "ImageSets/Segmentation/train_aug.txt").write_text("a\n")
    assert list(lacking(further, home)) == ["SegmentationClassAug", "ImageSets/Segmentation/train_aug.txt"]


def test_an_empty_folder_is_not_there(tmp_path: Path):
    assert not is_there(tmp_path)
    (tmp_path / "a").touch()
    assert is_there(tmp_path)
    assert is_there(tmp_path / "a")
    assert not is_there(tmp_path / "b")
