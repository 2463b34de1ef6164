"""A benchmark's archives, what they unpack to, and what is derived from them, as plain values."""

import hashlib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal


@dataclass(frozen=True, kw_only=True)
class Archive:
    """A file to download: where it lies, its size, its hash, and what of it is unpacked."""

    name: str
    size: int
    """Bytes."""
    digest: str
    """`sha256:` or `md5:`, and the hash in hexadecimal digits."""
    sources: tuple[str, ...]
    """Addresses of the file, tried in this order."""
    unpacked: int
    """Bytes that its members take."""
    members: tuple[str, ...]
    """Files and folders in it that are wanted."""
    products: Mapping[str, str] = field(default_factory=dict)
    """Folders in it that are the benchmark's own, by their place below the benchmark's folder."""

    def hasher(self) -> "hashlib._Hash":
        """Return the hash of nothing, to be fed with the file's bytes."""
        kind = self.digest.partition(":")[0]
        return hashlib.new(kind, usedforsecurity=kind != "md5")


@dataclass(frozen=True, kw_only=True)
class ListHash:
    """How many ids a list of images has, and what they hash to."""

    count: int
    sha256: str


@dataclass(frozen=True, kw_only=True)
class Benchmark:
    """A benchmark that `wsss data prepare` knows."""

    name: str
    title: str
    folder: str
    """Where it lies below the folder of all data."""
    archives: tuple[Archive, ...]
    licence: str
    """What one should know before one uses it, in a sentence or two."""
    made: int = 0
    """Bytes that derived files take."""
    counts: Mapping[str, int] = field(default_factory=dict)
    """Files in each of its folders once it is prepared."""
    lists: Mapping[str, ListHash] = field(default_factory=dict)
    """Lists of images that are derived, by their place."""
    derived: Literal["none", "train_aug", "annotated"] = "none"
    """What is made of the archives."""
    layout: Literal["voc", "coco"]
    options: Mapping[str, Sequence[tuple[str, str]]] = field(default_factory=dict)
    """Options of the layout for the run that papers do, as they are typed."""
    checked: Mapping[str, str] = field(default_factory=dict)
    """Further options, with which the data set is checked."""
    train: str = "train"
    """The split that papers train on."""

    def home(self, data: Path) -> Path:
        """Return its folder."""
        return data / self.folder


def hash_of(ids: Iterable[str]) -> ListHash:
    """Return the count and the hash of ids: sorted, one a line, each line with its end.

    >>> hash_of(["b", "a", "b"]).count
    2
    """
    unique = sorted(set(ids))
    return ListHash(count=len(unique), sha256=hashlib.sha256("".join(f"{i}\n" for i in unique).encode()).hexdigest())
