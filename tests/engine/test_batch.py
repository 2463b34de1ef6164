"""What a Map stage gets of several images at once."""

from pathlib import Path

from toy_runs import drawn_index, drawn_masks

from wsss.engine.batch import Batch, Reader
from wsss.engine.stage import read_index
from wsss.store.kinds import MASKS
from wsss.store.store import Store


def test_a_batch_holds_pixels_and_items_in_the_order_of_its_records(tmp_path: Path):
    store = Store(root=tmp_path)
    index = read_index(drawn_index(store, {"a": [[0, 1]], "b": [[2]]}))
    masks = MASKS.items(drawn_masks(store, "make_masks", {"a": [[1, 0]], "b": [[0]]}), index)
    others = MASKS.items(drawn_masks(store, "relabel", {"a": [[2, 2]], "b": [[1]]}), index)
    read = Reader(index=index, with_image=True, items={"masks": masks, "others": others})
    records = (index.records["b"], index.records["a"])
    batch = Batch.of(records, [read(record) for record in records])
    assert batch.records == records
    assert [image.shape for image in batch.images] == [(1, 1, 3), (1, 2, 3)]
    assert [mask.tolist() for mask in batch.items["masks"]] == [[[0]], [[1, 0]]]
    assert [mask.tolist() for mask in batch.items["others"]] == [[[1]], [[2, 2]]]


def test_pixels_that_nobody_needs_are_not_decoded(tmp_path: Path):
    index = read_index(drawn_index(Store(root=tmp_path), {"a": [[0, 1]]}))
    (index.root / index.records["a"].image).unlink()
    record = index.records["a"]
    batch = Batch.of((record,), [Reader(index=index, with_image=False, items={})(record)])
    assert (batch.images, batch.items) == ((), {})
