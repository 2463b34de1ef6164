"""Packs in a bucket, from the first batch to their end as garbage."""

import pickle
import re
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pytest
from builders import write_item
from object_storage import connect, disconnect, new_bucket, objects_in, server

from wsss.data.index import Index, Record
from wsss.errors import StoreError
from wsss.objects import delete, put
from wsss.size import Size
from wsss.store.garbage import delete as delete_artifact, entries
from wsss.store.items import Items
from wsss.store.kinds import MASKS
from wsss.store.packs import Packs
from wsss.store.pointers import forget_below, is_pointer, is_unchanged, object_size, pointed_at, read_pointer, store_id
from wsss.store.store import Artifact, Store
from wsss.store.verify import check, refuse_changed, repair
from wsss.testing.stages import contents

RECORDS = tuple(Record(id=each, image="", size=Size(height=1, width=2), classes=()) for each in "abcdefg")
BATCHES = [RECORDS[:2], RECORDS[2:4], RECORDS[4:]]


@pytest.fixture
def bucket(monkeypatch: pytest.MonkeyPatch) -> str:
    return new_bucket(monkeypatch)


@pytest.fixture
def artifact(tmp_path: Path) -> Artifact:
    return Store(root=tmp_path / "runs").artifact("make_masks", "0" * 16)


def items_of(artifact: Artifact, bucket: str | None) -> Items:
    index = Index.of(RECORDS, classes=("cat",), splits={"train": list("abcdefg")}, root=artifact.root)
    return MASKS.new_items(artifact, index, pack=3, bucket=bucket and f"{bucket}/folder/")


def make(items: Items, records: Sequence[Record] = RECORDS) -> None:
    for record in records:
        write_item(items, record, np.full((1, 2), ord(record.id), dtype=np.uint8))


def made(artifact: Artifact, bucket: str | None) -> Artifact:
    """A finished artifact, whose packs lie in the bucket."""
    items = items_of(artifact, bucket)
    make(items)
    items.sealer(BATCHES).close()
    artifact.job.write_text("{}", encoding="utf-8")
    artifact.complete(kind="masks", inputs={}, seconds=0.0, threads=1, summary={})
    return artifact


def pointers(artifact: Artifact) -> list[Path]:
    return sorted(artifact.items.rglob("*.zip.json"))


def test_packs_lie_in_the_bucket_and_their_lists_in_the_store(artifact: Artifact, bucket: str, tmp_path: Path):
    made(artifact, bucket)
    here = Store(root=tmp_path / "local").artifact("make_masks", "0" * 16)
    local = {Path(name).name: data for name, data in contents(made(here, None).items).items()}
    where = f"folder/{store_id(artifact.root)}/make_masks/{'0' * 16}"
    assert objects_in(bucket) == {f"{where}/{name}": data for name, data in local.items()}
    assert [path.name for path in pointers(artifact)] == ["00000000.zip.json", "00000004.zip.json"]
    assert set(artifact.manifest().files) == {f"items/packs/{path.name}" for path in pointers(artifact)}
    assert artifact.manifest().bytes == sum(map(len, local.values())) + sum(
        p.stat().st_size for p in pointers(artifact)
    )
    items = pickle.loads(pickle.dumps(items_of(artifact, None)))
    assert [items.read(record).tolist() for record in RECORDS] == [[[ord(r.id)] * 2] for r in RECORDS]
    assert sorted(items.names()) == [f"{record.id}.png" for record in RECORDS]
    assert items.file(RECORDS[0]) == pointers(artifact)[0]
    assert items.keep_whole(RECORDS) == (set(RECORDS), [])
    assert items.format.read(items.place(RECORDS[2]), RECORDS[2].size).tolist() == [[ord("c")] * 2]


