"""A manifest is read as it was written; the contract of broken ones is in test_garbage.py."""

from pathlib import Path

import pytest

from wsss.errors import NewerError, StoreError
from wsss.store.manifest import read_manifest


def test_one_of_a_newer_version_is_told_apart_from_a_torn_one(tmp_path: Path):
    path = tmp_path / "manifest.json"
    path.write_text('{"format": 2, "more": 1}', encoding="utf-8")
    with pytest.raises(NewerError, match=r"manifest\.json was written by a newer wsss: update wsss"):
        read_manifest(path)
    for text in ('{"format": 1}', '{"format": "9"}', '{"format": 2', "[]", "{}"):
        path.write_text(text, encoding="utf-8")
        with pytest.raises(StoreError, match=r"manifest\.json cannot be read") as refused:
            read_manifest(path)
        assert not isinstance(refused.value, NewerError)
