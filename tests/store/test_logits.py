"""Logits of a training: read as they were written, an epoch a file, and refused where files do not fit."""

from pathlib import Path

import numpy as np
import pytest
from toy_runs import made

from wsss.errors import StoreError
from wsss.store.kinds import NETWORK
from wsss.store.logits import read_logits, write_logits
from wsss.store.store import Artifact, Store


def epoch(number: int, *, images: int = 3) -> dict[str, np.ndarray]:
    train = np.full((images, 2), number, dtype=np.float16)
    train[0] = np.nan
    return {"train": train, "val": np.full((1, 2), 10 + number, dtype=np.float16)}


@pytest.fixture
def artifact(tmp_path: Path) -> Artifact:
    artifact = Store(root=tmp_path).artifact("train_classifier", "0" * 16)
    artifact.items.mkdir(parents=True)
    return artifact


def test_epochs_are_read_in_order(artifact: Artifact):
    for number in (10, 2, 0):
        write_logits(artifact, number, **epoch(number))
    found = read_logits(made(artifact, NETWORK))
    assert found is not None
    assert found.train[:, 1, 0].tolist() == [0, 2, 10]
    assert np.isnan(found.train[:, 0]).all()
    assert found.val.tolist() == [[[10, 10]], [[12, 12]], [[20, 20]]]


def test_a_training_that_kept_none_has_none(artifact: Artifact):
    (artifact.items / "weights.safetensors").write_bytes(b"")
    assert read_logits(made(artifact, NETWORK)) is None


def test_epochs_of_other_images_are_refused(artifact: Artifact):
    write_logits(artifact, 0, **epoch(0))
    write_logits(artifact, 1, **epoch(1, images=4))
    with pytest.raises(StoreError, match=r"00001\.npz holds no logits of an epoch \(train has the shape \(4, 2\)"):
        read_logits(made(artifact, NETWORK))


def test_a_torn_epoch_is_named(artifact: Artifact):
    write_logits(artifact, 0, **epoch(0))
    made(artifact, NETWORK)
    path = artifact.items / "logits" / "00000.npz"
    path.write_bytes(path.read_bytes()[:-40])
    with pytest.raises(StoreError, match=r"00000\.npz holds no logits"):
        read_logits(artifact)