def test_an_interruption_keeps_the_objects_that_are_there(artifact: Artifact, bucket: str):
    first = items_of(artifact, bucket)
    make(first, RECORDS[:5])
    first.sealer(BATCHES).made(5)
    assert len(objects_in(bucket)) == 1
    again = items_of(artifact, bucket)
    assert again.keep_whole(RECORDS) == (set(RECORDS[:5]), [])
    make(again, RECORDS[4:])
    again.sealer(BATCHES).close()
    assert len(objects_in(bucket)) == 2
    assert items_of(artifact, None).keep_whole(RECORDS) == (set(RECORDS), [])


def test_what_was_begun_elsewhere_goes_on_here(artifact: Artifact, bucket: str):
    first = items_of(artifact, bucket)
    make(first, RECORDS[:4])
    first.sealer(BATCHES).made(4)
    again = items_of(artifact, None)
    make(again, RECORDS[4:])
    again.sealer(BATCHES).close()
    assert sorted(path.name for path in (artifact.items / "packs").iterdir()) == ["00000000.zip.json", "00000004.zip"]
    assert [items_of(artifact, None).read(record)[0, 0] for record in RECORDS] == [ord(each.id) for each in RECORDS]


def test_an_object_that_is_gone_or_changed_is_told_and_made_again(artifact: Artifact, bucket: str):
    made(artifact, bucket)
    whole = objects_in(bucket)
    assert check(artifact) == []
    for harm in (
        delete,
        lambda url: put(url, b"another"),
        lambda url: put(url, bytes(object_size(pointers(artifact)[1]))),
    ):
        pointer = pointers(artifact)[1]
        harm(read_pointer(pointer).url)
        damages = check(artifact)
        assert [(each.path, each.harm) for each in damages] == [(pointer, "damaged")]
        with pytest.raises(StoreError, match=r"00000004\.zip"):
            items_of(artifact, None).read(RECORDS[5])
        assert repair(artifact, damages)
        again = items_of(artifact, bucket)
        assert again.keep_whole(RECORDS) == (set(RECORDS[:4]), [])
        make(again, RECORDS[4:])
        again.sealer(BATCHES).close()
        artifact.complete(kind="masks", inputs={}, seconds=0.0, threads=1, summary={})
        assert objects_in(bucket) == whole


def test_a_stage_that_goes_on_misses_objects_that_are_gone(artifact: Artifact, bucket: str):
    made(artifact, bucket)
    artifact.manifest_path.unlink()
    delete(read_pointer(pointers(artifact)[0]).url)
    pointer = pointers(artifact)[0]
    assert items_of(artifact, bucket).keep_whole(RECORDS) == (set(RECORDS[4:]), [pointer])
    assert not pointer.exists()


def test_a_pointer_that_was_changed_is_told(artifact: Artifact, bucket: str):
    made(artifact, bucket)
    pointer = pointers(artifact)[0]
    refuse_changed(artifact, pointer)
    text = pointer.read_text(encoding="utf-8")
    pointer.write_text(text.replace("a.png", "h.png"), encoding="utf-8")
    with pytest.raises(StoreError, match="is not as it was made"):
        refuse_changed(artifact, pointer)
    with pytest.raises(StoreError, match=r"00000000\.zip\.json \(h\.png\) holds no mask .*torn"):
        items_of(artifact, None).format.read(pointed_at(pointer)[0], RECORDS[0].size)
    for other, said in (
        (text.replace("s3://", "file://"), "is not the address of an object"),
        (re.sub(r'"starts":\[0,', '"starts":[', text), "lists differ in length"),
        (re.sub(r'"starts":\[0,', '"starts":[-1,', text), "greater than or equal to 0"),
        (text[:-9], r"delete it and the manifest\.json"),
    ):
        pointer.write_text(other, encoding="utf-8")
        with pytest.raises(StoreError, match=rf"00000000\.zip\.json cannot be read .*{said}"):
            items_of(artifact, None).has(RECORDS[0])
        assert not is_unchanged(pointer)


