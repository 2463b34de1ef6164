"""The interface of stages. There are three shapes, in which files, shards, resume and progress are written once.

*Reduce*: everything in, one table out. *Map* (`wsss.engine.map`): one image in, one small file out. *Fit*
(`wsss.engine.fit`): a network out.
"""

import hashlib
import re
from abc import ABC, abstractmethod
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, ClassVar, Final, Literal

import torch

from wsss.configurable import Configurable
from wsss.data.index import Index
from wsss.engine.processes import world
from wsss.engine.shard import Elsewhere
from wsss.errors import ConfigError, StoreError
from wsss.models.base import Network, PlannedNetwork, PlannedNetworks
from wsss.paths import LONGEST
from wsss.store.items import Items
from wsss.store.kinds import NETWORK, Kind
from wsss.store.networks import NetworkRecord, holds_network, load, read_record
from wsss.store.results import ROOT
from wsss.store.store import ITEMS, Artifact
from wsss.store.texts import read_bytes
from wsss.store.verify import refuse_harmed
from wsss.training.loggers.options import LoggerOptions, NoLogger
from wsss.validation import reason

_BUCKET: Final = re.compile(r"s3://[^/\s?]+(/[^/\s?]+)*/?")  # s3fs takes what follows a ? for a version
Device = Literal["auto", "cpu", "cuda", "mps"]
"""Where to compute. `auto` is NVIDIA's GPU or else the CPU; Apple's, `mps`, lacks operations: ask for it by name."""


@dataclass(frozen=True, kw_only=True)
class Runtime:
    """How a stage is run: none of it changes what comes out, so none of it enters the fingerprint."""

    device: Device = "auto"
    workers: int | None = None
    """Processes of what is bound to the CPU, and loader workers; all cores where it is not given."""
    pack: int | None = None
    """Images whose items share a file, at least; a file each where it is not given. See `wsss.store.packs`."""
    bucket: str | None = None
    """Where packs are put, such as `s3://bucket/folder`; into the store where it is not given."""
    logger: LoggerOptions = field(default_factory=NoLogger)

    def __post_init__(self) -> None:
        if self.bucket is not None and not _BUCKET.fullmatch(self.bucket):
            raise ValueError(f"bucket must be like s3://bucket/folder, got {self.bucket!r}")
        if self.bucket is not None and self.pack is None:
            raise ValueError("bucket holds packs and no single files: set pack too, such as pack=1000")
        if self.pack is not None and self.pack < 1:
            raise ValueError(f"pack must be at least 1, got {self.pack}")
        if self.workers is not None and self.workers < 0:
            raise ValueError(f"workers must be at least 0, got {self.workers}")

    @property
    def processes(self) -> int:
        """How many share what is bound to the CPU: this one alone where none are wanted."""
        return world().cores if self.workers is None else max(1, self.workers)

    def torch_device(self) -> torch.device:
        """Return this worker's device; raises `ConfigError` where a GPU is asked for and none is there."""
        if self.device == "mps":
            return _mps()
        found, own = torch.cuda.device_count(), world().local_rank
        if self.device == "cuda" and not found:
            raise ConfigError(["device=cuda, but torch sees no GPU here: use device=cpu, or device=auto"])
        if self.device == "cpu" or not found:
            return torch.device("cpu")
        if own >= found:
            raise ConfigError([f"launcher.nproc: worker {own + 1} has no GPU, there are {found}: use nproc={found}"])
        return torch.device("cuda", own)


def _mps() -> torch.device:
    if not torch.backends.mps.is_available():
        raise ConfigError(["device=mps, but torch sees no GPU of Apple's here: use device=cpu, or device=auto"])
    if world().size > 1:
        raise ConfigError([f"device=mps: one GPU does not serve {world().size} processes: use launcher=inline"])
    return torch.device("mps")


