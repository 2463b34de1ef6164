"""Packs: which items share one, when it is written, and that its bytes depend on nothing else."""

import os
import zipfile
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from builders import write_item

from wsss.data.index import Index, Record
from wsss.errors import StoreError
from wsss.size import Size
from wsss.store.kinds import MASKS
from wsss.store.loose import members_of, parts_in
from wsss.store.packs import Packs
from wsss.store.store import Store
from wsss.store.verify import check, refuse_changed, repair
from wsss.testing.stages import contents

RECORDS = tuple(Record(id=each, image="", size=Size(height=1, width=2), classes=()) for each in "abcdefgh")
BATCHES = [RECORDS[:2], RECORDS[2:4], RECORDS[4:5], RECORDS[5:8]]


@pytest.fixture
def packs(tmp_path: Path) -> Packs:
    return Packs(folder=tmp_path / "items", format=MASKS.format, images=8, pack=3)


def fresh(packs: Packs) -> Packs:
    """The same, as another process finds it."""
    return replace(packs)


def make(packs: Packs, records: Sequence[Record]) -> None:
    """One process makes these."""
    with packs.writer() as writer:
        for record in records:
            writer.write(record, np.full((1, 2), ord(record.id), dtype=np.uint8))


def loose(packs: Packs) -> list[list[str]]:
    """What each part holds."""
    return sorted([each.name for each in members_of(part)[0]] for part in parts_in(packs.loose))


def names(packs: Packs) -> dict[str, list[str]]:
    found = {}
    for path in sorted(packs.packs.glob("*.zip")):
        with zipfile.ZipFile(path) as archive:
            assert archive.testzip() is None
            found[path.name] = archive.namelist()
    return found


WHOLE = {
    "00000000.zip": ["a.png", "b.png", "c.png", "d.png"],
    "00000004.zip": ["e.png", "f.png", "g.png", "h.png"],
}


def test_whole_batches_are_packed_as_soon_as_they_are_there(packs: Packs):
    sealer = packs.sealer(BATCHES)
    make(packs, RECORDS[:3])
    assert loose(packs) == [["a.png", "b.png", "c.png"]]
    sealer.made(3)
    assert names(packs) == {}
    make(packs, RECORDS[3:6])
    sealer.made(2)
    assert names(packs) == {}, "it looks after as many images as a pack has"
    sealer.made(1)
    assert names(packs) == dict(list(WHOLE.items())[:1])
    assert loose(packs) == [["d.png", "e.png", "f.png"]], "a part is kept until all that it holds is packed"
    make(packs, RECORDS[6:])
    sealer.close()
    assert names(packs) == WHOLE
    assert sorted(path.name for path in packs.packs.iterdir()) == sorted(WHOLE)


def test_a_part_to_which_its_process_may_add_stays_to_the_end(packs: Packs):
    sealer = packs.sealer(BATCHES)
    make(packs, RECORDS[:2])
    make(packs, RECORDS[2:4])
    sealer.made(4)
    assert names(packs) == dict(list(WHOLE.items())[:1])
    assert loose(packs) == [["a.png", "b.png"], ["c.png", "d.png"]]
    make(packs, RECORDS[4:])
    sealer.close()
    assert not packs.loose.exists()


def test_bytes_depend_neither_on_the_order_nor_on_interruptions_nor_on_who_packs(packs: Packs, tmp_path: Path):
    make(packs, RECORDS)
    packs.sealer(BATCHES).close()
    whole = contents(packs.folder)

    other = replace(packs, folder=tmp_path / "other")
    make(other, RECORDS[:3:-1])
    first = other.sealer(BATCHES)
    first.made(4)  # and it is killed
    assert list(names(other)) == ["00000004.zip"]
    late = fresh(other).sealer(BATCHES)
    make(other, RECORDS[:4])
    late.made(4)
    first.made(4)
    fresh(other).sealer(BATCHES).close()
    first.close()
    assert contents(other.folder) == whole


def test_what_was_packed_when_its_packer_died_is_not_packed_twice(packs: Packs):
    make(packs, RECORDS)
    packs.sealer(BATCHES).close()
    whole = contents(packs.folder)
    make(packs, RECORDS[:2])  # loose ones that were not deleted yet
    assert fresh(packs).keep_whole(RECORDS) == (set(RECORDS), [])
    fresh(packs).sealer(BATCHES).close()
    assert contents(packs.folder) == whole


def test_another_size_of_packs_keeps_those_that_are_there(packs: Packs):
    make(packs, RECORDS[:4])
    packs.sealer(BATCHES).made(4)
    smaller = replace(packs, pack=1)
    make(smaller, RECORDS[4:])
    smaller.sealer(BATCHES).close()
    assert names(smaller) == {
        "00000000.zip": WHOLE["00000000.zip"],
        "00000004.zip": ["e.png"],
        "00000005.zip": ["f.png", "g.png", "h.png"],
    }


