"""What other commands are told of a run."""

import shutil
import sys
from dataclasses import replace
from pathlib import Path

import pytest
import yaml
from toy_runs import Run

from wsss.engine.stage import Stage
from wsss.errors import StoreError
from wsss.paths import sha256
from wsss.run.names import RECORD
from wsss.run.record import read_record, write_record
from wsss.run.run_file import stages_in
from wsss.stages.make_masks import MakeMasks
from wsss.stages.predict_masks import PredictMasks
from wsss.store.kinds import MASKS, NETWORK, RAW_MAPS, TABLE
from wsss.store.store import Store
from wsss.store.texts import write_json


def test_a_finished_run_gives_its_stages_and_what_they_read(toy_run: Run) -> None:
    run = read_record(toy_run.out)
    steps = toy_run.plan()
    assert run.stages == {name: step.artifact.fingerprint for name, step in steps.items()}
    assert run.stage("make_masks", MakeMasks) == steps["make_masks"].stage
    assert run.job("predict_masks").inputs["segmenter"] == steps["train_segmenter"].artifact
    assert run.stage("predict_masks", PredictMasks).batch_size == 4


def test_stages_are_found_by_what_they_make(toy_run: Run) -> None:
    run = read_record(toy_run.out)
    assert (run.last(RAW_MAPS), run.last(MASKS), run.last(MASKS, by=MakeMasks)) == (
        "extract_cams",
        "predict_masks",
        "make_masks",
    )
    assert (run.last(TABLE), run.last(NETWORK)) == ("report", "train_segmenter")
    with pytest.raises(
        StoreError, match=r"this run has no PredictMasks that makes maps .* it has: index_data, .* name a run"
    ):
        run.last(RAW_MAPS, by=PredictMasks)


def test_a_run_is_known_to_the_store_before_it_is_made(toy_run: Run, tmp_path: Path) -> None:
    store = Store.at(tmp_path / "store")
    steps = tuple(toy_run.plan().values())
    assert store.remembered() == []
    for name in ("b run", "a run", "a run"):
        write_record(tmp_path / name, store=store, steps=steps, config={"name": "toy"})
    assert store.remembered() == [tmp_path / "a run", tmp_path / "b run"]
    shutil.rmtree(tmp_path / "a run")
    assert store.remembered() == [tmp_path / "b run"]
    with pytest.raises(StoreError, match="make_masks is not finished in the store"):
        read_record(tmp_path / "b run").artifact("make_masks")


