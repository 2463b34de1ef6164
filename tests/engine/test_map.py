"""Map: which images are worked on together."""

from pathlib import Path

import pytest
from toy_runs import drawn_index

from wsss.data.index import Record
from wsss.engine.map import by_size
from wsss.engine.stage import read_index
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
