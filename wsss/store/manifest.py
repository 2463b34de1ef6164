"""The manifest of an artifact: what it is, what went in, and the hash of every file."""

from functools import partial
from pathlib import Path
from typing import Annotated, Final

from pydantic import Field

from wsss.errors import StoreError
from wsss.store.read_once import ReadOnce
from wsss.store.schema import SHA256, FileName, Fingerprint, Plain, StageName, Strict, Text, refuse_newer
from wsss.store.texts import from_json, read_bytes

FORMAT: Final = 1
"""Version of the layout of artifacts; a store of a newer version is refused."""


class Machine(Strict):
    """Where a stage ran, and how many bytes the first of its processes took at most; None where nobody counts."""

    device: Text
    """`cpu`, or the name of the GPU."""
    cores: int
    """Cores that one process may keep busy."""
    memory: int | None
    """Bytes that the machine has."""
    peak: int | None
    gpu_peak: int | None


class Manifest(Strict):
    """What `Artifact.complete` wrote."""

    format: Annotated[int, Field(ge=1, le=FORMAT)]
    stage: StageName
    fingerprint: Fingerprint
    kind: Text
    """A name of `wsss.store.kinds`."""
    oracle: bool
    """Whether true masks went into it."""
    inputs: dict[Text, Fingerprint]
    """What it was made of, by role."""
    created: Text
    seconds: float
    versions: dict[Text, Text]
    """Of the packages that made it."""
    threads: int
    machine: Machine | None = None
    bytes: Annotated[int, Field(ge=0)]
    summary: Plain
    """What the stage says of itself."""
    job: SHA256
    """The hash of the frozen job."""
    files: dict[FileName, SHA256]
    """The hash of every file of the result, by its path in the artifact's folder."""


def read_manifest(path: Path) -> Manifest:
    """Read a manifest. A process parses it once, so that nobody may change what is returned.

    Raises `NewerError` for one of a newer wsss, and `StoreError` for one missing or torn.
    """
    return _manifests.get(path)


def _parsed(path: Path) -> Manifest:
    data = read_bytes(path)
    try:
        return from_json(data, Manifest, path=path)
    except StoreError:
        refuse_newer(partial(from_json, data, path=path), path=path, known=FORMAT, another="`store` or `out`")
        raise


_manifests: Final = ReadOnce(_parsed, most=2**25)