def test_garbage_is_collected_in_the_bucket_too(artifact: Artifact, bucket: str):
    made(artifact, bucket)
    put(f"{bucket}/of somebody else", b"1")
    (entry,) = entries(Store(root=artifact.root))
    assert entry.size == artifact.manifest().bytes
    assert delete_artifact(entry, roots=set)
    assert list(objects_in(bucket)) == ["of somebody else"]
    assert not artifact.path.exists()


def test_what_data_that_changed_made_is_discarded_in_the_bucket_too(artifact: Artifact, bucket: str):
    make(items_of(artifact, bucket), RECORDS[:4])
    items_of(artifact, bucket).sealer(BATCHES).made(4)
    assert len(objects_in(bucket)) == 1
    artifact.discard()
    assert objects_in(bucket) == {}


def test_objects_of_others_are_not_deleted(artifact: Artifact, bucket: str):
    made(artifact, bucket)
    pointer = pointers(artifact)[0]
    text, url = pointer.read_text(encoding="utf-8"), read_pointer(pointer).url
    others = [
        f"{bucket}/secret",
        url.replace(store_id(artifact.root), "mine"),
        url.replace("make_masks", "refine_cams"),
        url.replace("00000000.zip", "00000008.zip"),
    ]
    for other in others:
        put(other, b"1")
        pointer.write_text(text.replace(url, other), encoding="utf-8")
        forget_below(artifact.path)
    assert {f"{bucket}/{name}" for name in objects_in(bucket)} >= {*others, url}


def test_a_bucket_that_does_not_answer_harms_nothing(artifact: Artifact, bucket: str, monkeypatch: pytest.MonkeyPatch):
    made(artifact, bucket)
    (entry,) = entries(Store(root=artifact.root))
    items = items_of(artifact, bucket)
    with monkeypatch.context() as context:
        disconnect(context)
        assert items.has(RECORDS[0]), "lists lie in the store"
        for call in (
            lambda: items.read(RECORDS[0]),
            lambda: check(artifact),
            lambda: items.keep_whole(RECORDS),
            lambda: delete_artifact(entry, roots=set),
        ):
            with pytest.raises(StoreError, match=r"^s3://.*00000000\.zip cannot be reached"):
                call()
        make(Packs(folder=artifact.items, format=MASKS.format, images=7, pack=3, url=f"{bucket}/other"))
    connect(monkeypatch, server())
    assert len(pointers(artifact)) == len(objects_in(bucket)) == 2
    assert delete_artifact(entry, roots=set), "it is collected the next time"
    assert objects_in(bucket) == {}


def test_an_upload_that_fails_costs_nothing_that_was_made(
    artifact: Artifact, bucket: str, monkeypatch: pytest.MonkeyPatch
):
    items = items_of(artifact, bucket)
    make(items)
    with monkeypatch.context() as context:
        disconnect(context)
        with pytest.raises(StoreError, match=r"cannot be reached .*run again: what was made is kept"):
            items.sealer(BATCHES).close()
    connect(monkeypatch, server())
    again = items_of(artifact, bucket)
    assert again.keep_whole(RECORDS) == (set(RECORDS), [])
    again.sealer(BATCHES).close()
    assert len(objects_in(bucket)) == 2


def test_a_store_keeps_its_id(tmp_path: Path):
    first = store_id(tmp_path / "runs")
    assert store_id(tmp_path / "runs") == first != store_id(tmp_path / "other")
    assert [path.name for path in (tmp_path / "runs").iterdir()] == [".objects"]
    (tmp_path / "runs" / ".objects").write_text("../..", encoding="utf-8")
    with pytest.raises(StoreError, match=r"\.objects is not the id of a store: delete it"):
        store_id(tmp_path / "runs")


def test_a_pointer_lies_among_packs(tmp_path: Path):
    assert is_pointer(tmp_path / "packs" / "00000000.zip.json")
    assert not is_pointer(tmp_path / "packs" / "00000000.zip")
    assert not is_pointer(tmp_path / "items" / "of an image.zip.json")
