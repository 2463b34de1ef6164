"""Agreement of a network's masks with those that it learnt from, by hand."""

from pathlib import Path

import numpy as np
import pytest
from toy_runs import drawn_index, drawn_masks, drawn_network

from wsss.data.index import Index
from wsss.engine.agreement import NetworkMasks, network_masks, shown_classes
from wsss.engine.stage import read_index
from wsss.store.store import Store


@pytest.fixture
def store(tmp_path: Path) -> Store:
    return Store(root=tmp_path)


@pytest.fixture
def index(store: Store) -> Index:
    truth = {"a": [[0, 0, 1]], "b": [[0, 0, 0]], "c": [[0, 0, 0]]}
    return read_index(drawn_index(store, truth, train=("a", "b"), val=("c",)))


def test_images_that_were_learnt_from_have_a_number(store: Store, index: Index):
    learnt = drawn_masks(store, "make_masks", {"a": [[0, 1, 1]], "b": [[0, 0, 0]]})
    network = drawn_network(store, "train_segmenter", masks=learnt)
    every = {"a": [[0, 0, 1]], "b": [[0, 0, 0]], "c": [[0, 0, 0]]}
    predicted = drawn_masks(
        store, "predict_masks", every, splits=("train", "val"), fingerprint="4" * 16, segmenter=network
    )
    # Of a: background 1/2, cat 1/2. Of b nothing is to be seen.
    assert network_masks([learnt, network, predicted], index=index) == NetworkMasks(
        agreements={"predict_masks": {"train": {"a": 0.5, "b": None}}},
        shown={"predict_masks": {"train": [frozenset({0}), frozenset()], "val": [frozenset()]}},
    )


def test_without_a_network_there_is_none(store: Store, index: Index):
    assert network_masks([], index=index) == NetworkMasks()
    assert network_masks([drawn_masks(store, "make_masks", {})], index=index) == NetworkMasks()


def test_neither_background_nor_ignored_pixels_are_a_class():
    assert shown_classes(np.array([[0, 1, 255], [3, 3, 0]], dtype=np.uint8)) == {0, 2}
