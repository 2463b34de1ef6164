"""Scores of boxes: hand-made maps and masks against hand-made boxes."""

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import torch
from builders import score_maps
from toy_runs import drawn_index, drawn_maps, drawn_masks

from wsss.boxes import Box
from wsss.data.index import Index, TrueBox
from wsss.engine import pool
from wsss.engine.box_scores import LEAST, box_scores, boxes_of, squared
from wsss.engine.stage import read_index
from wsss.metrics.boxes import SIDE
from wsss.store.store import Store

NONE = [[0] * 8] * 8
BLOCK = [[0] * 8] * 2 + [[0, 0, 1, 1, 1, 1, 0, 0]] * 4 + [[0] * 8] * 2
RECORDS: dict[str, Any] = {"a": BLOCK, "b": BLOCK, "c": NONE}


def index_of(store: Store, **boxes: Box) -> Index:
    """Cats in a and b, nothing in c; boxes of cats as given."""
    index = read_index(drawn_index(store, RECORDS))
    records = {
        i: replace(record, boxes=(TrueBox(cls=0, box=boxes[i]),)) if i in boxes else record
        for i, record in index.records.items()
    }
    return replace(index, records=records)


INSIDE = Box(left=2, top=2, right=6, bottom=6)
CORNER = Box(left=0, top=0, right=3, bottom=3)


def test_masks_are_scored_by_their_largest_object(tmp_path: Path):
    store = Store(root=tmp_path)
    speck = [[1, 0, 0, 0, 0, 0, 0, 0], *BLOCK[1:]]
    masks = drawn_masks(store, "make_masks", {"a": speck, "b": BLOCK, "c": NONE})
    scores = box_scores([masks], index=index_of(store, a=INSIDE, b=CORNER))
    assert scores == {"make_masks": {"train": {"corloc": 0.5}}}


def test_raw_maps_are_scored_at_the_best_threshold_an_oracle(tmp_path: Path):
    store = Store(root=tmp_path)
    block = torch.tensor(BLOCK).float()[None] * 0.9
    maps = {"a": score_maps([1], block), "b": score_maps([1], block), "c": score_maps([], torch.zeros(0, 8, 8))}
    artifact = drawn_maps(store, "extract_cams", maps)
    both = box_scores([artifact], index=index_of(store, a=INSIDE, b=INSIDE))["extract_cams"]["train"]
    assert both["oracle"] is True
    assert both["max_box_acc_v2"] == pytest.approx(1)
    half = box_scores([artifact], index=index_of(store, a=INSIDE, b=CORNER))["extract_cams"]["train"]
    assert half["max_box_acc_v2"] == pytest.approx(0.5)


def test_processes_share_the_images_and_find_the_same(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    store = Store(root=tmp_path)
    block = torch.tensor(BLOCK).float()[None] * 0.9
    maps = drawn_maps(store, "extract_cams", {i: score_maps([1], block) for i in "abc"})
    masks = drawn_masks(store, "make_masks", {"a": BLOCK, "b": BLOCK, "c": NONE})
    given = {"artifacts": [maps, masks], "index": index_of(store, a=INSIDE, b=CORNER)}
    alone, shared = box_scores(**given), []

    def in_chunks(*items: Any, **options: Any) -> Any:
        shared.append((options["processes"], options.get("least", pool.LEAST)))
        return pool.in_chunks(*items, **{**options, "least": 1})

    monkeypatch.setattr(pool, "CHUNK", 1)
    monkeypatch.setattr("wsss.engine.box_scores.in_chunks", in_chunks)
    assert box_scores(**given, processes=2) == alone
    assert shared == [(2, LEAST), (2, pool.LEAST)]
    assert alone["extract_cams"]["train"]["max_box_acc_v2"] == pytest.approx(0.5)


def test_without_boxes_nothing_is_scored(tmp_path: Path):
    store = Store(root=tmp_path)
    assert box_scores([drawn_masks(store, "make_masks", RECORDS)], index=index_of(store)) == {}


def test_boxes_around_true_masks_stand_in_for_those_that_nobody_drew(tmp_path: Path):
    store = Store(root=tmp_path)
    two = [[1, 1, 0, 0, 0, 255, 2, 2]] * 2 + [[0] * 8] * 2 + [[0, 0, 1, 1, 1, 1, 0, 0]] * 4
    index = read_index(drawn_index(store, {"a": two, "b": BLOCK, "c": NONE, "d": None}))
    index = replace(index, records=index.records | {"b": replace(index.records["b"], classes=(0, 1))})
    by_class = boxes_of(index.records["a"], index=index, boxes="masks")
    assert by_class == {
        0: [Box(left=2, top=4, right=6, bottom=8), Box(left=0, top=0, right=2, bottom=2)],
        1: [Box(left=6, top=0, right=8, bottom=2)],
    }
    assert boxes_of(index.records["b"], index=index, boxes="masks").keys() == {0}, "a tag without a pixel has no box"
    masks = drawn_masks(store, "make_masks", {"a": two, "b": NONE, "c": BLOCK, "d": [[0] * 3] * 2})
    assert box_scores([masks], index=index) == {}
    # Of the cats one of two is found, and the dog is.
    assert box_scores([masks], index=index, boxes="masks") == {"make_masks": {"train": {"corloc": 0.75}}}


def test_a_class_without_a_map_found_nothing():
    maps = score_maps([1], torch.rand(1, 8, 8))
    assert squared(maps, 1).tolist() == torch.zeros(SIDE, SIDE).tolist()
    heat = squared(maps, 0)
    assert (float(heat.min()), float(heat.max())) == (0, 1)


def test_a_split_is_scored_on_its_own_images(tmp_path: Path):
    store = Store(root=tmp_path)
    masks = drawn_masks(store, "make_masks", {"a": BLOCK, "b": BLOCK, "c": NONE})
    index = replace(index_of(store, a=INSIDE, b=CORNER), splits={"train": ("a", "c"), "val": ("b",)})
    assert box_scores([masks], index=index) == {"make_masks": {"train": {"corloc": 1}}}
