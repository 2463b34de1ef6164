"""The toy data set: complete, the same every time, and independent of how much of it is asked for."""

from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from wsss.data.images import read_image, read_mask, read_size
from wsss.data.index import Index
from wsss.data.layouts.toy import Toy
from wsss.errors import ConfigError
from wsss.labels import palette


@pytest.fixture(scope="module")
def index(tmp_path_factory: pytest.TempPathFactory) -> Index:
    return Toy(train=12, val=6, size=64).index(tmp_path_factory.mktemp("toy"))


def test_records_describe_the_files(index: Index):
    assert {name: len(ids) for name, ids in index.splits.items()} == {"train": 12, "val": 6}
    for record in index.records.values():
        mask_path = index.mask_path(record)
        assert mask_path is not None
        mask = read_mask(mask_path)
        assert read_size(index.image_path(record)) == record.size
        assert mask.shape == (record.size.height, record.size.width)
        assert set(np.unique(mask).tolist()) - {0, 255} == {c + 1 for c in record.classes}


def test_all_classes_negatives_and_shapes_occur(index: Index):
    train = index.split("train")
    assert {c for record in train for c in record.classes} == {0, 1, 2, 3}
    assert any(not record.classes for record in train)
    assert {(record.size.height, record.size.width) for record in train} == {(64, 64), (56, 64), (64, 56)}


def test_masks_are_palette_pngs(index: Index):
    path = index.mask_path(index.split("train")[0])
    assert path is not None
    with Image.open(path) as mask:
        assert mask.mode == "P"
        assert mask.getpalette() == palette().ravel().tolist()


def test_an_image_depends_on_its_number_alone(index: Index, tmp_path: Path):
    fewer = Toy(train=2, val=3, size=64, limit=2).index(tmp_path)
    assert fewer.splits == {"train": ("train_0000", "train_0001"), "val": ("val_0000", "val_0001")}
    for record in fewer.records.values():
        assert record == index.records[record.id]
        assert fewer.image_path(record).read_bytes() == index.image_path(record).read_bytes()
        assert (tmp_path / str(record.mask)).read_bytes() == (index.root / str(record.mask)).read_bytes()


def test_splits_and_random_seeds_give_other_images(index: Index, tmp_path: Path):
    other = Toy(train=1, val=1, size=64, random_seed=1).index(tmp_path)
    images = [
        read_image(i.image_path(i.records[name])).tobytes()
        for i, name in ((index, "train_0000"), (index, "val_0000"), (other, "train_0000"))
    ]
    assert len(set(images)) == 3


def test_nothing_lies_on_disk_beforehand():
    toy = Toy(train=1, val=1)
    assert toy.sources() == ()
    assert Path("into") / toy.home() == Path("into")


def test_all_numbers_that_are_too_small_are_named():
    with pytest.raises(ConfigError) as caught:
        Toy(train=0, val=1, size=8, random_seed=-1)
    assert caught.value.problems == (
        "dataset.train: 0 is too small; use 1 or more",
        "dataset.size: 8 is too small; use 32 or more",
        "dataset.random_seed: -1 is too small; use 0 or more",
    )


def test_a_marker_goes_with_its_class(tmp_path: Path):
    plain, marked = (
        Toy(train=24, val=2, size=64, marker=marker).index(tmp_path / str(marker)) for marker in (None, "snail")
    )
    differ = [
        record.id
        for record in plain.split("train")
        if (plain.pixels(record) != marked.pixels(marked.records[record.id])).any()
    ]
    snails = [record.id for record in plain.split("train") if 2 in record.classes]
    assert len(set(snails) & set(differ)) > 0.6 * len(snails)
    assert len(set(differ) - set(snails)) < 0.25 * len(differ)


def test_a_marker_of_no_class_is_refused():
    with pytest.raises(ConfigError, match=r"dataset\.marker: there is no class 'cat'"):
        Toy(train=1, val=1, marker="cat")
