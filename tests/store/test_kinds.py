"""Where items lie, and what kinds of artifacts there are."""

from pathlib import Path

import numpy as np
import pytest
from builders import write_item
from toy_runs import drawn_index

from wsss.data.index import Index, Record
from wsss.engine.stage import read_index
from wsss.errors import StoreError
from wsss.store.files import FLAT
from wsss.store.garbage import entries
from wsss.store.kinds import KINDS, MASKS, RAW_MAPS, TABLE
from wsss.store.store import Store
from wsss.store.verify import check, repair
from wsss.types import Size


def index_of(folder: Path, *, count: int) -> Index:
    """An index of images that are nowhere."""
    records = [Record(id=f"{i:05}", image="", size=Size(height=1, width=1), classes=()) for i in range(count)]
    return Index.of(records, classes=("cat",), splits={"train": [record.id for record in records]}, root=folder)


def test_an_item_is_read_as_it_was_written(tmp_path: Path):
    store = Store(root=tmp_path)
    index = read_index(drawn_index(store, {"a/b": [[0, 1]]}))
    items, record = MASKS.items(store.artifact("make_masks", "0" * 16), index), index.records["a/b"]
    write_item(items, record, np.array([[0, 2]], dtype=np.uint8))
    assert items.place(record) == store.artifact("make_masks", "0" * 16).items / "a%2Fb.png"
    assert items.read(record).tolist() == [[0, 2]]
    with pytest.raises(StoreError, match="holds no score maps"):
        RAW_MAPS.items(store.artifact("make_masks", "0" * 16), index).read(record)


def test_a_kind_without_items_has_none(tmp_path: Path):
    with pytest.raises(AssertionError, match="table does not hold one item an image"):
        TABLE.items(Store(root=tmp_path).artifact("report", "0" * 16), index_of(tmp_path, count=1))


def test_items_of_many_images_spread_over_sub_folders(tmp_path: Path):
    artifact = Store(root=tmp_path).artifact("make_masks", "0" * 16)
    few, many = (MASKS.items(artifact, index_of(tmp_path, count=count)) for count in (FLAT, FLAT + 1))
    record = Record(id="00000", image="", size=Size(height=1, width=1), classes=())
    assert few.place(record) == artifact.items / "00000.png"
    # The SHA-256 of "00000" begins with these digits.
    assert many.place(record) == artifact.items / "e7" / "00000.png"


def test_sub_folders_are_verified_repaired_and_counted_like_one_folder(tmp_path: Path):
    store = Store(root=tmp_path)
    artifact, index = store.artifact("make_masks", "0" * 16), index_of(tmp_path, count=FLAT + 1)
    items, records = MASKS.items(artifact, index), list(index.records.values())[:3]
    for record in records:
        write_item(items, record, np.zeros((1, 1), dtype=np.uint8))
    artifact.job.write_text("{}", encoding="utf-8")
    artifact.complete(kind="masks", inputs={}, seconds=0.0, threads=1, summary={})
    assert check(artifact) == []
    assert [entry.files for entry in entries(store)] == [3]
    items.place(records[0]).write_bytes(b"")
    items.place(records[1]).unlink()
    damages = check(artifact)
    assert {(damage.path, damage.harm) for damage in damages} == {
        (items.place(records[0]), "damaged"),
        (items.place(records[1]), "missing"),
    }
    assert repair(artifact, damages)
    assert [items.place(record).exists() for record in records] == [False, False, True]
    artifact.discard()
    assert artifact.files() == []


def test_names_of_kinds_are_their_own():
    assert all(name == kind.name for name, kind in KINDS.items())
