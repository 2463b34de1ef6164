"""The folder of a node in its sweep's: the job, what its process printed, where it runs and how far it is."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from wsss.apps.sweep.graph import Node
from wsss.errors import StoreError
from wsss.run.worker import frozen_job
from wsss.store.jobs import FrozenJob
from wsss.store.schema import Plain, Strict, Text
from wsss.store.texts import read_bytes, read_json, write_json, write_text

JOB: Final = "job.json"
LOG: Final = "log.txt"
FAILED: Final = "failed.txt"
PROGRESS: Final = "progress.json"
PLACE: Final = "place.json"


class NodeJob(Strict):
    """All that the process of a node gets."""

    store: Text
    launcher: Plain
    job: FrozenJob


class Place(Strict):
    """Where a node is made."""

    host: str
    device: str


class Progress(Strict):
    """How far a node is."""

    title: str
    done: float
    total: float | None
    rate: str
    left: float | None
    """Seconds."""


@dataclass(frozen=True, kw_only=True)
class NodeFolder:
    """One node's files."""

    path: Path

    @classmethod
    def of(cls, sweep: Path, *, stage: str, fingerprint: str) -> "NodeFolder":
        """Return the folder of an artifact's node in the folder of a sweep."""
        return cls(path=sweep / "nodes" / f"{stage}.{fingerprint}")

    @property
    def log(self) -> Path:
        """What the node's processes printed, of all attempts."""
        return self.path / LOG

    def write(self, node: Node) -> None:
        """Write the job, and forget what an earlier attempt left but for its log."""
        self.path.mkdir(parents=True, exist_ok=True)
        for name in (FAILED, PROGRESS, PLACE):
            (self.path / name).unlink(missing_ok=True)
        job = NodeJob(
            store=str(node.run.store.root),
            launcher=dict(node.run.config["launcher"]),
            job=frozen_job(node.step, command=node.run.command),
        )
        write_text(self.path / JOB, job.model_dump_json())

    def job(self) -> NodeJob:
        """Read the job."""
        return read_json(self.path / JOB, NodeJob, remedy="start the sweep again")

    def say_where(self, **place: Any) -> None:
        """Note where the node is made."""
        write_json(self.path / PLACE, Place(**place).model_dump())

    def where(self) -> Place | None:
        """Return where the node was made last; None where that is not known."""
        try:
            return read_json(self.path / PLACE, Place)
        except StoreError:
            return None

    def progress(self) -> Progress | None:
        """Return how far the node is; None where nobody has said."""
        try:
            return read_json(self.path / PROGRESS, Progress)
        except StoreError:
            return None

    def say_failed(self, problem: str) -> None:
        """Note why the node failed."""
        self.path.mkdir(parents=True, exist_ok=True)
        write_text(self.path / FAILED, problem)

    def failure(self) -> str | None:
        """Return why the node failed; None where it did not say so itself."""
        if not (self.path / FAILED).exists():
            return None
        return read_bytes(self.path / FAILED).decode(errors="replace")
