"""Fingerprints: what changes a result changes them, and nothing else does."""

import os
import re
from pathlib import Path
from typing import Any

import pytest

from wsss.errors import DataError
from wsss.store import fingerprint as module
from wsss.store.fingerprint import LENGTH, Digests, fingerprint

CONFIG: dict[str, Any] = {
    "_target_": "wsss.stages.refine_cams.RefineCams",
    "reads": {"maps": "extract_cams"},
    "dataset": {"_target_": "Folder", "root": "/data", "limit": None},
    "refine": {"background": {"_target_": "A", "threshold": 0.3}, "crf": {"_target_": "B"}},
    "scales": [1.0, 0.5],
    "runtime": {"device": "cpu", "workers": 2},
}


def of(config: dict[str, Any] = CONFIG, **changes: Any) -> str:
    options: dict[str, Any] = {"version": 1, "content": {"dataset.root": "aa"}, "inputs": {"maps": "11"}, **changes}
    return fingerprint(options.pop("stage", "refine_cams"), config=config, **options)


def test_is_short_and_the_same_in_every_release():
    assert re.fullmatch(f"[0-9a-f]{{{LENGTH}}}", of())
    # A change here makes every store of every user anew: raise it only on purpose.
    assert fingerprint("a", version=1, config={}, content={}, inputs={}) == "906a30607dec85ca"


@pytest.mark.parametrize(
    "config",
    [
        CONFIG | {"runtime": {"device": "cuda"}},
        CONFIG | {"dataset": CONFIG["dataset"] | {"root": "/elsewhere"}},
        dict(reversed(CONFIG.items())),
        CONFIG | {"refine": CONFIG["refine"] | {"background": {"threshold": 0.3, "_target_": "A"}}},
        CONFIG | {"scales": (1.0, 0.5)},
        CONFIG | {"dataset": CONFIG["dataset"] | {"runtime": 3}},
    ],
    ids=["runtime", "where the data lie", "order of fields", "order of an inner object's", "tuple", "inner runtime"],
)
def test_what_changes_no_result_does_not_count(config: dict[str, Any]):
    assert of(config) == of()


@pytest.mark.parametrize(
    "changes",
    [
        {"stage": "smooth_cams"},
        {"version": 2},
        {"content": {"dataset.root": "bb"}},
        {"inputs": {"maps": "22"}},
        {"inputs": {"maps": "11", "index": "33"}},
        {"config": CONFIG | {"refine": dict(reversed(CONFIG["refine"].items()))}},
        {"config": CONFIG | {"scales": [0.5, 1.0]}},
        {"config": CONFIG | {"scales": [1.0, 0.5, None]}},
        {"config": CONFIG | {"dataset": CONFIG["dataset"] | {"limit": 8}}},
        {"config": CONFIG | {"dataset": CONFIG["dataset"] | {"_target_": "VOC"}}},
    ],
    ids=["stage", "version", "content", "input", "one more input", "refiners", "list", "longer", "option", "class"],
)
def test_what_changes_a_result_counts(changes: dict[str, Any]):
    assert of(**changes) != of()


def test_a_path_counts_where_its_content_is_not_known():
    moved = CONFIG | {"dataset": CONFIG["dataset"] | {"root": "/elsewhere"}}
    assert of(moved, content={}) != of(content={})


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "data" / "sub").mkdir(parents=True)
    (tmp_path / "data" / "a.txt").write_text("one")
    (tmp_path / "data" / "sub" / "b.txt").write_text("two")
    return tmp_path / "data"


def digest(*sources: Path) -> str:
    return Digests(Path("none.json")).of(sources)


def test_digests_follow_the_content_and_neither_time_nor_place(folder: Path, tmp_path: Path):
    before = digest(folder)
    os.utime(folder / "a.txt", (0, 0))
    assert digest(folder) == before
    moved = folder.rename(tmp_path / "moved")
    assert digest(moved) == before
    (moved / ".hidden").touch()
    (moved / ".git").mkdir()
    (moved / ".git" / "index").touch()
    assert digest(moved) == before
    (tmp_path / "link").symlink_to(moved)
    assert digest(tmp_path / "link") == before


