"""The index: what it refuses, and that it survives being written."""

from dataclasses import replace
from pathlib import Path

import pytest

from wsss.data.index import Index, Record
from wsss.errors import DataError
from wsss.types import Size


def record(name: str, *classes: int, mask: str | None = None) -> Record:
    return Record(id=name, image=f"images/{name}.png", size=Size(height=4, width=6), classes=classes, mask=mask)


def index(*records: Record, **splits: list[str]) -> Index:
    return Index.of(records, classes=("cat", "dog"), splits=splits, root=Path("/data"))


def test_an_index_survives_being_written() -> None:
    made = index(record("a b", 0, 1, mask="masks/a b.png"), record("ü"), train=["a b"], val=["ü", "a b"])
    assert Index.from_json(made.to_json(), root=made.root) == made
    noted = replace(made, notes=("a.png is left out",), white=4095)
    assert Index.from_json(noted.to_json(), root=made.root) == noted


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
    ],
)
def test_a_torn_index_is_refused(text: str) -> None:
    with pytest.raises(DataError, match="this is not an index"):
        Index.from_json(text, root=Path("/data"))
