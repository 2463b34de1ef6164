"""How batches are dealt out, resumed and worked on beside reading and writing."""

import os
import signal
import threading
from collections.abc import Sequence
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any

import pytest
import signalled
import torch
from toy_runs import contents

from wsss.data.index import Record
from wsss.engine import shard
from wsss.engine.batch import Batch, Compute, Loaded
from wsss.engine.shard import Work
from wsss.engine.stage import Runtime
from wsss.signals import Ended, ended_by_signals
from wsss.store.files import FLAT
from wsss.store.items import Files, ItemFormat
from wsss.store.packs import Packs
from wsss.types import Size

RECORDS = tuple(Record(id=name, image=name, size=Size(height=1, width=1), classes=()) for name in "abcdefgh")
BATCHES = [RECORDS[start : start + 2] for start in range(0, len(RECORDS), 2)]
WHOLE = {f"{record.id}.txt": f"{record.id.upper()}{place % 2}" for place, record in enumerate(RECORDS)}


class Shout:
    """Makes an id in capitals, with its place in the batch; notes what it is asked to do."""

    def __init__(self) -> None:
        self.computed: list[tuple[str, ...]] = []
        self.threads = {threading.get_ident()}
        self.fails_at = ""

    def open(self, device: torch.device) -> Compute:
        return self.compute

    def reader(self) -> Any:
        return self.read

    def read(self, record: Record) -> Loaded:
        if self.fails_at == f"read {record.id}":
            raise ZeroDivisionError
        return Loaded(image=None, items={"name": record.id})

    def compute(self, batch: Batch) -> Sequence[Any]:
        self.threads.add(threading.get_ident())
        self.computed.append(batch.items["name"])
        return [f"{name.upper()}{place}" for place, name in enumerate(batch.items["name"])]

    def encode(self, result: str) -> bytes:
        if self.fails_at == f"write {result[0].lower()}":
            raise ZeroDivisionError
        return result.encode()


def is_whole(path: Path, size: Size) -> bool:
    return path.stat().st_size > 0


@pytest.fixture
def shout() -> Shout:
    return Shout()


@pytest.fixture
def work(shout: Shout, tmp_path: Path) -> Work:
    text = ItemFormat(suffix=".txt", read=Path.read_text, encode=shout.encode, is_whole=is_whole)
    return Work(
        title="shout",
        folder=tmp_path,
        reader=shout.reader,
        open=shout.open,
        items=Files(folder=tmp_path / "items", format=text, images=len(RECORDS)),
        device=torch.device("cpu"),
        workers=2,
        processes=False,
        module=__name__,
    )


def run(work: Work, shout: Shout) -> tuple[int, list[tuple[str, ...]]]:
    """How many items a run makes, and the batches that it computes."""
    shout.computed = []
    return shard.run(work, BATCHES), shout.computed


def items(work: Work) -> dict[str, str]:
    return {name: text.decode() for name, text in contents(work.items.folder).items()}


def test_everything_is_made_once_in_order_on_one_thread(work: Work, shout: Shout):
    assert run(work, shout) == (8, [("a", "b"), ("c", "d"), ("e", "f"), ("g", "h")])
    assert items(work) == WHOLE
    assert shout.threads == {threading.get_ident()}
    assert run(work, shout) == (0, [])


@pytest.mark.parametrize("workers", [1, 3, 20])
def test_any_number_of_workers(work: Work, shout: Shout, workers: int):
    assert run(replace(work, workers=workers), shout)[0] == 8
    assert items(work) == WHOLE


def test_alone_it_computes_on_one_thread_as_a_child_does(work: Work, shout: Shout, monkeypatch: pytest.MonkeyPatch):
    """Last bits of a result may depend on it."""
    threads: list[int] = []
    monkeypatch.setattr("torch.get_num_threads", lambda: 7)
    monkeypatch.setattr("torch.set_num_threads", threads.append)
    run(replace(work, workers=1, processes=True), shout)
    assert threads == [1, 7]


