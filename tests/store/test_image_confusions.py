"""The file of images' confusions: as it was written, or refused."""

from pathlib import Path

import numpy as np
import pytest
from toy_runs import made

from wsss.errors import StoreError
from wsss.metrics.image_confusions import sparse_rows
from wsss.store.image_confusions import FILE, read_image_confusions, write_image_confusions
from wsss.store.kinds import TABLE
from wsss.store.store import Artifact, Store

ROWS = sparse_rows(np.array([[[3, 1], [0, 2]], [[4, 0], [0, 0]]]), labels=2)


@pytest.fixture
def evaluation(tmp_path: Path) -> Artifact:
    artifact = Store(root=tmp_path).artifact("evaluate", "1" * 16)
    artifact.items.mkdir(parents=True)
    write_image_confusions(artifact.items / FILE, {"make_masks/val": ROWS})
    return made(artifact, TABLE)


def test_rows_come_back(evaluation: Artifact):
    found = read_image_confusions(evaluation, "make_masks/val", images=2, labels=2)
    assert found.toarray().tolist() == ROWS.toarray().tolist()


@pytest.mark.parametrize(("images", "labels"), [(1, 2), (3, 2), (2, 1)])
def test_rows_of_another_data_set_are_refused(evaluation: Artifact, images: int, labels: int):
    with pytest.raises(StoreError, match="holds no confusions of images"):
        read_image_confusions(evaluation, "make_masks/val", images=images, labels=labels)


def test_a_changed_file_is_refused(evaluation: Artifact):
    path = evaluation.items / FILE
    path.write_bytes(path.read_bytes()[:-1])
    with pytest.raises(StoreError, match="is not as it was made"):
        read_image_confusions(evaluation, "make_masks/val", images=2, labels=2)
