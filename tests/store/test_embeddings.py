"""Embeddings are read in the order of the splits, and refused where they are of two networks."""

from pathlib import Path

import numpy as np
import pytest
from toy_runs import drawn_index, made

from wsss.engine.stage import read_index
from wsss.errors import StoreError
from wsss.store.embeddings import read_embeddings
from wsss.store.files import encode_embedding
from wsss.store.kinds import EMBEDDINGS
from wsss.store.store import Artifact, Store


def embedded(store: Store, channels: dict[str, int], *, splits: list[str]) -> Artifact:
    artifact = store.artifact("embed_images", "3" * 16)
    artifact.items.mkdir(parents=True)
    for number, (image, count) in enumerate(channels.items()):
        embedding = np.full(count, number, dtype=np.float16)
        (artifact.items / f"{image}.npz").write_bytes(encode_embedding(embedding))
    return made(artifact, EMBEDDINGS, summary={"splits": splits})


@pytest.mark.parametrize(("splits", "expected"), [([], ["c", "a", "b"]), (["val"], ["a", "b"])])
def test_rows_are_in_the_order_of_the_splits(tmp_path: Path, splits: list[str], expected: list[str]):
    store = Store(root=tmp_path)
    index = read_index(drawn_index(store, {i: [[1]] for i in "abc"}, train=("c", "a"), val=("a", "b")))
    found = read_embeddings(embedded(store, {"a": 2, "b": 2, "c": 2}, splits=splits), index)
    assert [record.id for record in found.records] == expected
    assert found.rows[:, 0].tolist() == ["abc".index(i) for i in expected]


def test_embeddings_of_two_networks_are_refused(tmp_path: Path):
    store = Store(root=tmp_path)
    index = read_index(drawn_index(store, {i: [[1]] for i in "ab"}))
    with pytest.raises(StoreError, match=r"b\.npz holds 3 channels, .*a\.npz 2"):
        read_embeddings(embedded(store, {"a": 2, "b": 3}, splits=[]), index)