@pytest.mark.parametrize("change", ["byte", "name", "place", "more", "less"])
def test_digests_notice_every_change(folder: Path, change: str):
    before = digest(folder)
    match change:
        case "byte":
            (folder / "a.txt").write_text("One")
        case "name":
            (folder / "a.txt").rename(folder / "c.txt")
        case "place":
            (folder / "a.txt").rename(folder / "sub" / "a.txt")
        case "more":
            (folder / "empty").touch()
        case _:
            (folder / "a.txt").unlink()
    assert digest(folder) != before


def test_a_file_that_moves_between_sources_is_noticed(tmp_path: Path):
    images, masks = tmp_path / "images", tmp_path / "masks"
    images.mkdir()
    masks.mkdir()
    (images / "a.png").write_text("a")
    (images / "b.png").write_text("b")
    before = digest(images, masks)
    (images / "b.png").rename(masks / "b.png")
    assert digest(images, masks) != before
    assert digest(masks, images) != digest(images, masks)


def test_the_name_of_a_single_file_does_not_count(tmp_path: Path):
    (tmp_path / "weights.pt").write_text("w")
    before = digest(tmp_path / "weights.pt")
    assert digest((tmp_path / "weights.pt").rename(tmp_path / "resnet.pt")) == before


def test_files_are_read_again_only_when_size_or_time_changed(folder: Path, tmp_path: Path, monkeypatch: Any):
    read: list[str] = []
    whole = module.hashlib.file_digest

    def counting(file: Any, name: str) -> Any:
        read.append(Path(file.name).name)
        return whole(file, name)

    monkeypatch.setattr(module.hashlib, "file_digest", counting)
    cache = tmp_path / "store" / "digests.json"

    def now() -> str:
        digests = Digests(cache)
        found = digests.of([folder])
        digests.save()
        return found

    before = now()
    assert read == ["a.txt", "b.txt"]
    assert now() == before
    assert read == ["a.txt", "b.txt"]
    stat = (folder / "a.txt").stat()
    (folder / "a.txt").write_text("eno")
    os.utime(folder / "a.txt", ns=(stat.st_atime_ns, stat.st_mtime_ns + 1))
    assert now() != before
    assert read == ["a.txt", "b.txt", "a.txt"]


def test_a_source_that_is_not_there_is_named(tmp_path: Path):
    with pytest.raises(DataError, match=r"nowhere does not exist: check `dataset\.root`"):
        digest(tmp_path / "nowhere")


def test_what_was_read_and_is_as_it_was_is_known(folder: Path, tmp_path: Path):
    cache = tmp_path / "store" / "digests.json"
    assert not Digests(cache).know([folder])
    assert Digests(cache).know([])
    assert not Digests(cache).know([tmp_path / "nowhere"])
    digests = Digests(cache)
    digests.of([folder])
    digests.save()
    assert Digests(cache).know([folder, folder / "a.txt"])
    (folder / "c.txt").write_text("new")
    assert not Digests(cache).know([folder])


def test_files_that_changed_since_they_were_read_are_named(folder: Path, tmp_path: Path):
    cache = tmp_path / "store" / "digests.json"

    def changed() -> list[Path]:
        digests = Digests(cache)
        digests.of([folder])
        digests.save()
        return digests.changed

    assert changed() == []  # read for the first time
    assert changed() == []
    (folder.parent / "dat").mkdir()
    (folder.parent / "dat" / "new.txt").touch()
    beside = Digests(cache)
    beside.of([folder.parent / "dat"])
    assert beside.changed == []
    os.utime(folder / "a.txt", (0, 0))
    assert changed() == []
    (folder / "a.txt").write_text("longer")
    (folder / "sub" / "b.txt").unlink()
    (folder / "c.txt").write_text("new")
    assert changed() == [folder / name for name in ("a.txt", "c.txt", "sub/b.txt")]
    assert changed() == []
