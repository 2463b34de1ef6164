"""Derived lists and masks."""

import io
from pathlib import Path

import numpy as np
import pytest
import scipy
from benchmark_data import sbd, sbd_mask, voc12
from coco_data import coco_folder
from data_sets import CAT, draw_mask
from PIL import Image

from wsss.apps.prepare.benchmark import hash_of
from wsss.apps.prepare.derive import (
    check_lists,
    derive_annotated,
    derive_train_aug,
    read_ids,
    read_sbd,
    write_ids,
)
from wsss.apps.prepare.unpack import unpack
from wsss.data.images import read_mask
from wsss.errors import DataError


def sbd_unpacked(folder: Path) -> Path:
    """SBD's stand-in, unpacked."""
    made = sbd()
    (archive,) = made.benchmark.archives
    (folder / "sbd.tgz").write_bytes(made.files[archive.name])
    unpack(archive, folder / "sbd.tgz", folder / "sbd", advance=lambda count: None)
    return folder / "sbd"


def test_train_aug_is_all_but_val_and_keeps_voc_s_own_masks(tmp_path: Path):
    voc12(tmp_path)
    kit, told = tmp_path / "VOCdevkit/VOC2012", []
    own = kit / "SegmentationClass"
    draw_mask(own / "b.png", [255, 12])
    (own / "d.png").unlink()
    derive_train_aug(sbd_unpacked(tmp_path), kit, tmp_path / "made", advance=told.append)
    assert read_ids(tmp_path / "made/ImageSets/Segmentation/train_aug.txt") == ["a", "b", "c", "f", "g"]
    masks = tmp_path / "made/SegmentationClassAug"
    assert sorted(path.stem for path in masks.iterdir()) == list("abcdefg")
    assert (masks / "b.png").read_bytes() == (own / "b.png").read_bytes()
    wanted = np.zeros((4, 6), dtype=np.uint8)
    wanted[1:3, 2:5] = CAT
    for i in "dfg":
        assert (read_mask(masks / f"{i}.png") == wanted).all()
        with Image.open(masks / f"{i}.png") as picture:
            assert picture.mode == "P"
    assert sum(told) == 7


def test_a_mask_that_the_lists_name_and_sbd_lacks(tmp_path: Path):
    voc12(tmp_path)
    unpacked = sbd_unpacked(tmp_path)
    (unpacked / "benchmark_RELEASE/dataset/cls/g.mat").unlink()
    with pytest.raises(DataError, match=r"SBD lacks g\.mat, which its lists name: load it again"):
        derive_train_aug(unpacked, tmp_path / "VOCdevkit/VOC2012", tmp_path / "made", advance=lambda count: None)


def other_matrix() -> bytes:
    file = io.BytesIO()
    scipy.io.savemat(file, {"GTinst": {"Segmentation": np.zeros((2, 2))}})
    return file.getvalue()


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"", "is not one of SBD's masks"),
        (b"<html>" * 100, "is not one of SBD's masks"),
        (other_matrix(), "is not one of SBD's masks"),
        (sbd_mask(np.full((2, 2), 255, dtype=np.uint8)), r"is not a mask of 0 \.\. 20"),
    ],
)
def test_other_files_are_named(content: bytes, words: str, tmp_path: Path):
    (tmp_path / "a.mat").write_bytes(content)
    with pytest.raises(DataError, match=rf"a\.mat {words}"):
        read_sbd(tmp_path / "a.mat")


def test_images_with_an_annotation_are_listed_crowds_included(tmp_path: Path):
    derive_annotated(coco_folder(tmp_path), tmp_path / "made", advance=lambda count: None)
    made = {name: read_ids(tmp_path / f"made/lists/{name}.txt") for name in ("train", "val")}
    assert made == {
        "train": [f"COCO_train2014_{i:012d}" for i in (1, 2, 3)],
        "val": ["COCO_val2014_000000000007"],
    }


def test_annotations_of_another_form_are_named(tmp_path: Path):
    root = coco_folder(tmp_path)
    (root / "annotations/instances_val2014.json").write_text("{}")
    with pytest.raises(DataError, match=r"instances_val2014\.json is not COCO's \(images: Field required\)"):
        derive_annotated(root, tmp_path / "made", advance=lambda count: None)


def test_lists_are_compared_with_those_of_the_papers(tmp_path: Path):
    write_ids(tmp_path / "a.txt", ["x", "y"])
    check_lists(tmp_path, {"a.txt": hash_of(["y", "x"])})
    with pytest.raises(DataError, match=r"a\.txt is not the list of the papers: it has 2 images, and 1 are right"):
        check_lists(tmp_path, {"a.txt": hash_of(["x"])})
    with pytest.raises(DataError, match="it has other images than the list of the papers, though as many"):
        check_lists(tmp_path, {"a.txt": hash_of(["x", "z"])})
    with pytest.raises(DataError, match=r"there is no list .*b\.txt"):
        check_lists(tmp_path, {"b.txt": hash_of(["x"])})