def test_no_workers_are_none_and_not_all_cores(work: Work, shout: Shout, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(shard, "process_pool", None)
    monkeypatch.setattr("os.sched_getaffinity", lambda _: range(4))
    assert run(replace(work, workers=Runtime(workers=0).processes, processes=True), shout)[0] == 8
    assert items(work) == WHOLE


def test_processes_leave_signals_to_the_one_that_started_them(work: Work):
    text = ItemFormat(suffix=".txt", read=Path.read_text, encode=signalled.encode, is_whole=signalled.is_whole)
    items_of = replace(work.items, format=text)
    those = replace(work, reader=signalled.reader, open=signalled.opened, items=items_of, module="signalled")
    assert shard.run(replace(those, workers=2, processes=True), BATCHES) == 8
    assert items(work) == WHOLE


@pytest.mark.parametrize("processes", [False, True])
def test_a_first_ctrl_c_lets_the_batches_at_hand_be_written(
    work: Work, shout: Shout, processes: bool, monkeypatch: pytest.MonkeyPatch
):
    encode = shout.encode

    def interrupted(result: str) -> bytes:
        if result == "B1":
            os.kill(os.getpid(), signal.SIGINT)
        return encode(result)

    monkeypatch.setattr(shout, "encode", interrupted)
    text = ItemFormat(suffix=".txt", read=Path.read_text, encode=shout.encode, is_whole=is_whole)
    work = replace(work, items=replace(work.items, format=text), workers=1, processes=processes)
    with pytest.raises(Ended, match="SIGINT"), ended_by_signals():
        shard.run(work, BATCHES)
    left = items(work)
    assert left.keys() < WHOLE.keys()
    assert len(left) == 2 * len(shout.computed) >= 2
    assert left == {name: WHOLE[name] for name in left}
    monkeypatch.setattr(shout, "encode", encode)
    assert shard.run(work, BATCHES) == len(WHOLE) - len(left)
    assert items(work) == WHOLE


def test_a_worker_that_is_asked_to_finish_ends_after_its_batch(work: Work, shout: Shout, ranks: pytest.MonkeyPatch):
    ranks.setenv("WORLD_SIZE", "1")
    (work.folder / ".finish").touch()
    with pytest.raises(Ended, match="SIGINT"):
        run(replace(work, workers=1, processes=True), shout)
    assert shout.computed == [("a", "b")]
    assert items(work) == {name: WHOLE[name] for name in ("a.txt", "b.txt")}


def test_a_worker_that_is_done_ends_with_one_that_was_asked(work: Work, shout: Shout, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(shard, "any_worker", lambda mine: not mine)
    with pytest.raises(Ended, match="SIGINT"):
        run(work, shout)
    assert items(work) == WHOLE


def test_a_function_in_place_of_an_item_is_called_where_items_are_written(
    work: Work, shout: Shout, monkeypatch: pytest.MonkeyPatch
):
    threads = set[int]()

    def late(text: str) -> str:
        threads.add(threading.get_ident())
        return text

    compute = shout.compute
    monkeypatch.setattr(shout, "compute", lambda batch: [partial(late, text) for text in compute(batch)])
    assert run(work, shout)[0] == 8
    assert items(work) == WHOLE
    assert threading.get_ident() not in threads


def test_a_batch_of_which_a_part_is_missing_is_made_as_a_whole(work: Work, shout: Shout):
    run(work, shout)
    (work.items.folder / "d.txt").unlink()
    assert run(work, shout) == (2, [("c", "d")])
    assert items(work) == WHOLE


def test_unfinished_files_do_not_count_as_done(work: Work, shout: Shout):
    run(work, shout)
    (work.items.folder / "d.txt").rename(work.items.folder / ".d.txt.77")
    assert run(work, shout)[0] == 2
    assert (work.items.folder / "d.txt").read_text() == "D1"


def test_items_of_a_large_data_set_resume_in_their_sub_folders(work: Work, shout: Shout):
    large = replace(work, items=replace(work.items, images=FLAT + 1))
    assert run(large, shout)[0] == 8
    made = items(large)
    assert {Path(name).name: text for name, text in made.items()} == WHOLE
    # The first two hexadecimal digits of the SHA-256 of "a" and of "d".
    assert made["ca/a.txt"] == "A0"
    assert made["18/d.txt"] == "D1"
    (large.items.folder / "18" / "d.txt").unlink()
    assert run(large, shout) == (2, [("c", "d")])
    assert items(large) == made


@pytest.fixture
def ranks(monkeypatch: pytest.MonkeyPatch) -> pytest.MonkeyPatch:
    """Ranks that run one after the other: none waits for the others."""
    monkeypatch.setattr(shard, "any_worker", lambda mine: mine)
    return monkeypatch


def test_ranks_share_the_batches(work: Work, shout: Shout, ranks: pytest.MonkeyPatch):
    ranks.setenv("WORLD_SIZE", "3")
    dealt = []
    for rank in range(3):
        ranks.setenv("RANK", str(rank))
        dealt.append(run(work, shout)[1])
    assert dealt == [[("a", "b"), ("g", "h")], [("c", "d")], [("e", "f")]]
    assert items(work) == WHOLE


def test_batches_are_dealt_out_before_those_that_are_done_are_dropped(
    work: Work, shout: Shout, ranks: pytest.MonkeyPatch
):
    run(work, shout)
    for name in "cdef":
        (work.items.folder / f"{name}.txt").unlink()
    ranks.setenv("WORLD_SIZE", "2")
    # With the other order rank 0 would get (c, d) and rank 1 (e, f); who runs first would change what the second sees.
    ranks.setenv("RANK", "1")
    assert run(work, shout)[1] == [("c", "d")]
    ranks.setenv("RANK", "0")
    assert run(work, shout)[1] == [("e", "f")]
    assert items(work) == WHOLE


@pytest.mark.parametrize("place", ["read c", "read h", "write a", "write h"])
def test_a_failure_ends_the_stage_and_what_was_made_stays(work: Work, shout: Shout, place: str):
    shout.fails_at = place
    with pytest.raises(ZeroDivisionError):
        run(work, shout)
    left = items(work)
    assert f"{place[-1]}.txt" not in left
    assert left.items() <= WHOLE.items()
    shout.fails_at = ""
    run(work, shout)
    assert items(work) == WHOLE


def test_a_short_answer_is_a_mistake_of_ours(work: Work, shout: Shout, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(shout, "compute", lambda batch: ["X"])
    with pytest.raises(ValueError, match="shorter"):
        run(work, shout)


def test_a_torn_item_is_made_again_and_said(work: Work, shout: Shout, caplog: pytest.LogCaptureFixture):
    run(work, shout)
    (work.items.folder / "c.txt").write_text("", encoding="utf-8")
    with caplog.at_level("WARNING", logger="wsss"):
        assert run(work, shout)[1] == [("c", "d")]
    assert items(work) == WHOLE
    assert "c.txt is torn: it is made again" in caplog.text


def test_items_that_lie_on_the_disk_for_long_are_not_read(work: Work, shout: Shout):
    run(work, shout)
    read: list[str] = []

    def looked(path: Path, size: Size) -> bool:
        read.append(path.stem)
        return is_whole(path, size)

    (work.items.folder / "b.txt").write_text("")
    for place, name in enumerate("abcdefgh"):
        os.utime(work.items.folder / f"{name}.txt", (0, 1e9 + 100 * place))
    done, torn = replace(work.items, format=replace(work.items.format, is_whole=looked)).keep_whole(RECORDS)
    assert torn == [work.items.folder / "b.txt"]
    assert sorted(read) == ["b", "f", "g", "h"]
    assert {record.id for record in done} == set("acdefgh")


def packing(work: Work, *, pack: int) -> Work:
    return replace(
        work, items=Packs(folder=work.items.folder, format=work.items.format, images=len(RECORDS), pack=pack)
    )


@pytest.mark.parametrize("processes", [True, False])
def test_packs_go_on_like_files(work: Work, shout: Shout, processes: bool):
    work = packing(replace(work, processes=processes), pack=5)
    assert run(replace(work, workers=1), shout)[0] == 8
    whole = contents(work.items.folder)
    assert sorted(whole) == ["packs/00000000.zip", "packs/00000006.zip"]
    assert run(work, shout) == (0, [])
    (work.items.folder / "packs" / "00000006.zip").unlink()
    assert run(replace(work, workers=1), shout) == (2, [("g", "h")])
    assert contents(work.items.folder) == whole


def test_packs_are_written_while_the_stage_goes_on(work: Work, shout: Shout):
    shout.fails_at = "write h"
    work = packing(work, pack=2)
    with pytest.raises(ZeroDivisionError):
        run(work, shout)
    assert "packs/00000000.zip" in contents(work.items.folder)
    shout.fails_at = ""
    assert ("a", "b") not in run(work, shout)[1]
    assert sorted(contents(work.items.folder)) == [f"packs/0000000{place}.zip" for place in (0, 2, 4, 6)]
