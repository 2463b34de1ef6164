"""Statistics of features in an artifact: read as they were written, and refused where a byte is another."""

from pathlib import Path

import numpy as np
import pytest
from toy_runs import made

from wsss.errors import StoreError
from wsss.models.feature_statistics import FeatureStatistics
from wsss.store.feature_statistics import FILE, read_statistics, write_statistics
from wsss.store.kinds import NETWORK
from wsss.store.store import Artifact, Store

STATISTICS = FeatureStatistics.of(np.random.default_rng(0).normal(size=(20, 5)))


@pytest.fixture
def artifact(tmp_path: Path) -> Artifact:
    artifact = Store(root=tmp_path).artifact("train_segmenter", "0" * 16)
    artifact.items.mkdir(parents=True)
    return artifact


def test_they_are_read_as_they_were_written(artifact: Artifact):
    write_statistics(artifact, STATISTICS)
    first = (artifact.items / FILE).read_bytes()
    write_statistics(artifact, STATISTICS)
    assert (artifact.items / FILE).read_bytes() == first
    found = read_statistics(made(artifact, NETWORK))
    assert found is not None
    assert (found.mean == STATISTICS.mean).all()
    assert (found.variance == STATISTICS.variance).all()
    assert found.limit == STATISTICS.limit


def test_an_artifact_without_them_has_none(artifact: Artifact):
    (artifact.items / "weights.safetensors").write_bytes(b"")
    assert read_statistics(made(artifact, NETWORK)) is None


def test_changed_ones_are_refused(artifact: Artifact):
    write_statistics(artifact, STATISTICS)
    made(artifact, NETWORK)
    path = artifact.items / FILE
    path.write_bytes(path.read_bytes()[:-40])
    with pytest.raises(StoreError, match=r"features\.npz is not as it was made"):
        read_statistics(artifact)


@pytest.mark.parametrize("limit", [[0.0], [np.nan], [1.0, 2.0]])
def test_statistics_that_mean_nothing_are_refused(artifact: Artifact, limit: list[float]):
    ones = np.ones(3, dtype=np.float32)
    np.savez(artifact.items / FILE, mean=ones, variance=ones, limit=np.array(limit))
    with pytest.raises(StoreError, match=r"features\.npz holds no statistics of features"):
        read_statistics(made(artifact, NETWORK))
