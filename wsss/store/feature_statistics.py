"""Statistics of the features of the images that a network learnt from: a small file beside its weights."""

from typing import Final

import numpy as np

from wsss.models.feature_statistics import FeatureStatistics
from wsss.store import arrays
from wsss.store.store import ITEMS, Artifact
from wsss.store.texts import whole

FILE: Final = "features.npz"
MOST_CHANNELS: Final = 100_000


def write_statistics(artifact: Artifact, statistics: FeatureStatistics) -> None:
    """Write statistics as npz among the items; bytes depend on them alone."""
    artifact.items.mkdir(parents=True, exist_ok=True)
    limit = np.array([statistics.limit], dtype=np.float64)
    with whole(artifact.items / FILE) as hidden, hidden.open("wb") as file:
        np.savez(file, allow_pickle=False, mean=statistics.mean, variance=statistics.variance, limit=limit)


def read_statistics(artifact: Artifact) -> FeatureStatistics | None:
    """Read the statistics of an artifact; None where it has none. Raises `StoreError` where they were changed."""
    name = f"{ITEMS}/{FILE}"
    if name not in artifact.manifest().files:
        return None
    artifact.content(name)  # compares its hash
    with arrays.opened(artifact.file(name), what="statistics of features") as archive:
        mean, variance = (archive.read(name, dtype=np.float32, most=(MOST_CHANNELS,)) for name in ("mean", "variance"))
        (limit,) = archive.read("limit", dtype=np.float64, most=(1,)).tolist()
        return FeatureStatistics(mean=mean, variance=variance, limit=limit)
