"""Plans: what is loaded, the disk that it takes, and what stands in the way."""

import shutil
from pathlib import Path
from types import SimpleNamespace

import pytest
from benchmark_data import StandIn, coco14, sbd, voc12

from wsss.apps.prepare.benchmarks import COCO14, SBD, VOC12
from wsss.apps.prepare.plan import Plan, in_gb, plan_text, planned, sources_of
from wsss.errors import DataError


@pytest.fixture
def coco(tmp_path: Path) -> StandIn:
    return coco14(tmp_path / "drawn")


def test_the_real_ones_say_their_bytes_their_disk_and_their_licence(tmp_path: Path):
    plan = planned(COCO14, tmp_path)
    assert plan.to_load == 252_872_794 + 6_645_013_297 + 13_510_573_713
    # The last archive lies beside all that is unpacked; the others are gone by then.
    assert plan.disk == 820_000_000 + 6_700_000_000 + 13_510_573_713 + 13_600_000_000
    kept = planned(COCO14, tmp_path, keep=True)
    assert kept.disk == plan.disk + 252_872_794 + 6_645_013_297 + COCO14.made
    text = "\n".join(plan_text(plan))
    assert "to load: 20.4 GB; disk needed: 34.6 GB, free: " in text
    assert "CC BY 4.0" in text
    assert "http://images.cocodataset.org/zips/train2014.zip" in text
    assert list(tmp_path.iterdir()) == []


def test_mirrors_come_first(tmp_path: Path):
    (archive,) = VOC12.archives
    assert sources_of(archive, ["http://mine/", "http://ours"]) == (
        f"http://mine/{archive.name}",
        f"http://ours/{archive.name}",
        *archive.sources,
    )


def test_what_is_loaded_in_part_or_whole_is_not_loaded_again(coco: StandIn, tmp_path: Path):
    first, second, third = coco.benchmark.archives
    (tmp_path / f"{first.name}.part").write_bytes(coco.files[first.name][:100])
    (tmp_path / second.name).write_bytes(coco.files[second.name])
    mine = tmp_path / "train2014 (1).zip"
    mine.write_bytes(coco.files[third.name])
    plan = planned(coco.benchmark, tmp_path, given=[mine])
    assert [need.to_load for need in plan.needs] == [first.size - 100, 0, 0]
    assert [need.file for need in plan.needs] == [None, tmp_path / second.name, mine]


def test_archives_that_are_unpacked_are_not_needed(coco: StandIn, tmp_path: Path):
    shutil.copytree(tmp_path / "drawn/val2014", tmp_path / "coco14/val2014")
    plan = planned(coco.benchmark, tmp_path)
    assert [need.archive.name for need in plan.needs] == ["annotations_trainval2014.zip", "train2014.zip"]


def test_what_is_whole_is_taken_over(tmp_path: Path):
    benchmark = voc12(tmp_path).benchmark
    plan = planned(benchmark, tmp_path)
    assert (plan.state, plan.needs, plan.disk) == ("complete", (), 0)
    assert list(plan_text(plan))[1:] == ["all of it is there already, and is noted in prepared.json"]


def test_what_is_in_the_way_is_refused_before_anything_is_loaded(coco: StandIn, tmp_path: Path):
    kit = voc12(tmp_path)
    home = kit.benchmark.home(tmp_path)
    (home / "JPEGImages/a.png").unlink()
    with pytest.raises(
        DataError, match=r"holds something else than voc12: JPEGImages has 6 files, and 7 are right: move"
    ):
        planned(kit.benchmark, tmp_path)
    (tmp_path / "coco14/train2014").mkdir(parents=True)
    assert len(planned(coco.benchmark, tmp_path).needs) == 3
    (tmp_path / "coco14/train2014/a.jpg").touch()
    with pytest.raises(DataError, match=r"holds something else than coco14: train2014 has 1 files, and 4 are right"):
        planned(coco.benchmark, tmp_path)


def test_sbd_needs_the_devkit(tmp_path: Path):
    with pytest.raises(DataError, match=r"sbd belongs into .*VOC2012, which is not there: prepare voc12 first"):
        planned(SBD, tmp_path)
    home = voc12(tmp_path).benchmark.home(tmp_path)
    assert [need.archive.name for need in planned(sbd().benchmark, tmp_path).needs] == ["benchmark.tgz"]
    (home / "SegmentationClassAug").mkdir()
    (home / "SegmentationClassAug/a.png").touch()
    with pytest.raises(DataError, match="SegmentationClassAug has 1 files, and 7 are right: move it away"):
        planned(sbd().benchmark, tmp_path)


def test_files_that_are_given_are_told_by_their_size(coco: StandIn, tmp_path: Path):
    with pytest.raises(DataError, match=r"--from: .*gone is not a file"):
        planned(coco.benchmark, tmp_path, given=[tmp_path / "gone"])
    (tmp_path / "other").write_bytes(b"other")
    with pytest.raises(DataError, match=r"other has 5 bytes, as none of annotations_trainval2014\.zip of"):
        planned(coco.benchmark, tmp_path, given=[tmp_path / "other"])


def test_a_small_disk_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    plan = planned(VOC12, tmp_path / "not yet there")
    monkeypatch.setattr(shutil, "disk_usage", lambda path: SimpleNamespace(free=plan.disk))
    plan.refuse_small_disk()
    monkeypatch.setattr(shutil, "disk_usage", lambda path: SimpleNamespace(free=plan.disk - 1))
    with pytest.raises(DataError, match=r"voc12: 4\.0 GB of disk are needed in .*not yet there, and 4\.0 GB are free"):
        plan.refuse_small_disk()


def test_sizes_in_words():
    assert [in_gb(size) for size in (0, 999_999, 1_000_000, 2_500_000_000)] == [
        "0 bytes",
        "999,999 bytes",
        "1 MB",
        "2.5 GB",
    ]
    assert Plan(benchmark=VOC12, data=Path(), state="open").to_load == 0