@pytest.mark.parametrize("name", ["network.json", "weights.safetensors", "stage.yaml", "manifest.json"])
def test_a_received_run_of_which_a_bit_was_changed_is_noticed(name: str, toy_run: Run, tmp_path: Path) -> None:
    copy = toy_run.copied(tmp_path)
    run = read_record(toy_run.out, store=copy.store)
    (path,) = run.artifact("train_segmenter").path.rglob(name)
    data = bytearray(path.read_bytes())
    data[len(data) // 2] ^= 1
    path.write_bytes(bytes(data))

    def use() -> None:
        run.job("predict_masks").network("segmenter")
        run.stage("train_segmenter", Stage)

    with pytest.raises(StoreError, match=r"is not (as it was made|the one that)|cannot be read"):
        use()


def test_an_input_that_this_run_did_not_make_is_refused(toy_run: Run) -> None:
    run = read_record(toy_run.out)
    other = replace(run, stages={**run.stages, "train_segmenter": "f" * 16})
    with pytest.raises(StoreError, match=r"predict_masks reads train_segmenter \w+, which is not of this run: run it"):
        other.job("predict_masks")


def test_a_manifest_that_was_made_to_fit_is_noticed(toy_run: Run, tmp_path: Path) -> None:
    copy = toy_run.copied(tmp_path)
    run = read_record(toy_run.out, store=copy.store)
    artifact = run.artifact("predict_masks")
    job = yaml.safe_load(artifact.job.read_text(encoding="utf-8"))
    job["config"]["views"]["flip"] = not job["config"]["views"]["flip"]
    artifact.job.write_text(yaml.safe_dump(job), encoding="utf-8")
    manifest = artifact.manifest().model_dump(mode="json") | {"job": sha256(artifact.job)}
    write_json(artifact.manifest_path, manifest)
    said = r"manifest\.json is not the one that .*run\.yaml names: where you made it anew, run the same command again"
    with pytest.raises(StoreError, match=said):
        run.stage("predict_masks", PredictMasks)


def test_a_record_imports_nothing_of_others(toy_run: Run, tmp_path: Path) -> None:
    (tmp_path / "out").mkdir()
    record = yaml.safe_load((toy_run.out / RECORD).read_text(encoding="utf-8"))
    record["config"]["pipeline"]["predict_masks"]["views"]["_target_"] = "antigravity.X"
    (tmp_path / "out" / RECORD).write_text(yaml.safe_dump(record), encoding="utf-8")
    run = read_record(tmp_path / "out")
    with pytest.raises(StoreError, match=r"run\.yaml names 'antigravity\.X', which is not imported for a record"):
        run.last(MASKS, by=PredictMasks)
    assert "antigravity" not in sys.modules


BROKEN = (
    "stages: {predict_masks: 7}",
    "stages: [a]",
    "stages: {../../x: aaaaaaaaaaaaaaaa}",
    "stages: {a: ../../../../etc/a123}",
    "format: x",
    "format: '1'",
    "config: [1]",
    "config: &a {b: *a}",
    "more: 1",
    "store: 2001-01-01",
    f"config: {'[' * 200_000}",
)


@pytest.mark.parametrize("line", BROKEN, ids=lambda line: line[:40])
def test_whatever_lies_in_place_of_a_record_is_a_store_error(line: str, toy_run: Run, tmp_path: Path) -> None:
    record = yaml.safe_load((toy_run.out / RECORD).read_text(encoding="utf-8"))
    record.pop(line.partition(":")[0], None)
    (tmp_path / RECORD).write_text(f"{yaml.safe_dump(record)}{line}\n", encoding="utf-8")
    with pytest.raises(StoreError, match=r"run\.yaml cannot be read .*: run it again"):
        read_record(tmp_path)


def test_a_record_of_aliases_takes_no_time(tmp_path: Path) -> None:
    bomb = "a0: &a0 [x,x,x,x,x,x,x,x,x]\n" + "".join(
        f"a{i}: &a{i} [{','.join([f'*a{i - 1}'] * 9)}]\n" for i in range(1, 10)
    )
    (tmp_path / RECORD).write_text(bomb, encoding="utf-8")
    with pytest.raises(StoreError, match="it has an alias"):
        read_record(tmp_path)


def test_a_run_of_a_newer_version_is_left_as_it_is(toy_run: Run, tmp_path: Path) -> None:
    (tmp_path / RECORD).write_text("format: 99\n", encoding="utf-8")
    steps = tuple(toy_run.plan().values())
    with pytest.raises(StoreError, match=r"run\.yaml was written by a newer wsss: update wsss, or use another `out`"):
        write_record(tmp_path, store=Store.at(tmp_path / "store"), steps=steps, config={})
    assert (tmp_path / RECORD).read_text(encoding="utf-8") == "format: 99\n"


def test_a_record_of_this_process_is_read_again_only_once_somebody_wrote_it(
    toy_run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    read: list[Path] = []
    monkeypatch.setattr("wsss.run.record.refuse_newer_run", read.append)
    steps, store = tuple(toy_run.plan().values()), Store.at(tmp_path / "store")
    for _ in range(3):
        write_record(tmp_path, store=store, steps=steps, config={})
    assert len(read) == 1  # what was there before
    (tmp_path / RECORD).write_text("format: 99\n", encoding="utf-8")
    write_record(tmp_path, store=store, steps=steps, config={})
    assert len(read) == 2


@pytest.mark.parametrize(
    "content", [None, "", "store: [", "format: 99\nstages: {a: b}\n", "format: x\n", "stages: {a: b}"]
)
def test_stages_of_what_is_no_run_of_today_are_not_known(content: str | None, tmp_path: Path) -> None:
    if content is not None:
        (tmp_path / RECORD).write_text(content, encoding="utf-8")
    assert stages_in(tmp_path) is None


def test_stages_of_a_run(toy_run: Run) -> None:
    assert stages_in(toy_run.out) == {name: step.artifact.fingerprint for name, step in toy_run.plan().items()}


def test_a_store_that_was_moved_is_named(toy_run: Run, tmp_path: Path) -> None:
    copy = toy_run.copied(tmp_path)
    shutil.copytree(toy_run.out, copy.out)
    record = yaml.safe_load((copy.out / RECORD).read_text(encoding="utf-8"))
    (copy.out / RECORD).write_text(yaml.safe_dump({**record, "store": "/moved"}), encoding="utf-8")
    with pytest.raises(StoreError, match="its store /moved is not there; where it was moved, pass --store"):
        read_record(copy.out)
    assert read_record(copy.out, store=copy.store).artifact("evaluate").path.is_relative_to(copy.store)


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (None, "is not a run: it has no run.yaml"),
        ("", r"cannot be read \(Input should be an object\): run it again"),
        ("store: [", "cannot be read"),
        ("store: .\n", r"cannot be read \(format: Field required\): run it again"),
        ("format: 99\n", "was written by a newer wsss"),
    ],
)
def test_what_is_no_run_is_refused(content: str | None, said: str, tmp_path: Path) -> None:
    if content is not None:
        (tmp_path / RECORD).write_text(content, encoding="utf-8")
    with pytest.raises(StoreError, match=said):
        read_record(tmp_path)


def test_a_stage_that_the_run_does_not_have_is_named_with_those_it_has(toy_run: Run) -> None:
    with pytest.raises(StoreError, match="has no stage 'train_recam'; it has: index_data, train_classifier"):
        read_record(toy_run.out).artifact("train_recam")
