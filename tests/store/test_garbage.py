"""What lies in a store, what of it is needed, and what is deleted: never what somebody needs."""

import json
import os
import time
from collections.abc import Collection
from pathlib import Path
from threading import Thread

import pytest
from filelock import Timeout
from nested import TOO_DEEP, nested
from toy_runs import freeze

from wsss import paths
from wsss.errors import OutsideError, StoreError
from wsss.store.garbage import STALE, delete, entries, in_use, leftovers, waste
from wsss.store.store import Artifact, Store
from wsss.store.texts import whole
from wsss.store.verify import check

A, B, C, D = ("a" * 16, "b" * 16, "c" * 16, "d" * 16)


def begun(store: Store, fingerprint: str, *, reads: Collection[str] = ()) -> Artifact:
    """An artifact of 7 bytes beside its job."""
    artifact = store.artifact("make_masks", fingerprint)
    artifact.items.mkdir(parents=True)
    (artifact.items / "a.png").write_bytes(b"1234567")
    inputs = {f"role {i}": store.artifact("extract_cams", name) for i, name in enumerate(reads)}
    freeze(artifact, command="wsss run", **inputs)
    return artifact


def finished(store: Store, fingerprint: str, *, reads: Collection[str] = ()) -> Artifact:
    artifact = begun(store, fingerprint, reads=reads)
    artifact.complete(
        kind="masks", inputs={f"role {i}": name for i, name in enumerate(reads)}, seconds=1.0, threads=1, summary={}
    )
    return artifact


@pytest.fixture
def store(tmp_path: Path) -> Store:
    return Store(root=tmp_path)


def states(store: Store) -> dict[str, str]:
    return {entry.artifact.fingerprint: entry.state for entry in entries(store)}


def test_every_artifact_is_listed_with_its_state(store: Store):
    finished(store, A)
    begun(store, B)
    finished(store, C).manifest_path.write_text("{", encoding="utf-8")
    with begun(store, D).lock():
        assert states(store) == {A: "finished", B: "begun", C: "torn", D: "being made"}
    assert states(store)[D] == "begun"


def test_an_entry_says_how_large_it_is_when_it_was_made_and_of_what(store: Store):
    done = finished(store, A, reads=[C, D])
    os.utime(done.manifest_path, (5000, 5000))
    begun(store, B, reads=[A])
    (entry, half) = entries(store)
    assert (entry.files, entry.size, entry.written, entry.reads) == (1, 7, 5000.0, {C, D})
    job = half.artifact.job.stat()
    assert (half.files, half.size, half.reads) == (2, 7 + job.st_size, {A})
    assert half.written == pytest.approx(job.st_mtime, abs=5)


def test_what_is_no_artifact_is_left_out_and_never_deleted(store: Store):
    finished(store, A)
    for name in ("make_masks/notes", "events/Jul01_host", f"events/{B}", f".hidden/{'f' * 15}"):
        (store.root / name).mkdir(parents=True)
        (store.root / name / "file.txt").touch()
    assert states(store) == {A: "finished"}
    assert [entry.artifact.fingerprint for entry in waste(store, roots=()).unused] == [A]


def test_a_store_that_is_not_there_is_refused(store: Store):
    with pytest.raises(StoreError, match="nowhere is not there: pass the folder of a store"):
        entries(Store(root=store.root / "nowhere"))


def test_what_a_newer_version_made_is_listed_and_never_waste(store: Store):
    finished(store, A).manifest_path.write_text('{"format": 99}', encoding="utf-8")
    finished(store, B)
    assert states(store) == {A: "newer", B: "finished"}
    assert [entry.artifact.fingerprint for entry in waste(store, roots=()).unused] == [B]


