"""Agreement of a network's masks with those that it learnt from, by hand."""

from pathlib import Path

import numpy as np
import pytest
from toy_runs import drawn_index, made

from wsss.data.index import Index
from wsss.engine.agreement import agreements
from wsss.engine.stage import read_index
from wsss.store.files import MASK, item_name, write_mask
from wsss.store.kinds import MASKS, NETWORK
from wsss.store.store import Artifact, Store


def masks(store: Store, stage: str, rows: dict[str, list[list[int]]], *splits: str, **inputs: Artifact) -> Artifact:
    artifact = store.artifact(stage, f"{len(list(store.root.glob('*'))):016x}")
    artifact.items.mkdir(parents=True)
    for image_id, labels in rows.items():
        write_mask(artifact.items / item_name(image_id, MASK), np.array(labels, dtype=np.uint8))
    return made(artifact, MASKS, summary={"splits": list(splits)}, **inputs)


@pytest.fixture
def store(tmp_path: Path) -> Store:
    return Store(root=tmp_path)


@pytest.fixture
def index(store: Store) -> Index:
    truth = {"a": [[0, 0, 1]], "b": [[0, 0, 0]], "c": [[0, 0, 0]]}
    return read_index(drawn_index(store, truth, train=("a", "b"), val=("c",)))


def test_images_that_were_learnt_from_have_a_number(store: Store, index: Index):
    learnt = masks(store, "make_masks", {"a": [[0, 1, 1]], "b": [[0, 0, 0]]}, "train")
    network = store.artifact("train_segmenter", "9" * 16)
    network.path.mkdir(parents=True)
    made(network, NETWORK, masks=learnt)
    every = {"a": [[0, 0, 1]], "b": [[0, 0, 0]], "c": [[0, 0, 0]]}
    predicted = masks(store, "predict_masks", every, "train", "val", segmenter=network)
    # Of a: background 1/2, cat 1/2. Of b nothing is to be seen.
    assert agreements([learnt, network, predicted], index=index) == {"predict_masks": {"train": {"a": 0.5, "b": None}}}


def test_without_a_network_there_is_none(store: Store, index: Index):
    assert agreements([], index=index) == {}
    assert agreements([masks(store, "make_masks", {}, "train")], index=index) == {}