def test_an_item_that_is_there_is_not_taken(packs: Packs, tmp_path: Path):
    (tmp_path / "other.png").write_bytes(b"of another artifact")
    make(packs, RECORDS[:1])
    with fresh(packs).writer() as writer:
        writer.take(RECORDS[0], tmp_path / "other.png")
        writer.take(RECORDS[1], tmp_path / "other.png")
    assert sorted(loose(packs)) == [["a.png"], ["b.png"]]


def test_items_that_are_taken_away_are_missed(packs: Packs):
    make(packs, RECORDS[1:])
    with pytest.raises(StoreError, match="items were taken away while they were made: run again"):
        packs.sealer(BATCHES).close()
    assert packs.has(RECORDS[1]), "the others are kept"


def test_an_item_that_was_changed_in_its_pack_is_named_with_it(packs: Packs):
    make(packs, RECORDS)
    packs.sealer(BATCHES).close()
    path = packs.packs / "00000000.zip"
    items, data = fresh(packs), bytearray(path.read_bytes())
    assert items.has(RECORDS[0])
    for change, said in ((0, "torn"), (32, "torn"), (60, "holds no mask")):
        changed = bytearray(data)
        changed[change] ^= 255
        path.write_bytes(bytes(changed))
        with pytest.raises(
            StoreError, match=rf"00000000\.zip \(a\.png\) holds no mask .*{said if change < 60 else ''}"
        ):
            items.read(RECORDS[0])
    path.write_bytes(bytes(data[:50]))
    with pytest.raises(StoreError, match=r"\(a\.png\) holds no mask .*delete it and the manifest"):
        items.read(RECORDS[0])
    with pytest.raises(StoreError, match=r"00000000\.zip is not a whole pack"):
        fresh(packs).read(RECORDS[0])


@pytest.fixture
def index(tmp_path: Path) -> Index:
    return Index.of(RECORDS, classes=("cat",), splits={"train": [each.id for each in RECORDS]}, root=tmp_path)


def test_packs_are_verified_repaired_and_made_again(index: Index, tmp_path: Path):
    artifact = Store(root=tmp_path).artifact("make_masks", "0" * 16)
    items = MASKS.new_items(artifact, index, pack=3)
    make(items, RECORDS)
    items.sealer(BATCHES).close()
    artifact.job.write_text("{}", encoding="utf-8")
    artifact.complete(kind="masks", inputs={}, seconds=0.0, threads=1, summary={})
    assert set(artifact.manifest().files) == {f"items/packs/{name}" for name in WHOLE}
    assert check(artifact) == []
    whole, torn = contents(artifact.items), artifact.items / "packs" / "00000004.zip"
    refuse_changed(artifact, torn)
    torn.write_bytes(torn.read_bytes()[:-10])
    with pytest.raises(StoreError, match=r"00000004\.zip is not as it was made: `wsss store verify --repair"):
        refuse_changed(artifact, torn)
    damages = check(artifact)
    assert [(damage.path, damage.harm) for damage in damages] == [(torn, "damaged")]
    assert repair(artifact, damages)
    again = MASKS.new_items(artifact, index, pack=None)
    assert again.keep_whole(RECORDS) == (set(RECORDS[:4]), [])
    make(again, RECORDS[4:])
    again.sealer(BATCHES).close()
    assert contents(artifact.items) == whole


def test_a_result_keeps_the_form_in_which_it_was_begun(index: Index, tmp_path: Path):
    files, packs = (Store(root=tmp_path).artifact("make_masks", each * 16) for each in "01")
    for artifact, first, then in ((files, None, 3), (packs, 3, None)):
        begun = MASKS.new_items(artifact, index, pack=first)
        write_item(begun, RECORDS[0], np.zeros((1, 2), dtype=np.uint8))
        again = MASKS.new_items(artifact, index, pack=then)
        assert type(again) is type(begun)
        assert again.keep_whole(RECORDS) == ({RECORDS[0]}, [])
        artifact.discard()
        assert type(MASKS.new_items(artifact, index, pack=then)) is not type(begun)


def test_an_older_process_sees_packs_that_were_written_again(packs: Packs):
    make(packs, RECORDS)
    packs.sealer(BATCHES).close()
    assert packs.has(RECORDS[0])
    path = packs.packs / "00000000.zip"
    path.unlink()
    assert fresh(packs).keep_whole(RECORDS)[0] == set(RECORDS[4:])
    os.utime(packs.packs / "00000004.zip")
    assert fresh(packs).read(RECORDS[5]).tolist() == [[ord("f")] * 2]
