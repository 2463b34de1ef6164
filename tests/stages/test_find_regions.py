"""find_regions: the regions of several finders, one after another."""

from pathlib import Path

import numpy as np
import pytest
import torch
from toy_runs import drawn_index, job

from wsss.engine.batch import Batch
from wsss.engine.stage import Runtime, read_index
from wsss.errors import ConfigError, DataError
from wsss.regions import SLIC, Felzenszwalb, StoredRegions
from wsss.stages.find_regions import FindRegions
from wsss.store.files import read_regions
from wsss.store.store import Store

READS: dict[str, str | None] = {"index": "index_data"}
PIXELS = np.kron(np.random.default_rng(0).integers(0, 256, (4, 6, 3)), np.ones((10, 10, 1))).astype(np.uint8)
"""Squares of one colour each."""


def test_layers_of_all_finders_in_their_order(tmp_path: Path):
    index = drawn_index(Store(root=tmp_path), {"a": [[1]]})
    finders = {"fine": SLIC(segments=9), "coarse": Felzenszwalb(scale=900.0)}
    made = job(Store(root=tmp_path), "find_regions", index=index)
    find = FindRegions(reads=READS, regions=finders).open(made, torch.device("cpu"))
    (layers,) = find(Batch(records=(read_index(index).records["a"],), images=(PIXELS,)))
    first, second = (finder.find(PIXELS) for finder in finders.values())
    assert not np.array_equal(first, second)
    assert np.array_equal(layers, np.concatenate([first, second]))


def test_every_image_of_the_splits_gets_an_item(tmp_path: Path):
    store = Store(root=tmp_path)
    index = drawn_index(store, {i: [[1]] for i in "abc"}, train=("a", "b"), val=("c",))
    made = job(store, "find_regions", index=index)
    stage = FindRegions(reads=READS, regions={"all": SLIC(segments=2)}, runtime=Runtime(device="cpu", workers=0))
    assert stage.processes
    assert stage.run(made)["images"] == 2
    assert read_regions(made.artifact.items / "b.npz").ndim == 3
    assert not (made.artifact.items / "c.npz").exists()


def test_no_finder_and_finders_with_nothing_on_an_image_are_refused(tmp_path: Path):
    with pytest.raises(ConfigError, match="regions: name at least one way of finding them, as regions=superpixels"):
        FindRegions(reads=READS, regions={}).check()
    index = read_index(drawn_index(Store(root=tmp_path), {"a": [[1]]}))
    (tmp_path / "masks").mkdir()
    stage = FindRegions(reads=READS, regions={"stored": StoredRegions(folder=tmp_path / "masks")})
    stage.check()
    with pytest.raises(DataError, match=r"neither a \.json nor a folder of a"):
        stage.check_index(index)
    with pytest.raises(DataError, match="there is no folder"):
        FindRegions(reads=READS, regions={"stored": StoredRegions(folder=tmp_path / "none")}).check()
