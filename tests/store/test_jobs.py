"""The job of an artifact comes back as it was written, and is that of its manifest."""

from pathlib import Path

import pytest
from toy_runs import made

from wsss.errors import StoreError
from wsss.store.jobs import FrozenJob, FrozenOutside, read_job, read_job_of, write_job
from wsss.store.kinds import MASKS
from wsss.store.store import Artifact, Store


@pytest.fixture
def artifact(tmp_path: Path) -> Artifact:
    return Store(root=tmp_path).artifact("make_masks", "0" * 16)


def job(artifact: Artifact) -> FrozenJob:
    return FrozenJob(
        stage=artifact.stage,
        fingerprint=artifact.fingerprint,
        command="wsss run",
        inputs={"maps": ("extract_cams", "1" * 16)},
        outside=(FrozenOutside(key="dataset.root", sources=("/photos",), digest="2" * 16),),
        config={"_target_": "wsss.x.Y", "values": [1, 0.5, None, {"a": True}]},
    )


def test_what_is_written_is_read(artifact: Artifact):
    write_job(artifact, job(artifact))
    assert read_job(artifact.job) == job(artifact)


def test_what_was_just_written_is_not_parsed_but_what_took_its_place(
    artifact: Artifact, monkeypatch: pytest.MonkeyPatch
) -> None:
    write_job(artifact, job(artifact))
    other = artifact.job.read_text(encoding="utf-8").replace("wsss run", "wsss fun")
    with monkeypatch.context() as patch:
        patch.setattr("wsss.store.jobs.read_yaml", None)
        assert read_job(artifact.job) == job(artifact)
    (artifact.path / "other").write_text(other, encoding="utf-8")
    (artifact.path / "other").rename(artifact.job)
    assert read_job(artifact.job).command == "wsss fun"


@pytest.mark.parametrize(
    "change",
    [
        lambda text: "",
        lambda text: "command: by hand\n",
        lambda text: text.replace("extract_cams", "../../elsewhere"),
        lambda text: text.replace("values:", "more: &a [1]\n  again: *a\n  values:"),
        lambda text: f"{text}more: 1\n",
        lambda text: f"{text}{'x' * 1_000_001}",
    ],
    ids=["empty", "another", "a name", "an alias", "a key", "long"],
)
def test_anything_else_is_named(change: "object", artifact: Artifact):
    write_job(artifact, job(artifact))
    artifact.job.write_text(change(artifact.job.read_text(encoding="utf-8")), encoding="utf-8")  # type: ignore[operator]
    with pytest.raises(StoreError, match=r"stage\.yaml cannot be read .*: run again"):
        read_job(artifact.job)


def test_the_job_of_a_finished_artifact_is_the_one_that_it_was_made_from(artifact: Artifact):
    made(artifact, MASKS)
    assert read_job_of(artifact).command == "by hand"
    write_job(artifact, job(artifact))
    with pytest.raises(StoreError, match=r"stage\.yaml is not as it was made"):
        read_job_of(artifact)
