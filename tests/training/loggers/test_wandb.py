"""The real wandb, offline: what it wrote is read back from its own files."""

import json
import os
import struct
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import wandb
from PIL import Image
from toy_runs import freeze
from wandb.proto.wandb_internal_pb2 import Record

from wsss.store.store import Store
from wsss.training.loggers.guarded import Guarded
from wsss.training.loggers.history import HISTORY, read_history
from wsss.training.loggers.options import Wandb
from wsss.training.loggers.wandb import WandbRun, claimed_id, flat_scores

OPTIONS = Wandb(project="project", tags=("tag",), group="toy", mode="offline")
PRINT = "0123456789abcdef"


@pytest.fixture(autouse=True)
def _elsewhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in [name for name in os.environ if name.startswith("WANDB_")]:
        monkeypatch.delenv(name)
    for name in ("WANDB_DATA_DIR", "WANDB_CACHE_DIR", "WANDB_CONFIG_DIR"):
        monkeypatch.setenv(name, str(tmp_path / "home"))
    monkeypatch.setenv("WANDB_X_DISABLE_STATS", "true")


@pytest.fixture
def stage(tmp_path: Path) -> Path:
    """The folder of a stage, with its frozen job."""
    folder = tmp_path / "store" / "train_classifier" / PRINT
    folder.mkdir(parents=True)
    freeze(Store(root=tmp_path / "store").artifact("train_classifier", PRINT), config={"fit": {"epochs": 3}})
    return folder


def records(path: Path) -> Iterator[Record]:
    """What a `.wandb` file holds: LevelDB's log, blocks of 32 KiB with whole records (1) or parts of them (2, 3, 4)."""
    data, at, part = path.read_bytes(), 7, b""
    while at + 7 <= len(data):
        if (room := 32768 - at % 32768) < 7:
            at += room
            continue
        _, length, kind = struct.unpack_from("<IHB", data, at)
        part += data[at + 7 : at + 7 + length]
        at += 7 + length
        if kind in (1, 4):
            record = Record()
            record.ParseFromString(part)
            part = b""
            yield record


def files(logs: Path) -> list[Path]:
    """The runs' files, oldest first, each to its end: a process of wandb's writes them, and may be late."""
    found = sorted((logs / "wandb").glob("offline-run-*/*.wandb"), key=lambda path: path.stat().st_mtime_ns)
    for path in found:
        late = time.monotonic() + 60
        while not any(record.HasField("exit") for record in records(path)) and time.monotonic() < late:
            time.sleep(0.1)
    return found


def points(path: Path, name: str) -> list[tuple[int, float]]:
    """(step, value) of a metric."""
    rows = [
        {item.key or "/".join(item.nested_key): json.loads(item.value_json) for item in record.history.item}
        for record in records(path)
        if record.HasField("history")
    ]
    return [(row["trainer/global_step"], row[name]) for row in rows if name in row]


def warnings(caplog: pytest.LogCaptureFixture) -> list[str]:
    """What was said in the name of this package."""
    return [record.getMessage() for record in caplog.records if record.name.startswith("wsss.")]


def the(kind: str, path: Path) -> Any:
    return next(getattr(record, kind) for record in records(path) if record.HasField(kind))