@dataclass(frozen=True, kw_only=True)
class Job:
    """What a stage gets when it runs: where to write, and the finished artifacts it reads, by role."""

    artifact: Artifact
    inputs: Mapping[str, Artifact]
    command: str = ""
    """The command line of the run, for the report."""
    elsewhere: Elsewhere | None = None
    """What makes the batches of a Map stage in place of this process."""

    def index(self) -> Index:
        """Read the index of the data set."""
        return read_index(self.inputs["index"])

    def items(self, role: str, kind: Kind) -> Items:
        """Return the items of an input, which holds one an image."""
        return kind.items(self.inputs[role], self.index())

    def network(self, role: str, *, weights: str | None = None) -> Network:
        """Load the trained network that plays a role, in eval mode on the CPU."""
        return load(self.inputs[role], weights=weights)

    def record(self, role: str) -> NetworkRecord:
        """Read the description of the trained network that plays a role, without its weights."""
        return read_record(self.inputs[role])

    def networks(self) -> PlannedNetworks:
        """Return the descriptions of all trained networks among the inputs, by role."""
        trained = {role: each for role, each in self.inputs.items() if holds_network(each)}
        return PlannedNetworks({role: read_record(each).planned for role, each in trained.items()})

    def opened(self, roles: Iterable[str]) -> dict[str, Path | Network]:
        """Return some inputs by role, for the core, which knows no artifacts: trained networks, and other folders."""
        inputs = {role: self.inputs[role] for role in roles}
        for each in inputs.values():
            if not holds_network(each):  # `load` checks what it reads
                refuse_harmed(each)
        return {role: load(each) if holds_network(each) else each.items for role, each in inputs.items()}


_read: dict[tuple[str, Path, Path], Index] = {}
"""The index that was read last, by its bytes and places: all stages of a run ask for the same."""


def read_index(artifact: Artifact) -> Index:
    """Read the index that `index_data` wrote, with the root that the data set has today.

    Raises `StoreError` where it is missing, or not as it was made.
    """
    try:
        root = read_bytes(artifact.file(ROOT), most=LONGEST * 4).decode()
        data = artifact.content(f"{ITEMS}/index.json")
        key = hashlib.sha256(data).hexdigest(), artifact.items / root, artifact.items
        if key not in _read:
            _read.clear()
            _read[key] = Index.from_json(data, root=artifact.items / root, beside=artifact.items)
        return _read[key]
    except UnicodeDecodeError as error:
        raise StoreError(f"{artifact.path} holds no index ({reason(error)}): {artifact.remedy}") from error


@dataclass(frozen=True, kw_only=True)
class Stage(Configurable, ABC):
    """One step of the pipeline. Fields are its config; `reads` names the stage that plays each role."""

    makes: ClassVar[Kind]
    """What the artifact holds."""
    roles: ClassVar[Mapping[str, Kind]] = {}
    """What the stage always reads: a kind of artifact for each role."""
    reads_graph: ClassVar[bool] = False
    """Whether it also reads all other stages, each under its own name."""

    reads: dict[str, str | None] = field(default_factory=dict)
    """The stage that plays each role. Null takes a role away that a config has by default."""
    runtime: Runtime = field(default_factory=Runtime)

    @property
    def inputs(self) -> dict[str, str]:
        """The stage that plays each role."""
        return {role: read for role, read in self.reads.items() if read is not None}

    @property
    def uses_true_masks(self) -> bool:
        """Whether the result comes of true masks: it and all that is made of it are then marked as an oracle."""
        return False

    @property
    def takes_gpu(self) -> bool:
        """Whether the stage computes on an NVIDIA GPU where there is one."""
        return self.runtime.device in ("auto", "cuda")

    def check(self) -> None:
        """Raise a `WsssError` for what can be known to be wrong before anything runs."""
        self.runtime.torch_device()

    def planned_network(self, read: PlannedNetworks) -> PlannedNetwork | None:
        """Return the network that the stage makes, given those that it reads by role; None where it makes none."""
        del read
        return None

    def check_inputs(self, read: PlannedNetworks) -> None:
        """Raise a `WsssError` where the networks that the stage reads, by role, do not serve it."""
        return

    def check_index(self, index: Index) -> None:
        """Raise a `WsssError` for what the data do not allow: called as soon as they are known, of all stages."""
        return

    def needed_roles(self) -> Mapping[str, Kind]:
        """Return the kinds of artifacts that this configuration reads, by role."""
        return self.roles

    def relocate(self, job: Job) -> None:
        """Bring a cached artifact up to date with paths that are not part of its fingerprint."""
        return

    @abstractmethod
    def run(self, job: Job) -> dict[str, Any]:
        """Make the artifact, or go on where it stopped, and return what the manifest says of it."""


@dataclass(frozen=True, kw_only=True)
class Reduce(Stage):
    """Everything in, a few files out."""

    @property
    def takes_gpu(self) -> bool:
        """Only where a network is asked."""
        return NETWORK in self.needed_roles().values() and super().takes_gpu
