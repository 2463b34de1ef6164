"""Formats of items, beyond what `contracts/test_formats.py` asks of all of them: names, bytes and colours."""

import re
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from itertools import combinations
from pathlib import Path

import numpy as np
import pytest
import torch
from builders import score_maps, write_scores
from PIL import Image

from wsss.store.files import (
    FLAT,
    MASK,
    SCORES,
    are_whole_scores,
    is_whole_mask,
    item_name,
    item_place,
    read_scores,
    write_mask,
)
from wsss.types import ScoreMaps, Size

STRANGE = [
    "2007_000033",
    "a",
    "A b",
    "a/b",
    "a%2Fb",
    "a_b",
    "it's (1)",
    'say "cheese"',
    "..",
    "../../etc/passwd",
    "/etc/passwd",
    ".hidden",
    "%2Ehidden",
    "-rf",
    "~",
    "a:b*c?d<e>f|g\\h",
    "line\nbreak",
    "кот на диване",
    "猫",
    "cafe\u0301",
    "caf\u00e9",
    "epoch=3,a",
    "x" * 300,
    "x" * 301,
    "猫" * 80,
    "猫" * 79 + "犬",
]


@pytest.mark.parametrize("image_id", STRANGE)
def test_names_are_safe_and_inside_the_folder(image_id: str, tmp_path: Path):
    name = item_name(image_id, SCORES)
    assert re.fullmatch(r"[\w %.()'~-]+\.npz", name, flags=re.ASCII)
    assert not name.startswith(".")  # hidden files are unfinished ones
    assert len(name) <= 220
    assert (tmp_path / name).resolve().parent == tmp_path.resolve()
    write_scores(tmp_path / name, score_maps([1], [[[0.5]]]))
    assert [path.name for path in tmp_path.iterdir()] == [name]


def test_names_of_different_ids_differ():
    for a, b in combinations(STRANGE, 2):
        assert item_name(a, MASK) != item_name(b, MASK), (a, b)


def test_ordinary_names_stay_as_they_are():
    assert item_name("2007_000033", MASK) == "2007_000033.png"
    assert item_name("cat (1)", SCORES) == "cat (1).npz"


def test_bytes_of_scores_depend_on_the_maps_alone(tmp_path: Path):
    scores = torch.rand(2, 3, 4)
    transposed = scores.permute(2, 1, 0).contiguous().permute(2, 1, 0)  # as a network may leave it in memory
    for name, same in (("a", scores), ("b", transposed), ("c", scores.clone())):
        write_scores(tmp_path / name, score_maps([1, 7], same))
    first, *others = [(tmp_path / name).read_bytes() for name in "abc"]
    assert others == [first, first]
    write_scores(tmp_path / "d", score_maps([1, 8], scores))
    assert (tmp_path / "d").read_bytes() != first


def test_scores_are_small_and_open_without_this_package(tmp_path: Path):
    write_scores(tmp_path / "a.npz", score_maps([0, 20], torch.zeros(2, 100, 125), size=(400, 500)))
    assert (tmp_path / "a.npz").stat().st_size < 2000
    with np.load(tmp_path / "a.npz") as arrays:
        assert {name: arrays[name].dtype.name for name in arrays} == {
            "labels": "uint8",
            "scores": "float16",
            "size": "int32",
        }
        assert arrays["size"].tolist() == [400, 500]


def test_scores_are_read_on_many_threads(tmp_path: Path):
    maps = ScoreMaps(labels=torch.tensor([1]), scores=torch.full((1, 4, 4), 0.5), size=Size(height=16, width=16))
    write_scores(tmp_path / "a.npz", maps)
    with ThreadPoolExecutor(8) as pool:
        found = list(pool.map(read_scores, [tmp_path / "a.npz"] * 200))
    assert all(torch.equal(each.scores, maps.scores) for each in found)


def test_masks_show_the_colours_of_voc(tmp_path: Path):
    write_mask(tmp_path / "a.png", np.array([[0, 1, 15, 255]], dtype=np.uint8))
    with Image.open(tmp_path / "a.png") as picture:
        assert picture.mode == "P"
        assert np.array(picture).tolist() == [[0, 1, 15, 255]]
        # As in the devkit's own masks: background, aeroplane, person, void.
        shown = np.array(picture.convert("RGB")).tolist()
    assert shown == [[[0, 0, 0], [128, 0, 0], [192, 128, 128], [224, 224, 192]]]


def test_folders_of_more_than_ten_thousand_items_are_divided():
    assert item_place("a", MASK, among=FLAT) == "a.png"
    assert re.fullmatch(r"[0-9a-f]{2}/a\.png", item_place("a", MASK, among=FLAT + 1))


def test_a_mask_with_a_byte_that_changed_is_not_whole(tmp_path: Path):
    path, labels = tmp_path / "a.png", np.random.default_rng(0).integers(0, 5, size=(40, 30), dtype=np.uint8)
    write_mask(path, labels)
    assert is_whole_mask(path, Size(height=40, width=30))
    data = bytearray(path.read_bytes())
    data[-40] ^= 1
    path.write_bytes(bytes(data))
    assert not is_whole_mask(path, Size(height=40, width=30))


def test_peaks_are_kept_in_full_and_need_not_be_there(tmp_path: Path):
    maps = replace(score_maps([1, 3], torch.rand(2, 4, 4)), peaks=torch.tensor([12345.678, 1e-7]))
    write_scores(tmp_path / "a.npz", maps)
    assert torch.equal(read_scores(tmp_path / "a.npz").peaks, maps.peaks)
    assert are_whole_scores(tmp_path / "a.npz", maps.size)
    write_scores(tmp_path / "b.npz", replace(maps, peaks=None))
    assert read_scores(tmp_path / "b.npz").peaks is None