def train(loggers: list[Guarded], steps: range, *, status: str, start: int) -> None:
    for logger in loggers:
        logger.rewind(start)
    for step in steps:
        for logger in loggers:
            logger.log_metrics({"train/loss": 1 / 2**step, "epoch": step // 3}, step)
            logger.save()
    for logger in loggers:
        logger.finalize(status)


def test_a_resumed_training_keeps_its_id_and_its_last_part_is_whole(
    stage: Path, caplog: pytest.LogCaptureFixture, capfd: pytest.CaptureFixture[str]
):
    train(OPTIONS.open(stage), range(5), status="failed", start=0)
    train(OPTIONS.open(stage), range(3, 6), status="success", start=3)
    assert warnings(caplog) == []
    first, last = files(stage / "logs")
    runs = [the("run", path) for path in (first, last)]
    assert runs[0].run_id == runs[1].run_id
    assert runs[0].run_id.startswith(PRINT)
    assert points(first, "train/loss") == [(step, 1 / 2**step) for step in range(5)]
    assert points(last, "train/loss") == [(step, 1 / 2**step) for step in range(6)]
    assert [the("exit", path).exit_code for path in (first, last)] == [1, 0]
    assert (runs[0].project, runs[0].run_group, list(runs[0].tags)) == ("project", "toy", ["tag"])
    assert (runs[0].job_type, runs[0].display_name) == ("train_classifier", f"train_classifier {PRINT}")
    assert {each.key: each.value_json for each in runs[0].config.update}["fit"] == '{"epochs":3}'
    assert [row.step for row in read_history(stage / HISTORY)] == [0, 1, 2, 3, 4, 5]
    assert wandb.run is None
    assert capfd.readouterr() == ("", "")


def test_what_it_writes_is_no_part_of_the_artifact(stage: Path):
    train(OPTIONS.open(stage), range(1), status="success", start=0)
    artifact = Store(root=stage.parents[1]).artifact("train_classifier", PRINT)
    artifact.complete(kind="masks", inputs={}, seconds=0.0, threads=1, summary={})
    assert [path.name for path in artifact.files()] == [HISTORY]
    assert artifact.manifest().files.keys() == {HISTORY}
    train(OPTIONS.open(stage), range(1, 2), status="success", start=1)
    assert [path.name for path in artifact.files()] == [HISTORY]


class Sent(wandb.Run):
    """Stands for a run of wandb: notes what is logged."""

    def __init__(self) -> None:
        self.rows: list[dict[str, Any]] = []

    def log(self, data: dict[str, Any], **_: Any) -> None:
        self.rows.append(data)

    def finish(self, exit_code: int | None = None, **_: Any) -> None:
        self.rows.append({"exit_code": exit_code})


def test_online_nothing_is_sent_twice():
    run = Sent()
    logger = WandbRun(run, seen=frozenset({(3, "train/loss"), (4, "train/loss")}))
    logger.log_metrics({"train/loss": 0.5, "epoch": 1}, 3)
    logger.log_metrics({"train/loss": 0.4, "epoch": 1}, 4)
    logger.log_metrics({"val/map": 0.9, "epoch": 1}, 4)
    logger.log_metrics({"train/loss": 0.3, "epoch": 2}, 5)
    logger.finalize("failed")
    assert run.rows == [
        {"val/map": 0.9, "epoch": 1, "trainer/global_step": 4},
        {"train/loss": 0.3, "epoch": 2, "trainer/global_step": 5},
        {"exit_code": 1},
    ]


def test_the_server_has_what_was_logged_online_and_nothing_else(tmp_path: Path):
    first, known = claimed_id(tmp_path, prefix=PRINT, mode="online")
    assert not known
    assert claimed_id(tmp_path, prefix=PRINT, mode="online") == (first, True)
    assert claimed_id(tmp_path, prefix=PRINT, mode="offline") == (first, False)
    assert claimed_id(tmp_path, prefix=PRINT, mode="online") == (first, False)
    assert claimed_id(tmp_path / "other", prefix=PRINT, mode="online")[0] != first


@pytest.mark.parametrize("broken", ["init", "log"])
def test_a_wandb_that_raises_does_not_take_the_training_with_it(
    broken: str, stage: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
):
    def down(*_: Any, **__: Any) -> None:
        raise wandb.errors.CommError("the network is down")

    monkeypatch.setattr(*((wandb, "init") if broken == "init" else (wandb.Run, "log")), down)
    train(OPTIONS.open(stage), range(4), status="success", start=0)
    assert [row.step for row in read_history(stage / HISTORY)] == [0, 1, 2, 3]
    assert warnings(caplog) == ["wandb failed and is left out from here on (CommError: the network is down)"]


def test_a_finished_run_is_sent_as_a_run_of_its_own(tmp_path: Path, caplog: pytest.LogCaptureFixture):
    folder = tmp_path / "outputs" / "toy" / "1"
    (folder / "sheets").mkdir(parents=True)
    (folder / "run.yaml").write_text("{stages: {}, config: {name: toy, random_seed: 3}}", encoding="utf-8")
    (folder / "scores.json").write_text('{"predict_masks": {"val": {"miou": 0.5, "iou": {"cat": null}}}}')
    (folder / "report.html").write_text("<html></html>", encoding="utf-8")
    Image.new("RGB", (4, 3)).save(folder / "sheets" / "val best.jpg")
    said = OPTIONS.finish(folder)
    assert warnings(caplog) == []
    (file,) = files(folder / "logs")
    assert said == f"wandb: offline; `wandb sync {file.parent}` sends it"
    run = the("run", file)
    assert (run.job_type, run.display_name, run.run_group) == ("outcome", "toy 1", "toy")
    assert {each.key: each.value_json for each in run.config.update}["random_seed"] == "3"
    summary = {
        item.key or "/".join(item.nested_key): item.value_json
        for record in records(file)
        if record.HasField("summary")
        for item in record.summary.update
    }
    assert summary["predict_masks/val/miou"] == "0.5"
    media = {path.suffix for path in (file.parent / "files" / "media").rglob("*") if path.is_file()}
    assert media == {".jpg", ".html"}
    artifact = the("artifact", file)
    assert {entry.path for entry in artifact.manifest.contents} == {"run.yaml", "scores.json", "report.html"}


def test_scores_are_named_by_their_path():
    scores = {"evaluate": {"val": {"miou": 0.5, "oracle": True, "iou": {"cat": 0.25, "dog": None}}}}
    assert flat_scores(scores) == {
        "evaluate/val/miou": 0.5,
        "evaluate/val/oracle": True,
        "evaluate/val/iou/cat": 0.25,
    }
