"""What all kinds of items promise, and what tells them apart on the disk."""

import pickle
from collections.abc import Callable
from dataclasses import fields
from pathlib import Path

import numpy as np
import pytest
from builders import write_item

from wsss.data.index import Record
from wsss.errors import StoreError
from wsss.size import Size
from wsss.store.items import Files, Items
from wsss.store.kinds import MASKS
from wsss.store.packs import Packs

RECORDS = tuple(Record(id=each, image="", size=Size(height=1, width=2), classes=()) for each in ("a", "b/c", ".d", "e"))
BATCHES = [RECORDS[:2], RECORDS[2:]]
FAMILY: dict[str, Callable[..., Items]] = {"files": Files, "packs": Packs}


@pytest.fixture(params=FAMILY)
def form(request: pytest.FixtureRequest, tmp_path: Path) -> Callable[[], Items]:
    """What opens the same items anew."""
    return lambda: FAMILY[request.param](folder=tmp_path / "items", format=MASKS.format, images=len(RECORDS))


def mask(number: int) -> np.ndarray:
    return np.full((1, 2), number, dtype=np.uint8)


def made(items: Items) -> Items:
    """All items are made, and what is made of them is in its last form."""
    sealer = items.sealer(BATCHES)
    for number, record in enumerate(RECORDS):
        write_item(items, record, mask(number))
        sealer.made(1)
    sealer.close()
    return items


def test_every_form_is_here():
    assert set(FAMILY.values()) == set(Items.__subclasses__())


def test_what_is_written_is_there_and_read(form: Callable[[], Items]):
    first, second, third, _ = RECORDS
    for number, record in enumerate((first, third)):
        write_item(form(), record, mask(number))
    items = form()
    assert [items.has(record) for record in RECORDS] == [True, False, True, False]
    assert sorted(items.names()) == sorted([items.name(first), items.name(third)])
    assert [items.read(record).tolist() for record in (first, third)] == [[[0, 0]], [[1, 1]]]
    assert items.keep_whole(RECORDS) == ({first, third}, [])
    with pytest.raises(StoreError, match=r"b%2Fc\.png holds no mask"):
        items.read(second)


def test_what_is_finished_is_there_and_read(form: Callable[[], Items]):
    made(form())
    items = pickle.loads(pickle.dumps(form()))
    assert [items.read(record).tolist() for record in RECORDS] == [[[number, number]] for number in range(4)]
    again = pickle.loads(pickle.dumps(items))
    assert vars(again).keys() == {field.name for field in fields(items)}, "what was read stays in this process"
    assert all(again.has(record) and again.file(record).is_file() for record in RECORDS)
    assert sorted(items.names()) == sorted(map(items.name, RECORDS))
    assert form().keep_whole(RECORDS) == (set(RECORDS), [])
    assert not [path for path in items.folder.rglob("*") if path.name.startswith(".")]


def test_what_is_torn_is_named_and_counts_no_longer(form: Callable[[], Items]):
    items = form()
    for record in RECORDS:
        write_item(items, record, mask(1))
    torn = form().file(RECORDS[1])
    data = bytearray(torn.read_bytes())
    data[len(data) // 2] ^= 255
    torn.write_bytes(data)
    whole, found = form().keep_whole(RECORDS)
    assert whole == {*RECORDS} - {RECORDS[1]}
    assert [str(each).partition(" (")[0] for each in found] == [str(torn)]
    assert not form().has(RECORDS[1])
    assert torn.exists() != isinstance(form(), Files), "a part may hold items of others"
    write_item(form(), RECORDS[1], mask(2))
    assert form().keep_whole(RECORDS) == ({*RECORDS}, [])
    assert form().read(RECORDS[1]).tolist() == mask(2).tolist()
    form().sealer([RECORDS]).close()
    assert form().read(RECORDS[1]).tolist() == mask(2).tolist(), "the copy that is whole is packed"


def test_what_is_not_committed_is_not_there(form: Callable[[], Items]):
    """A file is there at once; of packs a process that is killed before it commits leaves nothing."""
    writer = form().writer()
    writer.write(RECORDS[0], mask(1))
    assert form().has(RECORDS[0]) == isinstance(form(), Files)
    writer.commit()
    assert form().has(RECORDS[0])
    writer.commit()
    assert len(form().names()) == 1


def test_what_was_written_when_something_failed_is_kept(form: Callable[[], Items]):
    def fail() -> None:
        with form().writer() as writer:
            writer.write(RECORDS[0], mask(1))
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        fail()
    assert form().read(RECORDS[0]).tolist() == [[1, 1]]


@pytest.mark.parametrize("kept", [0, 0.2])
def test_a_finished_file_that_is_cut_off_is_removed_and_named(form: Callable[[], Items], kept: float):
    made(form())
    file = form().file(RECORDS[0])
    data = file.read_bytes()
    file.write_bytes(data[: int(kept * len(data))])
    done, torn = form().keep_whole(RECORDS)
    assert torn == [file]
    assert RECORDS[0] not in done
    assert not file.exists()
