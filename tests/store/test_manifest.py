"""A manifest is read as it was written; the contract of broken ones is in test_garbage.py."""

import json
from pathlib import Path
from typing import Any

import pytest
from pydantic import ValidationError
from toy_runs import freeze

from wsss.errors import NewerError, StoreError
from wsss.store.manifest import read_manifest
from wsss.store.store import Store


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


def test_one_of_a_newer_version_is_refused_also_where_it_looks_as_it_does_today(tmp_path: Path):
    artifact = Store(root=tmp_path).artifact("index_data", "0" * 16)
    freeze(artifact)
    artifact.complete(kind="index", inputs={}, seconds=0.0, threads=1, summary={})
    path = artifact.manifest_path
    said = json.loads(path.read_text(encoding="utf-8"))
    assert read_manifest(path).format == said["format"]
    path.write_text(json.dumps(said | {"format": said["format"] + 1}), encoding="utf-8")
    with pytest.raises(NewerError, match="newer wsss"):
        read_manifest(path)


@pytest.mark.parametrize("wrong", [{"inputs": {"index": "elsewhere"}}, {"seconds": float("nan")}])
def test_one_that_could_not_be_read_is_not_written(wrong: dict[str, Any], tmp_path: Path):
    artifact = Store(root=tmp_path).artifact("index_data", "0" * 16)
    freeze(artifact)
    with pytest.raises(ValidationError, match=next(iter(wrong))):
        artifact.complete(**{"kind": "index", "inputs": {}, "seconds": 0.0, "threads": 1, "summary": {}, **wrong})
    assert not artifact.manifest_path.exists()


def test_a_process_parses_it_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    artifact = Store(root=tmp_path).artifact("index_data", "0" * 16)
    freeze(artifact)
    artifact.complete(kind="index", inputs={}, seconds=0.0, threads=1, summary={})
    monkeypatch.setattr("wsss.store.read_once.SETTLED", -60.0)
    assert read_manifest(artifact.manifest_path) is read_manifest(artifact.manifest_path)
