"""compare_images: copies are found by name, and neighbours come back as they were written."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from audits import Example

from wsss.errors import StoreError
from wsss.stages.compare_images import read_neighbours


def test_copies_are_found_by_name_and_nothing_else_is(audit_example: Example):
    compared = audit_example.audited.compared
    found = {
        frozenset((compared.images[each.first], compared.images[each.second])): each.way for each in compared.duplicates
    }
    assert found == {frozenset((copy, original)): way for copy, (original, way) in audit_example.copies.items()}


def test_neighbours_are_of_all_images(audit_example: Example):
    audited = audit_example.audited
    assert len(audited.neighbours.index) == len(audited.compared.images) == len(audited.embedded.records)
    assert (np.diff(audited.neighbours.cosine, axis=1) <= 0).all()


def test_neighbours_of_other_images_are_refused(audit_example: Example, tmp_path: Path):
    artifact = replace(audit_example.audited.artifacts["compare_images"], path=tmp_path / "compare_images" / ("0" * 16))
    artifact.items.mkdir(parents=True)
    for index in (np.full((2, 1), 7, dtype=np.int32), np.zeros((2, 2), dtype=np.int32)):
        np.savez(artifact.items / "neighbours.npz", index=index, cosine=np.zeros((2, 1), dtype=np.float32))
        moved = replace(artifact, stage="compare_images", fingerprint="0" * 16)
        with pytest.raises(StoreError, match="holds no neighbours"):
            read_neighbours(moved)
