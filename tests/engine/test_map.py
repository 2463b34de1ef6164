"""Map: which images are worked on together."""

from pathlib import Path

import pytest
from toy_runs import drawn_index, job

from wsss.data.index import Record
from wsss.engine import shard
from wsss.engine.map import by_size, check_batch_size
from wsss.engine.shard import Work
from wsss.engine.stage import Runtime, read_index
from wsss.errors import DataError
from wsss.masks import Argmax
from wsss.stages.make_masks import MakeMasks
from wsss.store.store import Store
from wsss.types import Size


def record(name: str, height: int, width: int) -> Record:
    return Record(id=name, image=name, size=Size(height=height, width=width), classes=())


def test_batches_hold_one_size_in_order_of_appearance():
    sizes = {"a": (4, 6), "b": (6, 4), "c": (4, 6), "d": (4, 6), "e": (6, 4)}
    batches = by_size([record(name, *size) for name, size in sizes.items()], limit=2)
    assert [[r.id for r in batch] for batch in batches] == [["a", "c"], ["d"], ["b", "e"]]


@pytest.mark.parametrize("size", [0, -2])
def test_a_batch_has_an_image_or_more(size: int):
    with pytest.raises(ValueError, match=f"batch_size must be at least 1, got {size}"):
        check_batch_size(size)


def test_no_images_are_no_batches():
    assert by_size([], limit=4) == []


def test_a_split_that_is_not_there_is_refused_before_it_runs(tmp_path: Path):
    index = read_index(drawn_index(Store(root=tmp_path), {"a": [[0, 1]]}, train=("a",)))
    MakeMasks(masks=Argmax(), splits=("train",)).check_index(index)
    with pytest.raises(DataError, match="there is no split 'val'; this data set has: train"):
        MakeMasks(masks=Argmax(), splits=("train", "val")).check_index(index)


def test_an_image_of_two_splits_is_worked_on_once(tmp_path: Path):
    masks = {name: [[0, 1]] for name in "abc"}
    index = read_index(drawn_index(Store(root=tmp_path), masks, train=("b", "a"), val=("a", "c")))
    stage = MakeMasks(masks=Argmax(), splits=("train", "val"))
    assert [[r.id for r in batch] for batch in stage.batches(index)] == [["b"], ["a"], ["c"]]


@pytest.mark.parametrize("processes", [True, False])
def test_work_is_handed_on_as_the_stage_has_it(processes: bool, tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    handed = list[tuple[Work, int]]()
    monkeypatch.setattr(shard, "run", lambda work, batches, elsewhere: handed.append((work, len(batches))) or 2)
    monkeypatch.setattr(MakeMasks, "processes", processes)
    monkeypatch.setattr(MakeMasks, "batches", lambda self, index: by_size(index.union(self.splits), limit=3))
    store = Store(root=tmp_path)
    index = drawn_index(store, {name: [[0, 1]] for name in "abcd"})
    stage = MakeMasks(masks=Argmax(), runtime=Runtime(device="cpu", workers=5))
    summary = stage.run(job(store, "make_masks", index=index))
    ((work, batches),) = handed
    assert (work.processes, work.workers, work.title, batches) == (processes, 5, "make_masks", 2)
    assert work.module == "wsss.stages.make_masks"
    assert summary == {"images": 4, "made": 2, "splits": ["train"]}
