"""What a person sees of a store, and what is left of it."""

import json
import os
import shutil
import time
from pathlib import Path

import pytest
import yaml
from toy_runs import Run, contents, freeze

from wsss.apps.store import collect, show, show_json, verify
from wsss.draw.numbers import file_size
from wsss.errors import StoreError
from wsss.run.names import RECORD
from wsss.run.record import read_record
from wsss.store.store import Artifact, Store

A, B, C = ("a" * 16, "b" * 16, "c" * 16)


@pytest.fixture
def store(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Store:
    """A finished run of two artifacts, and one artifact that no run refers to; the run's folder is `outputs/toy/1`."""
    monkeypatch.chdir(tmp_path)
    store = Store(root=tmp_path / "runs")
    for stage, fingerprint in (("extract_cams", A), ("make_masks", B), ("make_masks", C)):
        artifact = store.artifact(stage, fingerprint)
        artifact.items.mkdir(parents=True)
        (artifact.items / "a.png").write_bytes(b"x" * 1500)
        freeze(artifact, command="wsss run cam=gradcam")
        artifact.complete(kind="masks", inputs={}, seconds=0.0, threads=1, summary={})
        os.utime(artifact.manifest_path, (time.time() - 3 * 86400 - 60,) * 2)
    record(store, Path("outputs/toy/1"), extract_cams=A, make_masks=B)
    return store


def record(store: Store, folder: Path, **stages: str) -> Path:
    folder.mkdir(parents=True)
    text = yaml.safe_dump(
        {"format": 1, "store": str(store.root), "stages": stages, "makes": {}, "manifests": {}, "config": {}}
    )
    (folder / RECORD).write_text(text, encoding="utf-8")
    store.remember(folder)
    return folder


def left(store: Store) -> set[str]:
    return {artifact.fingerprint for artifact in store.artifacts()}


def test_the_table_names_state_size_age_and_runs(store: Store, capsys: pytest.CaptureFixture[str]):
    store.artifact("make_masks", C).manifest_path.unlink()
    show(store)
    rows = [line.split() for line in capsys.readouterr().out.splitlines()]
    assert ["extract_cams", A, "finished", "1.5", "kB", "3", "days", "outputs/toy/1"] in rows
    size = 1500 + store.artifact("make_masks", C).job.stat().st_size
    assert ["make_masks", C, "begun", *file_size(size).split(), "0", "s"] in rows
    assert ["total", "3", "artifacts", *file_size(3000 + size).split()] in rows


def test_of_many_runs_two_are_named(store: Store, capsys: pytest.CaptureFixture[str]):
    for number in (2, 3, 4):
        record(store, Path(f"{number}"), extract_cams=A)
    show(store)
    shown = " ".join(capsys.readouterr().out.split())
    assert "2, 3 and 2 more" in shown


def test_programs_get_json(store: Store, capsys: pytest.CaptureFixture[str]):
    show_json(store)
    (first, _, last) = json.loads(capsys.readouterr().out)
    assert {name: first[name] for name in ("stage", "fingerprint", "state", "files", "bytes", "path", "runs")} == {
        "stage": "extract_cams",
        "fingerprint": A,
        "state": "finished",
        "files": 1,
        "bytes": 1500,
        "path": str(store.root / "extract_cams" / A),
        "runs": [str(Path("outputs/toy/1").absolute())],
    }
    assert first["written"].endswith("+00:00")
    assert last["runs"] == []


def test_an_intact_store_is_called_so(store: Store, capsys: pytest.CaptureFixture[str]):
    (store.artifact("make_masks", B).items / "mine [1].txt").touch()
    assert verify(store, repairing=False)
    said = capsys.readouterr().out
    assert f"stray    {store.artifact('make_masks', B).items / 'mine [1].txt'}" in said
    assert "all 3 finished artifacts are as they were made: 3 files, 4.5 kB" in said


def test_damage_is_named_with_its_remedy_and_touched_only_on_demand(store: Store, capsys: pytest.CaptureFixture[str]):
    path = store.artifact("make_masks", B).items / "a.png"
    path.write_bytes(b"y" * 1500)
    assert not verify(store, repairing=False)
    said = capsys.readouterr().out
    assert f"damaged  {path}" in said
    assert "1 of 3 finished artifacts are damaged" in said
    assert "wsss store verify --repair deletes what is damaged" in said
    assert path.exists()
    with store.artifact("make_masks", B).lock():
        assert not verify(store, repairing=True)
    assert "a run holds" in capsys.readouterr().out
    assert path.exists()
    assert verify(store, repairing=True)
    assert "  wsss run cam=gradcam" in capsys.readouterr().out
    assert not path.exists()


DAMAGED = ("index_data", "train_classifier", "extract_cams", "refine_cams", "predict_masks", "evaluate")


def test_a_repaired_store_is_made_whole_again_with_the_same_bytes(toy_run: Run, tmp_path: Path):
    copy = toy_run.copied(tmp_path)
    steps = copy.plan()
    before = {name: contents(step.artifact.items) for name, step in steps.items()}
    made = {name: steps[name].artifact.manifest().created for name in steps if name not in DAMAGED}
    for name in DAMAGED:
        damage(steps[name].artifact)
    assert not verify(Store.at(copy.store), repairing=False)
    assert verify(Store.at(copy.store), repairing=True)
    copy.again()
    assert verify(Store.at(copy.store), repairing=False)
    for name, step in steps.items():
        assert contents(step.artifact.items) == before[name], name
    assert {name: steps[name].artifact.manifest().created for name in made} == made
    summary = steps["extract_cams"].artifact.manifest().summary
    assert summary["made"] < summary["images"]


def damage(artifact: Artifact) -> None:
    """Change the last byte of the last file, such as the weights, and lose the first one's CAMs."""
    first, *_, last = artifact.files()
    data = last.read_bytes()
    last.write_bytes(data[:-1] + bytes([data[-1] ^ 1]))
    if artifact.stage == "extract_cams":
        first.unlink()


def test_nothing_is_deleted_without_being_asked_for(store: Store, capsys: pytest.CaptureFixture[str]):
    collect(store, deleting=False)
    said = capsys.readouterr().out
    assert C in said
    assert A not in said
    assert "nothing was deleted: --yes deletes all of it" in said
    assert left(store) == {A, B, C}


def test_what_no_run_refers_to_is_deleted(store: Store, capsys: pytest.CaptureFixture[str]):
    hidden = store.artifact("make_masks", B).items / ".a.png.0123abcd"
    hidden.touch()
    os.utime(hidden, (0, 0))
    collect(store, deleting=True)
    said = capsys.readouterr().out
    assert "deleted: 1.5 kB" in said
    assert f"left by a killed writer: {hidden}" in " ".join(said.split())
    assert left(store) == {A, B}
    assert not hidden.exists()
    collect(store, deleting=True)
    assert "there is nothing to delete" in capsys.readouterr().out


def test_an_unfinished_run_keeps_what_it_refers_to_and_a_deleted_one_does_not(
    store: Store, capsys: pytest.CaptureFixture[str]
):
    record(store, Path("outputs/toy/2"), extract_cams=A, make_masks=C, report="d" * 16)
    shutil.rmtree("outputs/toy/1")
    collect(store, deleting=True)
    assert f"no longer a run: {Path('outputs/toy/1').absolute()}" in capsys.readouterr().out
    assert left(store) == {A, C}


def test_a_run_that_was_moved_keeps_its_artifacts_when_it_is_named(store: Store):
    Path("outputs/toy/1").rename("best")
    collect(store, deleting=True, keep=[Path("best")])
    assert left(store) == {A, B}
    collect(store, deleting=True)
    assert left(store) == {A, B}


def test_a_run_that_begins_meanwhile_keeps_what_it_needs(
    store: Store, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
):
    monkeypatch.setattr("wsss.apps.store.lost", lambda store: [record(store, Path("new"), make_masks=C)])
    collect(store, deleting=True)
    assert "kept, since a run has taken it meanwhile" in capsys.readouterr().out
    assert left(store) == {A, B, C}


def test_where_a_run_cannot_be_read_nothing_is_deleted(store: Store):
    Path("outputs/toy/1", RECORD).write_text("stages: [", encoding="utf-8")
    with pytest.raises(StoreError, match=r"run\.yaml cannot be read"):
        collect(store, deleting=True)
    assert left(store) == {A, B, C}


def test_a_real_run_is_kept_until_its_folder_is_deleted(toy_run: Run, tmp_path: Path):
    copy = toy_run.copied(tmp_path)
    store = Store.at(copy.store)
    shutil.copytree(toy_run.out, copy.out)
    # The copied store remembers the first run, which is there as well.
    collect(store, deleting=True)
    assert len(left(store)) == len(read_record(copy.out).stages)
    (note,) = store.runs.iterdir()
    note.unlink()
    store.remember(copy.out)
    collect(store, deleting=True)
    assert left(store) == set(read_record(copy.out).stages.values())
    shutil.rmtree(copy.out)
    collect(store, deleting=True)
    assert left(store) == set()
