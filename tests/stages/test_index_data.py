"""index_data: the index, and where the data set lies today."""

from dataclasses import replace
from pathlib import Path

import pytest
from coco_data import HEIGHT, WIDTH, coco_folder
from PIL import Image
from toy_runs import job, made

from wsss.data.images import read_image
from wsss.data.layouts.coco import COCO
from wsss.data.layouts.folder import Folder
from wsss.data.layouts.toy import Toy
from wsss.engine.stage import Runtime, read_index
from wsss.stages.index_data import IndexData
from wsss.store.digests import Digests
from wsss.store.fingerprint import contents
from wsss.store.kinds import INDEX
from wsss.store.store import Store
from wsss.store.texts import read_json
from wsss.store.verify import check


@pytest.fixture
def photos(tmp_path: Path) -> Path:
    (tmp_path / "my photos" / "images").mkdir(parents=True)
    for name in "abc":
        Image.new("RGB", (8, 6)).save(tmp_path / "my photos" / "images" / f"{name}.png")
    (tmp_path / "my photos" / "labels.csv").write_text("image,labels\na.png,cat;dog\nb.png,cat\nc.png,\n")
    return tmp_path / "my photos"


def test_the_summary_counts_images_and_classes(photos: Path, tmp_path: Path):
    work = job(Store(root=tmp_path / "store"), "index_data")
    summary = IndexData(dataset=Folder(root=photos)).run(work)
    assert sum(summary["images"].values()) == 3
    assert summary["classes"] == {"cat": 2, "dog": 1}
    assert summary["notes"] == []
    index = read_index(made(work.artifact, INDEX))
    assert index.classes == ("cat", "dog")
    assert read_image(index.image_path(index.records["a"])).shape == (6, 8, 3)
    assert str(photos) not in (work.artifact.items / "index.json").read_text(encoding="utf-8")
    assert read_json(work.artifact.items / "index.json", dict)["classes"] == ["cat", "dog"]


def test_what_was_left_out_is_warned_of_and_in_the_summary(
    photos: Path, tmp_path: Path, caplog: pytest.LogCaptureFixture
):
    (photos / "images" / "a.png").write_bytes(b"")
    work = job(Store(root=tmp_path / "store"), "index_data")
    (note,) = IndexData(dataset=Folder(root=photos, on_bad_image="skip", val_fraction=0)).run(work)["notes"]
    assert "1 of 3 images, which cannot be read: images/a.png is empty (0 bytes)" in note
    assert [record.getMessage() for record in caplog.records] == [note]
    assert read_index(made(work.artifact, INDEX)).notes == (note,)


def test_a_data_set_may_move(photos: Path, tmp_path: Path):
    work = job(Store(root=tmp_path / "store"), "index_data")
    IndexData(dataset=Folder(root=photos)).run(work)
    made(work.artifact, INDEX)
    moved = photos.rename(tmp_path / "it's here, 2")
    IndexData(dataset=Folder(root=moved)).relocate(work)
    index = read_index(work.artifact)
    assert index.root == moved
    assert all(index.image_path(record).is_file() for record in index.records.values())


def test_what_is_drawn_lies_in_the_store_and_moves_with_it(tmp_path: Path):
    stage = IndexData(dataset=Toy(train=2, val=1, size=32))
    work = job(Store(root=tmp_path / "store"), "index_data")
    stage.run(work)
    made(work.artifact, INDEX)
    stage.relocate(work)
    assert contents(stage) == {}
    assert (work.artifact.path / "root.txt").read_text() == "."
    (tmp_path / "store").rename(tmp_path / "moved")
    index = read_index(Store(root=tmp_path / "moved").artifact("index_data", work.artifact.fingerprint))
    assert all(index.image_path(record).is_file() for record in index.records.values())


def test_masks_that_are_drawn_share_files_where_runtime_says_so(tmp_path: Path):
    photos = coco_folder(tmp_path / "photos")
    indices = {}
    for pack in (None, 3):
        work = job(Store(root=tmp_path / f"store {pack}"), "index_data")
        IndexData(dataset=COCO(root=photos), runtime=Runtime(pack=pack)).run(work)
        made(work.artifact, INDEX)
        indices[pack] = read_index(work.artifact)
        files = [path for path in work.artifact.items.rglob("*") if path.is_file() and path.name != "index.json"]
        assert len(files) == (len(indices[pack].records) if pack is None else -(-len(indices[pack].records) // pack))
    for i, record in indices[3].records.items():
        assert (indices[3].truth(record) == indices[None].truth(indices[None].records[i])).all()
    files[0].write_bytes(files[0].read_bytes().replace(b"IDAT", b"IDAX", 1))
    assert [each.path for each in check(work.artifact)] == [files[0]]


def test_masks_that_are_drawn_lie_with_the_index_wherever_images_and_store_go(tmp_path: Path):
    photos = coco_folder(tmp_path / "photos")
    before = {path.name for path in photos.rglob("*")}
    work = job(Store(root=tmp_path / "store"), "index_data")
    IndexData(dataset=COCO(root=photos)).run(work)
    made(work.artifact, INDEX)
    assert {path.name for path in photos.rglob("*")} == before
    first = read_index(work.artifact)
    wanted = {i: first.truth(record) for i, record in first.records.items()}
    photos.rename(tmp_path / "elsewhere")
    (tmp_path / "store").rename(tmp_path / "moved")
    artifact = Store(root=tmp_path / "moved").artifact("index_data", work.artifact.fingerprint)
    IndexData(dataset=COCO(root=tmp_path / "elsewhere")).relocate(replace(work, artifact=artifact))
    index = read_index(artifact)
    assert index.root == tmp_path / "elsewhere"
    for i, record in index.records.items():
        assert index.pixels(record).shape[:2] == (HEIGHT, WIDTH)
        assert (index.truth(record) == wanted[i]).all()
    damaged = index.mask_path(index.records["val2014/COCO_val2014_000000000007"])
    assert damaged is not None
    damaged.write_bytes(b"")
    assert [each.path for each in check(artifact)] == [damaged]


def test_the_content_is_every_byte_of_the_data_set(photos: Path, tmp_path: Path):
    def digest() -> str:
        (sources,) = contents(IndexData(dataset=Folder(root=photos))).values()
        return Digests(tmp_path / "none.json").of(sources)

    before = digest()
    assert digest() == before
    Image.new("RGB", (8, 6), "red").save(photos / "images" / "c.png")
    assert digest() != before
