"""The three shapes of a stage, in which files, shards, resume and progress are written once.

*Map*: one image in, one small file out. *Reduce*: everything in, one table out. *Fit* (`wsss.stages.fit`): a network out.
"""

from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, ClassVar, Generic, Literal, TypeVar

import torch

from wsss.artifacts.formats import item_name
from wsss.artifacts.store import Artifact
from wsss.data.index import Index, Record
from wsss.errors import ConfigError
from wsss.stages import shard
from wsss.training.loggers import LoggerOptions, NoLogger

Loaded = TypeVar("Loaded")
Result = TypeVar("Result")


@dataclass(frozen=True, kw_only=True)
class Runtime:
    """How a stage is run: none of it changes what comes out, so none of it enters the fingerprint."""

    device: Literal["auto", "cpu", "cuda"] = "auto"
    workers: int | None = None
    """Processes of what is bound to the CPU, and loader workers; all cores where it is not given."""
    logger: LoggerOptions = field(default_factory=NoLogger)

    def torch_device(self) -> torch.device:
        """Return the device; raises `ConfigError` where a GPU is asked for and none is there."""
        found = torch.cuda.is_available()
        if self.device == "cuda" and not found:
            raise ConfigError(["device=cuda, but torch sees no GPU here: use device=cpu, or device=auto"])
        return torch.device("cuda" if found and self.device != "cpu" else "cpu")


@dataclass(frozen=True, kw_only=True)
class Job:
    """What a stage gets when it runs: where to write, and the finished artifacts it reads, by role."""

    artifact: Artifact
    inputs: Mapping[str, Artifact]
    command: str = ""
    """The command line of the run, for the report."""

    def index(self) -> Index:
        """Read the index of the data set."""
        return read_index(self.inputs["index"])

    def folders(self) -> dict[str, Path]:
        """Return the items of every input by role: what the core, which knows no artifacts, is given."""
        return {role: artifact.items for role, artifact in self.inputs.items()}


def read_index(artifact: Artifact) -> Index:
    """Read the index that `index_data` wrote, with the root that the data set has today."""
    root = (artifact.path / "root.txt").read_text(encoding="utf-8")
    text = (artifact.items / "index.json").read_text(encoding="utf-8")
    return Index.from_json(text, root=artifact.items / root)


@dataclass(frozen=True, kw_only=True)
class Stage(ABC):
    """One step of the pipeline. Fields are its config; `reads` names the stage that plays each role."""

    version: ClassVar[int] = 1
    """Raise it when the same config would now give another result: old artifacts are then made anew."""
    roles: ClassVar[tuple[str, ...]] = ()
    """What the stage reads, always."""

    reads: dict[str, str] = field(default_factory=dict)
    runtime: Runtime = field(default_factory=Runtime)

    def check(self) -> None:
        """Raise a `WsssError` for what can be known to be wrong before anything runs."""
        missing = [role for role in self.needed_roles() if role not in self.reads]
        if missing:
            raise ConfigError([f"reads: no stage plays the role {role!r}" for role in missing])
        self.runtime.torch_device()

    def needed_roles(self) -> tuple[str, ...]:
        """Return the roles that this configuration reads."""
        return self.roles

    def content(self) -> dict[str, tuple[Path, ...]]:
        """Return the files outside the store that the result depends on, by the dotted key that names them."""
        return {}

    def relocate(self, artifact: Artifact) -> None:
        """Bring a cached artifact up to date with paths that are no part of its fingerprint."""
        return

    @abstractmethod
    def run(self, job: Job) -> dict[str, Any]:
        """Make the artifact, or go on where it stopped, and return what the manifest says of it."""


class ItemWorker(ABC, Generic[Loaded, Result]):
    """The three steps of an image through a Map stage."""

    @abstractmethod
    def load(self, record: Record) -> Loaded:
        """Read what the image needs; called on loader threads."""

    @abstractmethod
    def compute(self, batch: Sequence[Loaded]) -> Sequence[Result]:
        """Work on a batch, on the device."""

    @abstractmethod
    def write(self, path: Path, result: Result) -> None:
        """Write one image's item; called on writer threads."""


@dataclass(frozen=True, kw_only=True)
class Map(Stage):
    """One image in, one file out, in batches that follow from the index alone."""

    roles: ClassVar[tuple[str, ...]] = ("index",)
    suffix: ClassVar[str]
    """Ending of the items' names."""
    processes: ClassVar[bool] = False
    """Whether the work is bound to the CPU and spread over processes, each with one thread."""

    splits: tuple[str, ...] = ("train",)

    @abstractmethod
    def open(self, job: Job, device: torch.device) -> ItemWorker[Any, Any]:
        """Load what all images need."""

    def batches(self, index: Index) -> list[tuple[Record, ...]]:
        """Return which images are worked on together."""
        return [(record,) for record in index.union(self.splits)]

    def run(self, job: Job) -> dict[str, Any]:
        """Make the items of this process's share of the batches that are not there yet."""
        batches = self.batches(job.index())
        made = shard.run(self, job, batches)
        return {"images": sum(len(batch) for batch in batches), "made": made}


@dataclass(frozen=True, kw_only=True)
class Reduce(Stage):
    """Everything in, a few files out."""


def item_path(artifact: Artifact, record: Record, suffix: str) -> Path:
    """Return where a record's item lies in an artifact."""
    return artifact.items / item_name(record.id, suffix)


def by_size(records: Sequence[Record], *, limit: int) -> list[tuple[Record, ...]]:
    """Group images of one size, in order of appearance, into batches of at most `limit`."""
    groups: dict[tuple[int, int], list[Record]] = {}
    for record in records:
        groups.setdefault((record.size.height, record.size.width), []).append(record)
    return [tuple(group[i : i + limit]) for group in groups.values() for i in range(0, len(group), limit)]
