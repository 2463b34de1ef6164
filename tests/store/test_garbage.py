"""What lies in a store, what of it is needed, and what is deleted: never what somebody needs."""

import os
import time
from collections.abc import Collection
from pathlib import Path
from threading import Thread

import pytest
import yaml
from filelock import Timeout

from wsss.errors import StoreError
from wsss.store import garbage as module
from wsss.store.garbage import STALE, delete, entries, in_use, leftovers, waste
from wsss.store.store import Artifact, Store
from wsss.store.texts import whole

A, B, C, D = ("a" * 16, "b" * 16, "c" * 16, "d" * 16)


def begun(store: Store, fingerprint: str, *, reads: Collection[str] = ()) -> Artifact:
    """An artifact of 7 bytes beside its job."""
    artifact = store.artifact("make_masks", fingerprint)
    artifact.items.mkdir(parents=True)
    (artifact.items / "a.png").write_bytes(b"1234567")
    inputs = {f"role {i}": ["extract_cams", name] for i, name in enumerate(reads)}
    artifact.job.write_text(yaml.safe_dump({"inputs": inputs, "command": "wsss run"}), encoding="utf-8")
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


def test_a_store_that_is_not_there_and_one_of_a_newer_version_are_refused(store: Store):
    with pytest.raises(StoreError, match="nowhere is not there: pass the folder of a store"):
        entries(Store(root=store.root / "nowhere"))
    finished(store, A).manifest_path.write_text('{"format": 99}', encoding="utf-8")
    with pytest.raises(StoreError, match="newer wsss"):
        entries(store)


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

    monkeypatch.setattr(module.shutil, "rmtree", dies)
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
