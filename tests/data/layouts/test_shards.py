"""Shards give what the unpacked folder gives, and say what is wrong with them."""

import json
from pathlib import Path

import pytest
from archives import files_of, shards, tar_of, zip_of
from data_sets import draw_image

from wsss.data.index import Index
from wsss.data.layouts.folder import Folder
from wsss.data.layouts.shards import Shards
from wsss.errors import ConfigError, DataError
from wsss.places import Span

SPLITS = {"train": "train-*", "val": "val-*"}


def test_the_same_pixels_masks_and_classes_as_the_unpacked_folder(tmp_path: Path):
    packed = Shards(root=shards(tmp_path / "shards"), masks="seg.png", splits=SPLITS).index(tmp_path)
    folder = Folder(root=tmp_path / "unpacked", masks="masks").index(tmp_path)
    assert packed.classes == folder.classes
    assert {split: [i.split("/")[1] for i in ids] for split, ids in packed.splits.items()} == {
        split: list(ids) for split, ids in folder.splits.items()
    }
    for record in packed.records.values():
        other = folder.records[record.id.split("/")[1]]
        assert (record.classes, record.size) == (other.classes, other.size)
        assert (packed.pixels(record) == folder.pixels(other)).all()
        assert (packed.truth(record) == folder.truth(other)).all()


def test_an_index_says_where_images_lie_and_no_list_is_read_again(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    made = Shards(root=shards(tmp_path / "shards"), masks="seg.png", splits=SPLITS).index(tmp_path)
    text = made.to_json()
    assert json.loads(text)["records"][0]["image_span"][0] == 512
    monkeypatch.setattr("wsss.data.archives._listed", lambda _: pytest.fail("a list is read"))
    index = Index.from_json(text.encode(), root=tmp_path / "shards")
    assert index.records == made.records
    for record in index.records.values():
        assert isinstance(index.image_path(record), Span)
        assert index.pixels(record).shape == (4, 6, 3)
        assert index.truth(record) is not None
    with pytest.raises(DataError, match="this is not an index"):
        Index.from_json(text.replace("[512,", "[-1,").encode(), root=tmp_path)


@pytest.mark.parametrize("name", ["photos.tar", "photos.zip"])
def test_an_archive_of_a_folder_is_read_as_the_folder(name: str, tmp_path: Path):
    shards(tmp_path / "shards")
    pack = tar_of if name.endswith("tar") else zip_of
    path = pack(tmp_path / name, files_of(tmp_path / "unpacked"))
    unpacked = Folder(root=tmp_path / "unpacked", masks="masks")
    packed = Folder(root=path, masks="masks")
    assert packed.sources() == (path,)
    assert Folder.found_at(path, {}) == {"labels": "labels.csv", "masks": "masks"}
    assert Shards.found_at(path, {}) is None
    one, two = packed.index(tmp_path), unpacked.index(tmp_path)
    assert (one.splits, one.notes) == (two.splits, two.notes)
    for record in one.records.values():
        assert isinstance(one.mask_path(record), Span)
        assert (one.pixels(record) == two.pixels(two.records[record.id])).all()
        assert (one.truth(record) == two.truth(two.records[record.id])).all()


def test_splits_of_the_json_or_of_a_hash_or_of_patterns(tmp_path: Path):
    draw_image(tmp_path / "a.png", key=0)
    data = (tmp_path / "a.png").read_bytes()

    def made(told: str, **options: object) -> dict[str, tuple[str, ...]]:
        for shard in "01":
            files = {}
            for i in range(3):
                split = ',"split":"val"' if told and i == 0 else ',"split":"train"' if told else ""
                files |= {f"{i}.png": data, f"{i}.json": f'{{"label":"cat"{split}}}'.encode()}
            tar_of(tmp_path / "s" / f"{shard}.tar", files)
        layout = Shards(root=tmp_path / "s", **options)  # type: ignore[arg-type]
        return dict(layout.listing(tmp_path).splits)

    assert made("json")["val"] == ("0.tar/0", "1.tar/0")
    assert {split: len(ids) for split, ids in made("").items()} == {"train": 5, "val": 1}
    assert len(made("", val_fraction=0.9)["val"]) > 1
    assert made("json", splits={"train": "1.*"}) == {"train": ("1.tar/0", "1.tar/1", "1.tar/2")}
    note = "1 of 2 archives, which no split of dataset.splits names: 0.tar"
    assert any(note in each for each in Shards(root=tmp_path / "s", splits={"train": "1.*"}).listing(tmp_path).notes)


def test_labels_separators_and_classes(tmp_path: Path):
    draw_image(tmp_path / "a.png", key=0)
    data = (tmp_path / "a.png").read_bytes()
    files = {"a.png": data, "a.cls": b"1", "a.txt": b"cat|dog", "b.png": data, "b.cls": b"0", "b.txt": b""}
    root = tar_of(tmp_path / "s.tar", files)
    numbers = Shards(root=root, classes=("dog", "cat"), val_fraction=0).index(tmp_path)
    assert [record.classes for record in numbers.records.values()] == [(1,), (0,)]
    texts = Shards(root=root, labels="txt", separator="|", val_fraction=0).index(tmp_path)
    assert [record.classes for record in texts.records.values()] == [(0, 1), ()]


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"labels": "xml"}, "dataset.labels: 'xml' is not an ending of labels; use json, cls, txt"),
        ({"separator": ""}, "dataset.separator: is empty"),
        ({"val_fraction": 1.0}, "dataset.val_fraction"),
    ],
)
def test_options_that_nobody_can_mean(options: dict[str, object], words: str, tmp_path: Path):
    with pytest.raises(ConfigError, match=words):
        Shards(root=tmp_path, **options)  # type: ignore[arg-type]


def test_what_is_wrong_with_shards(tmp_path: Path):
    def refusal(name: str = "s.tar") -> str:
        with pytest.raises(DataError) as raised:
            Shards(root=tmp_path / name).index(tmp_path)
        return str(raised.value)

    assert "has no archive, .tar or .zip: set `dataset.root`" in refusal("")
    assert "has no archive, .tar or .zip, that 's-*.tar' stands for: set `dataset.root`" in refusal("s-*.tar")
    (tmp_path / "0.tar.gz").touch()
    assert "has no archive, .tar or .zip, but 0.tar.gz, which is compressed" in refusal("")
    tar_of(tmp_path / "s.tar", {"a.txt": b"cat"})
    assert "s.tar holds no image: put a `key.jpg` with a `key.txt` there" in refusal()
    assert "there is no archive" in refusal("{s,t}.tar")
    draw_image(tmp_path / "a.png", key=0)
    data = (tmp_path / "a.png").read_bytes()
    tar_of(tmp_path / "s.tar", {"a.png": data, "b.png": data, "b.txt": b"cat"})
    assert "s.tar/a.png has no labels beside it" in refusal()
    tar_of(tmp_path / "s.tar", {"a.png": data[:50], "a.txt": b"cat", "b.png": data, "b.txt": b"cat"})
    assert "s.tar/a.png is damaged" in refusal()
    (tmp_path / "s.tar").write_bytes((tmp_path / "s.tar").read_bytes()[:700])
    assert "s.tar is not a whole tar or zip" in refusal()
