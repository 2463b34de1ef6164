"""Benchmarks prepared from a server on the loopback, with everything that may go wrong on the way."""

import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from importlib import import_module
from pathlib import Path
from types import SimpleNamespace

import pytest
from benchmark_data import StandIn, as_archive, coco14, files_of, sbd, tar_of, voc12
from download_server import serving
from filelock import FileLock

from wsss.apps.prepare import download
from wsss.apps.prepare.benchmark import hash_of
from wsss.apps.prepare.plan import planned
from wsss.apps.prepare.preparing import prepare
from wsss.apps.prepare.record import recorded
from wsss.errors import DataError

MODULE = import_module("wsss.apps.prepare.preparing")


@contextmanager
def quiet(title: str, total: int, unit: str) -> Iterator[Callable[[int], object]]:
    yield lambda count: None


@pytest.fixture(autouse=True)
def soon(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(download.time, "sleep", lambda seconds: None)


def prepared(
    stand_in: StandIn, data: Path, *, given: tuple[Path, ...] = (), keep: bool = False, **options: object
) -> list[str]:
    """Prepare from a server, and return the paths that it was asked for."""
    with serving(files=dict(stand_in.files), **options) as server:
        prepare(planned(stand_in.benchmark, data, given=given, keep=keep), watch=quiet, mirrors=[server.address])
        return [path.lstrip("/") for path, _ in server.asked]


def seen(data: Path) -> dict[str, bytes]:
    """All files that are not hidden."""
    return {name: content for name, content in files_of(data).items() if not name.startswith(".")}


def test_a_devkit_and_sbd_s_masks_in_it(tmp_path: Path):
    kit, data = voc12(tmp_path / "drawn"), tmp_path / "data"
    assert prepared(kit, data) == ["VOCtrainval_11-May-2012.tar"]
    wanted = files_of(tmp_path / "drawn")
    made = seen(data)
    assert {name: made[name] for name in wanted} == wanted
    assert made.keys() - wanted.keys() == {"VOCdevkit/VOC2012/prepared.json"}
    assert prepared(sbd(), data) == ["benchmark.tgz"]
    home = data / "VOCdevkit/VOC2012"
    assert sorted(path.stem for path in (home / "SegmentationClassAug").iterdir()) == list("abcdefg")
    assert (home / "ImageSets/Segmentation/train_aug.txt").read_text() == "a\nb\nc\nf\ng\n"
    assert set(recorded(home)) == {"voc12", "sbd"}


def test_coco_of_three_archives(tmp_path: Path):
    stand_in, data = coco14(tmp_path / "drawn"), tmp_path / "data"
    assert len(prepared(stand_in, data)) == 3
    wanted = {f"coco14/{name}": content for name, content in files_of(tmp_path / "drawn").items()}
    made = seen(data)
    assert {name: made[name] for name in wanted} == wanted
    assert made.keys() - wanted.keys() == {"coco14/prepared.json", "coco14/lists/train.txt", "coco14/lists/val.txt"}
    assert hash_of(made["coco14/lists/val.txt"].decode().split()) == stand_in.benchmark.lists["lists/val.txt"]


def test_a_second_call_does_nothing(tmp_path: Path):
    stand_in, data = coco14(tmp_path / "drawn"), tmp_path / "data"
    prepared(stand_in, data)
    before = {path: path.stat().st_mtime_ns for path in data.rglob("*") if ".lock" not in path.name}
    assert planned(stand_in.benchmark, data).state == "prepared"
    assert prepared(stand_in, data) == []
    assert {path: path.stat().st_mtime_ns for path in data.rglob("*") if ".lock" not in path.name} == before


def test_loaded_archives_are_deleted_unless_they_are_kept(tmp_path: Path):
    kit = voc12(tmp_path / "drawn")
    prepared(kit, tmp_path / "data")
    prepared(kit, tmp_path / "kept", keep=True)
    assert not (tmp_path / "data" / kit.benchmark.archives[0].name).exists()
    assert (tmp_path / "kept" / kit.benchmark.archives[0].name).exists()


def test_a_file_of_one_s_own_is_checked_used_and_left_alone(tmp_path: Path):
    kit, data = voc12(tmp_path / "drawn"), tmp_path / "data"
    mine = tmp_path / "VOC (1).tar"
    mine.write_bytes(next(iter(kit.files.values())))
    assert prepared(kit, data, given=(mine,)) == []
    assert mine.exists()
    assert recorded(kit.benchmark.home(data))["voc12"].archives == {kit.benchmark.archives[0].name: str(mine)}


def test_a_file_of_one_s_own_that_is_another_is_refused(tmp_path: Path):
    kit, data = voc12(tmp_path / "drawn"), tmp_path / "data"
    mine = tmp_path / "mine.tar"
    mine.write_bytes(next(iter(kit.files.values()))[::-1])
    with pytest.raises(DataError, match=r"mine\.tar is not VOCtrainval_11-May-2012\.tar, though as large"):
        prepared(kit, data, given=(mine,))
    assert mine.exists()
    assert seen(data) == {}


def test_a_torn_connection_and_a_server_without_ranges(tmp_path: Path):
    kit = voc12(tmp_path / "drawn")
    for name, ranges in (("with", True), ("without", False)):
        asked = prepared(kit, tmp_path / name, drops=[2_000], ranges=ranges)
        assert len(asked) == 2
        assert planned(kit.benchmark, tmp_path / name).state == "prepared"


@pytest.mark.parametrize("options", [{"status": 404}, {"html": True}, {"drops": [0] * 20}])
def test_a_server_that_gives_nothing_leaves_nothing(options: dict[str, object], tmp_path: Path):
    kit, data = voc12(tmp_path / "drawn"), tmp_path / "data"
    with pytest.raises(DataError, match=r"cannot be loaded"):
        prepared(kit, data, **options)
    assert seen(data) == {}
    assert len(prepared(kit, data)) == 1


def test_a_server_that_lies_leaves_nothing(tmp_path: Path):
    kit, data = voc12(tmp_path / "drawn"), tmp_path / "data"
    lying = replace(kit, files={name: content[::-1] for name, content in kit.files.items()})
    with pytest.raises(DataError, match="gave another file, which was deleted"):
        prepared(lying, data)
    assert seen(data) == {}


def test_a_disk_that_is_too_small_is_refused_before_anything_is_loaded(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    kit, data = voc12(tmp_path / "drawn"), tmp_path / "data"
    monkeypatch.setattr(shutil, "disk_usage", lambda path: SimpleNamespace(free=1000))
    with (
        serving(files=dict(kit.files)) as server,
        pytest.raises(DataError, match=r"of disk are needed in .*, and 1,000 bytes are free"),
    ):
        prepare(planned(kit.benchmark, data), watch=quiet, mirrors=[server.address])
    assert server.asked == []
    assert seen(data) == {}


@pytest.mark.parametrize("step", ["download", "unpack", "_rename", "_derive", "record"])
@pytest.mark.parametrize("after", [False, True])
def test_a_ctrl_c_anywhere_leaves_what_the_next_call_completes(
    step: str, after: bool, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    stand_in, data = coco14(tmp_path / "drawn"), tmp_path / "data"
    real = getattr(MODULE, step)
    calls = []

    def interrupted(*args: object, **kwargs: object) -> object:
        calls.append(step)
        if not after and len(calls) == 2:
            raise KeyboardInterrupt
        made = real(*args, **kwargs)
        if after or step in ("_derive", "record"):
            raise KeyboardInterrupt
        return made

    with monkeypatch.context() as patched:
        patched.setattr(MODULE, step, interrupted)
        with pytest.raises(KeyboardInterrupt):
            prepared(stand_in, data)
    assert not (data / ".coco14.preparing").exists()
    prepared(stand_in, data)
    assert planned(stand_in.benchmark, data).state == "prepared"
    wanted = {f"coco14/{name}" for name in files_of(tmp_path / "drawn")}
    left = seen(data).keys() - wanted
    archives = {each.name for each in stand_in.benchmark.archives}
    assert left - archives == {"coco14/prepared.json", "coco14/lists/train.txt", "coco14/lists/val.txt"}


def test_what_a_killed_call_left_is_cleared_away(tmp_path: Path):
    kit, data = voc12(tmp_path / "drawn"), tmp_path / "data"
    (data / ".voc12.preparing/VOCdevkit/VOC2012/JPEGImages").mkdir(parents=True)
    (data / ".voc12.preparing/VOCdevkit/VOC2012/JPEGImages/torn.jpg").touch()
    prepared(kit, data)
    assert not any("torn" in name for name in files_of(data))


def test_two_calls_at_once_are_refused(tmp_path: Path):
    kit = voc12(tmp_path / "drawn")
    (tmp_path / "data").mkdir()
    with (
        FileLock(tmp_path / "data/.voc12.lock"),
        pytest.raises(DataError, match="another `wsss data prepare voc12` is at work in"),
    ):
        prepared(kit, tmp_path / "data")


def test_a_list_that_is_not_that_of_the_papers_is_not_put_there(tmp_path: Path):
    prepared(voc12(tmp_path / "drawn"), tmp_path / "data")
    other = sbd()
    name = next(iter(other.benchmark.lists))
    other = replace(other, benchmark=replace(other.benchmark, lists={name: hash_of(["a"])}))
    with pytest.raises(
        DataError, match=r"train_aug\.txt is not the list of the papers: it has 5 images, and 1 are right"
    ):
        prepared(other, tmp_path / "data")
    home = tmp_path / "data/VOCdevkit/VOC2012"
    assert not (home / "SegmentationClassAug").exists()
    assert not (home / name).exists()


def test_an_archive_with_too_few_files_is_told(tmp_path: Path):
    kit = voc12(tmp_path / "drawn")
    (archive,) = kit.benchmark.archives
    files = {name: content for name, content in files_of(tmp_path / "drawn").items() if not name.endswith("a.png")}
    content = tar_of(files)
    other = StandIn(
        benchmark=replace(kit.benchmark, archives=(as_archive(archive, content),)), files={archive.name: content}
    )
    with pytest.raises(DataError, match="is not complete: JPEGImages has 6 files, and 7 are right"):
        prepared(other, tmp_path / "data")
