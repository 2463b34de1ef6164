"""The frozen job of an artifact, `stage.yaml`: all that a worker gets, and what tells later how a stage was run."""

import json
from pathlib import Path
from typing import Final

from wsss.paths import is_regular
from wsss.store.digests import state_of
from wsss.store.schema import Fingerprint, Plain, StageName, Strict, Text
from wsss.store.store import JOB, Artifact
from wsss.store.texts import from_json, from_yaml, read_yaml, write_yaml

REMEDY: Final = "run again"
SMALL: Final = 10**5
"""Bytes of a job that is not checked against the bounds of `wsss.store.texts`: it is far within them."""

_written: dict[Path, tuple[list[int], str]] = {}
"""State and content, as JSON, of the job that this process wrote last, which it reads next."""


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
    plain = job.model_dump(mode="json")
    write_yaml(artifact.job, plain)
    _written.clear()
    state = state_of(artifact.job)
    if state[0] <= SMALL:
        _written[artifact.job] = state, json.dumps(plain)


def read_job_of(artifact: Artifact) -> FrozenJob:
    """Read the job of a finished artifact; raises `StoreError` where it is not what the artifact was made from."""
    return from_yaml(artifact.content(JOB), FrozenJob, path=artifact.job, remedy=artifact.remedy)


def read_job(path: Path) -> FrozenJob:
    """Read a job; raises `StoreError` for a file that is missing, or holds anything else.

    One that this process has just written is not parsed anew as long as the file stays as it was.
    """
    written = _written.get(path)
    if written is not None and is_regular(path) and state_of(path) == written[0]:
        return from_json(written[1], FrozenJob, path=path, remedy=REMEDY)
    return read_yaml(path, FrozenJob, remedy=REMEDY)
