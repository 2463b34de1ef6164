"""The index: what it refuses, and that it survives being written."""

from dataclasses import MISSING, fields, replace
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from wsss.boxes import Box
from wsss.data.index import Index, Record, TrueBox
from wsss.errors import DataError
from wsss.types import Size


def record(name: str, *classes: int, mask: str | None = None) -> Record:
    return Record(id=name, image=f"images/{name}.png", size=Size(height=4, width=6), classes=classes, mask=mask)


def index(*records: Record, **splits: list[str]) -> Index:
    return Index.of(records, classes=("cat", "dog"), splits=splits, root=Path("/data"))


def test_an_index_survives_being_written() -> None:
    made = index(record("a b", 0, 1, mask="masks/a b.png"), record("ü"), train=["a b"], val=["ü", "a b"])
    assert Index.from_json(made.to_json().encode(), root=made.root) == made
    noted = replace(made, notes=("a.png is left out",), white=4095)
    assert Index.from_json(noted.to_json().encode(), root=made.root) == noted


def test_every_field_of_an_index_survives_at_another_value_than_its_default() -> None:
    beside = Path("/run")
    made = replace(
        index(record("a"), train=["a"]), drawn=beside, white=4095, long_side=500, notes=("a.png is left out",)
    )
    for field in fields(made):
        assert field.default is MISSING or getattr(made, field.name) != field.default, f"give {field.name} a value here"
    assert Index.from_json(made.to_json().encode(), root=made.root, beside=beside) == made


def test_images_and_masks_are_read_at_the_size_of_their_record(tmp_path: Path) -> None:
    pixels = np.random.default_rng(0).integers(0, 256, size=(40, 60, 3), dtype=np.uint8)
    labels = np.repeat(np.arange(3, dtype=np.uint8), 20)[None].repeat(40, axis=0)
    Image.fromarray(pixels).save(tmp_path / "a.png")
    Image.fromarray(labels).save(tmp_path / "m.png")
    one = Record(id="a", image="a.png", size=Size(height=20, width=30), classes=(), mask="m.png")
    made = Index.of([one], classes=("cat", "dog"), splits={"train": ["a"]}, root=tmp_path, long_side=30)
    truth = made.truth(one)
    assert truth is not None
    assert (truth == labels[::2, ::2]).all()
    small = made.pixels(one)
    assert small.shape == (20, 30, 3)
    blocks = pixels.reshape(20, 2, 30, 2, 3).mean(axis=(1, 3))
    assert np.abs(small - blocks).mean() < np.abs(small - blocks.mean(axis=(0, 1))).mean() / 2
    whole = replace(made, long_side=None)
    assert (whole.pixels(one) == pixels).all()
    assert (replace(made, long_side=60).truth(one) == labels).all()
    assert made.truth(replace(one, mask=None)) is None


def test_splits_keep_their_order_and_a_union_has_every_image_once() -> None:
    made = index(record("a"), record("b"), train=["b", "a"], val=["a"])
    assert [r.id for r in made.split("train")] == ["b", "a"]
    assert [r.id for r in made.union(["val", "train"])] == ["a", "b"]


def test_paths_start_at_the_root() -> None:
    made = index(record("a", mask="masks/a.png"), record("b"), train=["a", "b"])
    assert made.image_path(made.records["a"]) == Path("/data/images/a.png")
    assert made.mask_path(made.records["a"]) == Path("/data/masks/a.png")
    assert made.mask_path(made.records["b"]) is None


@pytest.mark.parametrize(
    ("records", "splits", "said"),
    [
        ([record("a")], {"train": []}, "split 'train' is empty"),
        ([record("a")], {"train": ["b"]}, "split 'train' lists images that are not there: b"),
        ([record("a", 2)], {"train": ["a"]}, "image 'a' has classes"),
        ([record("a", 1, 0)], {"train": ["a"]}, "image 'a' has classes"),
        ([record("a"), record("a")], {"train": ["a"]}, "two images have the id 'a'"),
    ],
)
def test_an_impossible_index_is_refused(records: list[Record], splits: dict[str, list[str]], said: str) -> None:
    with pytest.raises(DataError, match=said):
        index(*records, **splits)


def test_an_unknown_split_is_refused_with_the_known_ones() -> None:
    with pytest.raises(DataError, match="there is no split 'test'; this data set has: train, val: choose among them"):
        index(record("a"), train=["a"], val=["a"]).split("test")


GOOD = index(record("a", 1), train=["a"]).to_json()


@pytest.mark.parametrize(
    "text",
    [
        "",
        "{}",
        '{"classes": ["a"], "splits": {}, "records": [1]}',
        "[" * 200_000,
        GOOD.replace("4", "4.5"),
        GOOD.replace("6", "0"),
        GOOD.replace("4", '"4"'),
        GOOD.replace('"width": 6', '"width": 6, "depth": 3'),
        GOOD.replace('"id": "a"', '"id": "a", "name": "b"'),
        GOOD.replace('"notes": []', '"remarks": []'),
        GOOD.replace('"records"', '"others"'),
        GOOD[:-3],
        GOOD + "{}",
    ],
)
def test_a_torn_index_is_refused(text: str) -> None:
    assert text != GOOD
    with pytest.raises(DataError, match="this is not an index"):
        Index.from_json(text.encode(), root=Path("/data"))


def test_the_place_of_what_is_wrong_is_named() -> None:
    text = index(record("a", 1), record("b", 1), train=["a", "b"]).to_json().replace('"id": "b"', '"id": 5')
    with pytest.raises(DataError, match=r"\(records\.1\.id: Input should be a valid string\): delete the artifact"):
        Index.from_json(text.encode(), root=Path("/data"))


def test_true_boxes_survive_and_an_index_without_them_says_nothing_of_them() -> None:
    record = Record(id="a", image="a.jpg", size=Size(height=8, width=9), classes=(1,))
    box = TrueBox(cls=1, box=Box(left=0, top=1.5, right=3, bottom=4))
    boxed = Index.of([replace(record, boxes=(box,))], classes=("cat", "dog"), splits={"train": ["a"]}, root=Path())
    assert Index.from_json(boxed.to_json().encode(), root=Path()) == boxed
    plain = Index.of([record], classes=("cat", "dog"), splits={"train": ["a"]}, root=Path())
    assert "boxes" not in plain.to_json()
    with pytest.raises(DataError, match="boxes of other classes"):
        Index.of(
            [replace(boxed.records["a"], classes=(0,))], classes=("cat", "dog"), splits={"train": ["a"]}, root=Path()
        )
