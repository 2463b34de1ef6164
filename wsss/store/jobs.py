"""The frozen job of an artifact, `stage.yaml`: all that a worker gets, and what tells later how a stage was run."""

from pathlib import Path
from typing import Final

from wsss.store.schema import Fingerprint, Plain, StageName, Strict, Text
from wsss.store.store import JOB, Artifact
from wsss.store.texts import from_yaml, read_yaml, write_yaml

REMEDY: Final = "run again"


class FrozenOutside(Strict):
    """What `Outside.frozen` gave."""

    key: Text
    sources: tuple[Text, ...]
    digest: Text


class FrozenJob(Strict):
    """One stage as it is run: its resolved config, and what it reads inside and outside of the store."""

    stage: StageName
    fingerprint: Fingerprint
    identity: Fingerprint | None = None
    """What the fingerprint would be if the stage read nothing of the store; None in jobs of earlier versions."""
    command: Text
    inputs: dict[Text, tuple[StageName, Fingerprint]]
    """Stage and fingerprint of the artifact that plays each role."""
    outside: tuple[FrozenOutside, ...]
    config: Plain


def write_job(artifact: Artifact, job: FrozenJob) -> None:
    """Write a job into the folder of an artifact that is to be made."""
    artifact.path.mkdir(parents=True, exist_ok=True)
    write_yaml(artifact.job, job.model_dump(mode="json"))


def read_job_of(artifact: Artifact) -> FrozenJob:
    """Read the job of a finished artifact; raises `StoreError` where it is not what the artifact was made from."""
    return from_yaml(artifact.content(JOB), FrozenJob, path=artifact.job, remedy=artifact.remedy)


def read_job(path: Path) -> FrozenJob:
    """Read a job; raises `StoreError` for a file that is missing, or holds anything else."""
    return read_yaml(path, FrozenJob, remedy=REMEDY)