BROKEN = {
    "nothing": "",
    "a list": "[]",
    "a number": "7",
    "a format alone": '{"format": 1}',
    "inputs of another type": '"inputs": []',
    "bytes of another type": '"bytes": "x"',
    "a format of another type": '"format": "9"',
    "deep": "[" * 200_000,
    "a long name": f'"files": {{"{"n" * 5000}": "{"0" * 64}"}}',
    "many digits": f'"threads": {"9" * 10_000}',
    "no number": '"seconds": NaN',
    "more": '"more": 1',
    "a name that leads out": f'"files": {{"../../x": "{"0" * 64}"}}',
    "another artifact's": f'"fingerprint": "{D}"',
}
"""A manifest as a whole, or, where it begins with a key, what one of its values is replaced by."""


@pytest.mark.parametrize("text", BROKEN.values(), ids=BROKEN)
def test_whatever_lies_in_place_of_a_manifest_is_torn_and_the_others_are_listed(text: str, store: Store):
    broken = finished(store, A)
    if text.startswith('"'):
        rest = broken.manifest().model_dump(mode="json")
        rest.pop(text.split('"')[1], None)
        text = f"{{{text}, {json.dumps(rest)[1:]}"
    broken.manifest_path.write_text(text, encoding="utf-8")
    finished(store, B)
    assert states(store) == {A: "torn", B: "finished"}
    assert [each.harm for each in check(broken)] == ["damaged"]


@pytest.mark.parametrize("what", ["a folder", "a pipe", "a link", "a link to nowhere"])
def test_a_manifest_that_is_not_a_file_is_torn(what: str, store: Store, tmp_path: Path):
    broken = finished(store, A)
    elsewhere = tmp_path / "elsewhere.json"
    elsewhere.write_bytes(broken.manifest_path.read_bytes())
    broken.manifest_path.unlink()
    put(what, broken.manifest_path, elsewhere)
    finished(store, B)
    assert states(store) == {A: "torn", B: "finished"}
    (entry,) = waste(store, roots={B}).unused
    assert delete(entry, roots=set)
    assert elsewhere.exists()
    assert states(store) == {B: "finished"}


@pytest.mark.parametrize("what", ["a folder", "a pipe", "a link"])
def test_a_lock_that_is_not_a_file_is_refused_and_its_target_stays(what: str, store: Store, tmp_path: Path):
    artifact = begun(store, A)
    elsewhere = tmp_path / "thesis.txt"
    elsewhere.write_text("thesis", encoding="utf-8")
    artifact.lock_path.parent.mkdir()
    put(what, artifact.lock_path, elsewhere)
    with pytest.raises(StoreError, match=r"link|is not a file that wsss locks: delete it"):
        artifact.lock()
    assert states(store) == {A: "begun"}
    assert elsewhere.read_text(encoding="utf-8") == "thesis"


def test_links_are_not_entered(store: Store, tmp_path: Path):
    elsewhere = finished(Store(root=tmp_path / "other"), A)
    (store.root / "make_masks").mkdir(exist_ok=True)
    (store.root / "make_masks" / B).symlink_to(elsewhere.path)
    finished(store, C)
    (store.root / "linked").symlink_to(elsewhere.path.parent)
    assert states(store) == {C: "finished"}
    with pytest.raises(OutsideError, match="is a link, which is not followed in a store"):
        store.artifact("make_masks", B).manifest()
    with pytest.raises(OutsideError, match="is a link"):
        store.artifact("linked", A).manifest()


def test_the_folder_of_a_store_may_be_a_link(store: Store, tmp_path: Path):
    finished(store, A)
    link = tmp_path.parent / f"{tmp_path.name} linked"
    link.symlink_to(store.root)
    assert states(Store(root=link)) == {A: "finished"}


def put(what: str, path: Path, target: Path) -> None:
    """Lay something that is not a file."""
    match what:
        case "a folder":
            path.mkdir()
        case "a pipe":
            os.mkfifo(path)
        case "a link":
            path.symlink_to(target)
        case _:
            path.symlink_to(target.with_name("nowhere"))


