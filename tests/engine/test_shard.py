"""How batches are dealt out, resumed and worked on beside loading and writing."""

import threading
from collections.abc import Sequence
from pathlib import Path

import pytest
import torch
from toy_runs import contents, drawn_index, job

from wsss.data.index import Record
from wsss.engine import shard
from wsss.engine.shard import ItemWorker
from wsss.engine.stage import Job, Runtime
from wsss.store.store import Store

NAMES = "abcdefgh"


class Shout(ItemWorker[str, str]):
    """Writes an id in capitals, with its place in the batch; notes what it is asked to do."""

    def __init__(self) -> None:
        self.computed: list[tuple[str, ...]] = []
        self.devices = {threading.get_ident()}
        self.fails_at = ""

    def load(self, record: Record) -> str:
        if self.fails_at == f"load {record.id}":
            raise ZeroDivisionError
        return record.id

    def compute(self, batch: Sequence[str]) -> list[str]:
        self.devices.add(threading.get_ident())
        self.computed.append(tuple(batch))
        return [f"{name.upper()}{place}" for place, name in enumerate(batch)]

    def write(self, path: Path, result: str) -> None:
        if self.fails_at == f"write {result[0].lower()}":
            raise ZeroDivisionError
        path.write_text(result)


class Stage:
    suffix = ".txt"

    def __init__(self, workers: int | None = None, *, processes: bool = False) -> None:
        self.worker = Shout()
        self.processes = processes
        self.runtime = Runtime(workers=workers)

    def open(self, job: Job, device: torch.device) -> Shout:
        return self.worker


@pytest.fixture
def work(tmp_path: Path) -> Job:
    store = Store(root=tmp_path)
    return job(store, "shout", index=drawn_index(store, {name: [[0]] for name in NAMES}))


def batches(work: Job) -> list[tuple[Record, ...]]:
    records = work.index().split("train")
    return [records[start : start + 2] for start in range(0, len(records), 2)]


def run(work: Job, stage: Stage | None = None) -> tuple[int, list[tuple[str, ...]]]:
    stage = stage or Stage()
    return shard.run(stage, work, batches(work)), stage.worker.computed


def items(work: Job) -> dict[str, str]:
    return {name: text.decode() for name, text in contents(work.artifact.items).items()}


WHOLE = {f"{name}.txt": f"{name.upper()}{place % 2}" for place, name in enumerate(NAMES)}


def test_everything_is_made_once_in_order_on_one_thread(work: Job):
    stage = Stage()
    assert run(work, stage) == (8, [("a", "b"), ("c", "d"), ("e", "f"), ("g", "h")])
    assert items(work) == WHOLE
    assert stage.worker.devices == {threading.get_ident()}
    assert run(work) == (0, [])


@pytest.mark.parametrize("workers", [None, 0, 1, 3, 20])
def test_any_number_of_workers(work: Job, workers: int | None):
    assert run(work, Stage(workers))[0] == 8
    assert items(work) == WHOLE


def test_no_workers_are_none_and_not_all_cores(work: Job, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(shard, "ProcessPoolExecutor", None)
    monkeypatch.setattr("os.sched_getaffinity", lambda _: range(4))
    assert run(work, Stage(workers=0, processes=True))[0] == 8


def test_a_batch_of_which_a_part_is_missing_is_made_as_a_whole(work: Job):
    run(work)
    (work.artifact.items / "d.txt").unlink()
    assert run(work) == (2, [("c", "d")])
    assert items(work) == WHOLE


def test_unfinished_files_do_not_count_as_done(work: Job):
    run(work)
    (work.artifact.items / "d.txt").rename(work.artifact.items / ".d.txt.77")
    assert run(work)[0] == 2
    assert (work.artifact.items / "d.txt").read_text() == "D1"


def test_ranks_share_the_batches(work: Job, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv("WORLD_SIZE", "3")
    dealt = []
    for rank in range(3):
        monkeypatch.setenv("RANK", str(rank))
        dealt.append(run(work)[1])
    assert dealt == [[("a", "b"), ("g", "h")], [("c", "d")], [("e", "f")]]
    assert items(work) == WHOLE


def test_batches_are_dealt_out_before_those_that_are_done_are_dropped(work: Job, monkeypatch: pytest.MonkeyPatch):
    run(work)
    for name in "cdef":
        (work.artifact.items / f"{name}.txt").unlink()
    monkeypatch.setenv("WORLD_SIZE", "2")
    # With the other order rank 0 would get (c, d) and rank 1 (e, f); who runs first would change what the second sees.
    monkeypatch.setenv("RANK", "1")
    assert run(work)[1] == [("c", "d")]
    monkeypatch.setenv("RANK", "0")
    assert run(work)[1] == [("e", "f")]
    assert items(work) == WHOLE


@pytest.mark.parametrize("place", ["load c", "load h", "write a", "write h"])
def test_a_failure_ends_the_stage_and_what_was_made_stays(work: Job, place: str):
    stage = Stage()
    stage.worker.fails_at = place
    with pytest.raises(ZeroDivisionError):
        run(work, stage)
    left = items(work)
    assert f"{place[-1]}.txt" not in left
    assert left.items() <= WHOLE.items()
    run(work)
    assert items(work) == WHOLE


def test_a_short_answer_is_a_mistake_of_ours(work: Job, monkeypatch: pytest.MonkeyPatch):
    stage = Stage()
    monkeypatch.setattr(stage.worker, "compute", lambda batch: ["X"])
    with pytest.raises(ValueError, match="shorter"):
        run(work, stage)


def test_a_torn_item_is_made_again_and_said(work: Job, caplog: pytest.LogCaptureFixture):
    run(work)
    (work.artifact.items / "c.txt").write_text("", encoding="utf-8")
    with caplog.at_level("WARNING", logger="wsss"):
        assert run(work)[1] == [("c", "d")]
    assert items(work) == WHOLE
    assert "c.txt is torn: it is made again" in caplog.text
