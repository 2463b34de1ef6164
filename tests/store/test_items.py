"""What all kinds of items promise."""

from pathlib import Path

import numpy as np
import pytest

from wsss.data.index import Record
from wsss.errors import StoreError
from wsss.size import Size
from wsss.store.items import Files, Items
from wsss.store.kinds import MASKS

RECORDS = tuple(Record(id=each, image="", size=Size(height=1, width=2), classes=()) for each in ("a", "b/c", ".d"))
FAMILY = {"files": lambda folder: Files(folder=folder / "items", format=MASKS.format, images=len(RECORDS))}


@pytest.fixture(params=FAMILY)
def items(request: pytest.FixtureRequest, tmp_path: Path) -> Items:
    made: Items = FAMILY[request.param](tmp_path)
    return made


def mask(number: int) -> np.ndarray:
    return np.full((1, 2), number, dtype=np.uint8)


def test_what_is_written_is_there_and_read(items: Items):
    first, second, third = RECORDS
    for number, record in enumerate((first, third)):
        items.write(record, mask(number))
    assert [items.has(record) for record in RECORDS] == [True, False, True]
    assert sorted(items.names()) == sorted([items.name(first), items.name(third)])
    assert [items.read(record).tolist() for record in (first, third)] == [[[0, 0]], [[1, 1]]]
    assert items.whole(RECORDS) == ({first, third}, [])
    with pytest.raises(StoreError, match=r"b%2Fc\.png holds no mask"):
        items.read(second)


def test_what_is_torn_is_removed_and_named(items: Items):
    for record in RECORDS:
        items.write(record, mask(1))
    torn = items.place(RECORDS[1])
    torn.write_bytes(torn.read_bytes()[:40])
    assert items.whole(RECORDS) == ({RECORDS[0], RECORDS[2]}, [torn])
    assert not items.has(RECORDS[1])