def test_what_an_artifact_in_use_was_made_of_is_in_use(store: Store):
    finished(store, A)
    begun(store, B, reads=[A])
    finished(store, C, reads=[B])
    finished(store, D, reads=[A])
    assert in_use(entries(store), {C}) == {A, B, C}
    assert in_use(entries(store), {D, "not here"}) == {A, D, "not here"}
    assert in_use(entries(store), ()) == set()


def test_what_is_being_made_is_in_use(store: Store):
    finished(store, A)
    finished(store, C)
    with begun(store, B, reads=[A]).lock():
        assert in_use(entries(store), ()) == {A, B}
        assert [entry.artifact.fingerprint for entry in waste(store, roots=()).unused] == [C]


def test_an_unused_artifact_is_deleted_as_a_whole(store: Store):
    finished(store, A)
    (entry,) = entries(store)
    assert delete(entry, roots=lambda: {B})
    assert not entry.artifact.path.exists()
    assert entries(store) == []


def test_folders_too_deep_hide_no_other_artifact_and_are_deleted_with_theirs(store: Store):
    finished(store, A)
    nested(begun(store, B).items, TOO_DEEP)
    assert states(store) == {A: "finished", B: "begun"}
    (_, deep) = waste(store, roots=()).unused
    assert deep.files == 2
    assert delete(deep, roots=set)
    assert states(store) == {A: "finished"}
    assert sorted(path.name for path in (store.root / "make_masks").iterdir()) == [A]


def test_what_somebody_makes_by_now_is_not_deleted(store: Store):
    artifact = finished(store, A)
    (entry,) = entries(store)
    with artifact.lock():
        assert not delete(entry, roots=set)
    assert artifact.state() == "cached"


def test_what_a_run_has_taken_by_now_is_not_deleted_and_that_is_asked_under_the_lock(store: Store):
    artifact = finished(store, A)
    (entry,) = entries(store)

    def taken() -> set[str]:
        with pytest.raises(Timeout):
            artifact.lock().acquire(timeout=0)
        return {A}

    assert not delete(entry, roots=taken)
    assert artifact.state() == "cached"
    with artifact.lock().acquire(timeout=0):
        pass


def test_who_waits_for_an_artifact_that_is_deleted_finds_it_gone(store: Store):
    artifact = finished(store, A)
    (entry,) = entries(store)
    seen: list[str] = []

    def wait() -> None:
        with artifact.lock():
            seen.append(artifact.state())

    waiting = Thread(target=wait)

    def roots() -> set[str]:
        waiting.start()
        time.sleep(0.2)
        assert seen == []
        return set()

    assert delete(entry, roots=roots)
    waiting.join(timeout=10)
    assert seen == ["run"]


def test_a_deletion_that_is_cut_short_leaves_nothing_that_looks_finished(store: Store, monkeypatch: pytest.MonkeyPatch):
    finished(store, A)
    (entry,) = entries(store)

    def dies(path: Path) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(paths.shutil, "rmtree", dies)
    with pytest.raises(KeyboardInterrupt):
        delete(entry, roots=set)
    assert states(store) == {A: "begun"}


def test_hidden_files_of_killed_writers_are_found(store: Store):
    old = [finished(store, A).items, begun(store, B).items, store.root]
    written = []
    for folder in old:
        with whole(folder / "a.npz") as hidden:
            hidden.touch()
            kept = hidden.with_name(f".b.npz{hidden.suffix}")
            os.link(hidden, kept)
        written.append(kept)
    assert leftovers(store) == []
    for path in written:
        os.utime(path, (time.time() - STALE - 9, time.time() - STALE - 9))
    (store.root / ".locks").mkdir(exist_ok=True)
    for name in (f".locks/make_masks.{A}", ".hidden", "index.12345678"):
        (store.root / name).touch()
        os.utime(store.root / name, (0, 0))
    assert leftovers(store) == sorted(written)
    with store.artifact("make_masks", B).lock():
        assert waste(store, roots={A}).left == tuple(sorted([written[0], written[2]]))
    # What goes with its artifact is not named twice.
    assert waste(store, roots={A}).left == tuple(sorted([written[0], written[2]]))
