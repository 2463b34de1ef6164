"""The store: an artifact is complete when, and only when, its manifest is there."""

import hashlib
import json
from importlib import metadata
from pathlib import Path

import pytest
from filelock import Timeout

from wsss.errors import StoreError
from wsss.store import store as module
from wsss.store.store import Artifact, Store


@pytest.fixture
def artifact(tmp_path: Path) -> Artifact:
    return Store(root=tmp_path).artifact("extract_cams", "0123456789abcdef")


def filled(artifact: Artifact) -> Artifact:
    artifact.items.mkdir(parents=True)
    (artifact.items / "a.npz").write_bytes(b"scores")
    (artifact.items / ".b.npz.77").write_bytes(b"half")
    (artifact.path / "history.csv").write_bytes(b"step,name,value\r\n")
    for name in ("stage.yaml", "root.txt", "log.txt"):
        (artifact.path / name).write_bytes(b"not a result")
    return artifact


def complete(artifact: Artifact) -> None:
    artifact.complete(kind="masks", inputs={"index": "f" * 16}, seconds=1.234, threads=1, summary={"images": 1})


def test_artifacts_lie_by_stage_and_fingerprint(artifact: Artifact, tmp_path: Path):
    assert artifact.path == tmp_path / "extract_cams" / "0123456789abcdef"
    assert artifact.items == artifact.path / "items"
    assert artifact.checkpoints == artifact.path / "checkpoints"
    assert Store(root=tmp_path).digests == tmp_path / "digests.bin"


def test_states(artifact: Artifact):
    assert artifact.state() == "run"
    artifact.path.mkdir(parents=True)
    assert artifact.state() == "run"
    artifact.job.touch()
    assert artifact.state() == "resume"
    complete(artifact)
    assert artifact.state() == "cached"
    artifact.manifest_path.unlink()
    assert artifact.state() == "resume"


def test_a_manifest_holds_what_went_in_and_hashes_of_what_came_out(artifact: Artifact):
    complete(filled(artifact))
    manifest = artifact.manifest()
    assert manifest.files == {
        "history.csv": hashlib.sha256(b"step,name,value\r\n").hexdigest(),
        "items/a.npz": hashlib.sha256(b"scores").hexdigest(),
    }
    assert manifest.bytes == len(b"scores") + len(b"step,name,value\r\n")
    assert (manifest.versions["torch"], manifest.threads) == (metadata.version("torch"), 1)
    assert (manifest.stage, manifest.fingerprint) == ("extract_cams", "0123456789abcdef")
    assert (manifest.inputs, manifest.seconds, manifest.summary) == ({"index": "f" * 16}, 1.23, {"images": 1})


def test_the_manifest_is_written_last(artifact: Artifact, monkeypatch: pytest.MonkeyPatch):
    filled(artifact)

    def dies(path: Path) -> str:
        raise KeyboardInterrupt

    monkeypatch.setattr(module, "sha256", dies)
    with pytest.raises(KeyboardInterrupt):
        complete(artifact)
    assert artifact.state() == "resume"
    assert not artifact.manifest_path.exists()


def test_completing_twice_leaves_the_same_hashes(artifact: Artifact):
    complete(filled(artifact))
    first = artifact.manifest()
    artifact.manifest_path.unlink()
    complete(artifact)
    assert artifact.manifest().files == first.files


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ('{"format": 2}', r"0123456789abcdef/manifest\.json was written by a newer wsss: update wsss"),
        ("{}", r"0123456789abcdef/manifest\.json cannot be read \(format: Field required\): delete it"),
    ],
    ids=["newer", "of no format"],
)
def test_manifests_of_other_versions_are_refused(artifact: Artifact, text: str, message: str):
    artifact.path.mkdir(parents=True)
    artifact.manifest_path.write_text(text)
    with pytest.raises(StoreError, match=message):
        artifact.manifest()


def test_torn_and_missing_manifests_are_named(artifact: Artifact):
    complete(filled(artifact))
    text = artifact.manifest_path.read_text()
    artifact.manifest_path.write_text(text[: len(text) // 2])
    for _ in range(2):
        with pytest.raises(StoreError, match=r"manifest\.json cannot be read .* delete it"):
            artifact.manifest()
        artifact.manifest_path.unlink(missing_ok=True)


def test_a_manifest_is_json_without_nan(artifact: Artifact):
    filled(artifact)
    with pytest.raises(ValueError, match="not JSON compliant"):
        artifact.complete(kind="masks", inputs={}, seconds=0.0, threads=1, summary={"map": float("nan")})
    assert artifact.state() == "resume"
    complete(artifact)
    assert json.loads(artifact.manifest_path.read_text()) == artifact.manifest().model_dump(mode="json")


def test_one_process_holds_an_artifact(artifact: Artifact):
    with artifact.lock(), pytest.raises(Timeout):
        artifact.lock().acquire(timeout=0)
    with artifact.lock().acquire(timeout=0):
        assert not artifact.path.exists()


def test_folders_that_no_artifact_is_named_like_are_not_listed(artifact: Artifact, tmp_path: Path):
    complete(filled(artifact))
    for name in ("notes", "0123", "0123456789ABCDEF"):
        (tmp_path / "extract_cams" / name).mkdir()
        (tmp_path / "extract_cams" / name / "stage.yaml").touch()
    assert Store(root=tmp_path).artifacts() == [artifact]


def test_sweeping_takes_what_is_unfinished_and_nothing_else(artifact: Artifact):
    filled(artifact).sweep()
    names = {path.name for path in artifact.path.rglob("*") if path.is_file()}
    assert names == {"a.npz", "history.csv", "stage.yaml", "root.txt", "log.txt"}
