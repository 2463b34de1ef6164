"""Items of a Map stage that an earlier artifact holds already, where a few images of many have changed.

An artifact is another one as soon as anything that it reads differs, and most of its items may be the same: an item
depends on the images of its batch, on what other stages made of these, and on what is read as a whole.
"""

import hashlib
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

from wsss.data.index import Index, Record
from wsss.engine.batch import Records
from wsss.engine.log import logger
from wsss.engine.processes import world
from wsss.engine.stage import Job, read_index
from wsss.errors import WsssError
from wsss.store.hashed import hash_of
from wsss.store.items import Items, Writer, link
from wsss.store.jobs import read_job, read_job_of
from wsss.store.kinds import Kind
from wsss.store.pack_file import SUFFIX, members
from wsss.store.store import ITEMS, Artifact, Store
from wsss.store.texts import read_bytes
from wsss.store.versions import versions

MOST: Final = 3
"""Artifacts that are looked at, the latest first: each costs the reading of its index and of manifests."""
Key = tuple[Any, ...]
"""What something depends on."""
Pair = tuple[Records, Records]
"""A batch of an artifact, and the one whose items it has."""


@dataclass(frozen=True, kw_only=True)
class Sources:
    """What a Map stage reads, as far as its items depend on it."""

    index: Index
    items: Mapping[str, tuple[Items, Mapping[str, str]]]
    """What is read image by image, by role in order: where it lies, and the hashes of the artifact's files."""
    rest: Mapping[str, Mapping[str, str]]
    """Hashes of the files that are read as a whole, by role."""
    _hashes: dict[Records, Key | None] = field(default_factory=dict, init=False)

    @property
    def common(self) -> Key:
        """What all items depend on."""
        return self.index.classes, self.index.white, self.index.long_side, tuple(self.items), self.rest

    def hashes(self, batch: Records) -> Key | None:
        """Return the hashes of the items that a batch is made of; None where one is missing. Each is read once."""
        if batch not in self._hashes:
            hashes = tuple(_hash(items, record, files) for record in batch for items, files in self.items.values())
            self._hashes[batch] = None if None in hashes else hashes
        return self._hashes[batch]


@dataclass(frozen=True, kw_only=True)
class TakeOver:
    """A Map stage that looks for its items among those of its earlier artifacts."""

    job: Job
    makes: Kind
    roles: Mapping[str, Kind]
    """What it reads."""
    deal: Callable[[Index], Sequence[Records]]
    """Returns the batches of an index."""

    def into(self, items: Items, batches: Sequence[Records]) -> None:
        """Put earlier items in the place of those that would be the same.

        They are those of a batch that the same stage made with the same packages, of the same images with the same
        labels and inputs. Damaged ones are left out.
        """
        if not (earlier := list(self._earlier())):
            return
        sources = self._sources(self.job.inputs)
        # A process that makes a share of the batches does not see all items of a pack.
        shareable = items.shareable(batches) if world().size == 1 else {}
        wanted = {key: batch for batch in batches if (key := _images(batch)) is not None}
        for artifact, inputs in earlier:
            if not wanted:
                return
            with suppress(WsssError, OSError):  # nothing is taken of what is damaged, or is being deleted
                other = self._sources(inputs)
                if other.common != sources.common:
                    continue
                held, files = self.makes.items(artifact, other.index), artifact.manifest().files
                taking = Taking(held=held, files=files, into=items, shareable=shareable)
                if count := taking.take(self._same(sources, other, wanted)):
                    logger.info("%d items are those of %s %s", count, artifact.stage, artifact.fingerprint)

    def _earlier(self) -> Iterator[tuple[Artifact, Mapping[str, Artifact]]]:
        """Yield finished artifacts of the same stage and packages, the latest first, each with its inputs."""
        own, store = self.job.artifact, Store(root=self.job.artifact.root)
        others = [each for each in store.artifacts(own.stage) if each.state() == "cached" and each.path != own.path]
        if not others or not own.job.exists():
            return
        identity = read_job(own.job).identity
        others = [each for each in others if identity and identity.encode() in read_bytes(each.job)]
        for each in sorted(others, key=lambda each: each.manifest_path.stat().st_mtime, reverse=True)[:MOST]:
            with suppress(WsssError):
                frozen = read_job_of(each)
                if frozen.identity == identity and each.manifest().versions == versions():
                    yield each, {role: store.artifact(*where) for role, where in frozen.inputs.items()}

    def _sources(self, inputs: Mapping[str, Artifact]) -> Sources:
        """Return what the stage reads of some inputs."""
        others = dict(inputs)
        index, items, rest = read_index(others.pop("index")), {}, {}
        for role, artifact in sorted(others.items()):
            kind, hashes = self.roles.get(role), artifact.manifest().files
            if kind is None or kind.format is None:
                rest[role] = hashes
            else:
                items[role] = kind.items(artifact, index), hashes
        return Sources(index=index, items=items, rest=rest)

    def _same(self, sources: Sources, other: Sources, wanted: dict[Key, Records]) -> Iterator[Pair]:
        """Yield earlier batches, each with the wanted one of the same images and items, which is wanted no longer."""
        for batch in self.deal(other.index):
            key = _images(batch)
            if key in wanted and (hashes := sources.hashes(wanted[key])) is not None and hashes == other.hashes(batch):
                yield batch, wanted.pop(key)


@dataclass(frozen=True, kw_only=True)
class Taking:
    """Items of an artifact on their way into another one."""

    held: Items
    """The items of the artifact."""
    files: Mapping[str, str]
    """The hashes of its files, as it was made."""
    into: Items
    """Where they go."""
    shareable: Mapping[Path, Sequence[str]]
    """Files to come, each with the names of its items in order: where the artifact has the same file, it is linked."""

    def take(self, pairs: Iterable[Pair]) -> int:
        """Take items, and return how many."""
        file_of = {name: path for path, names in self.shareable.items() for name in names}
        waiting: dict[Path, list[Pair]] = {}
        taken = 0
        with self.into.writer() as writer:
            for pair in pairs:
                path = file_of.get(self.into.name(pair[1][0]))
                if path is None:
                    taken += self._copy([pair], writer)
                    continue
                waiting.setdefault(path, []).append(pair)
                if sum(len(records) for _, records in waiting[path]) == len(self.shareable[path]):
                    parts = waiting.pop(path)
                    taken += self._link(path, parts) or self._copy(parts, writer)
            for parts in waiting.values():
                taken += self._copy(parts, writer)
        return taken

    def _link(self, path: Path, parts: Sequence[Pair]) -> int:
        """Link a file to come to one with the same items in the same order; return how many, 0 where there is none."""
        earlier = [record for batch, _ in parts for record in batch]
        records = [record for _, batch in parts for record in batch]
        names = list(self.shareable[path])
        if any(map(self.into.has, records)):
            return 0
        files = {self.held.file(each) for each in earlier}
        archive = files.pop()
        if files or archive.suffix != SUFFIX or list(map(self.into.name, records)) != names:
            return 0
        if not self._is_intact(archive) or [each.name for each in members(archive)] != names:
            return 0
        path.parent.mkdir(parents=True, exist_ok=True)
        link(archive, path)
        return len(records)

    def _copy(self, parts: Iterable[Pair], writer: Writer) -> int:
        taken = 0
        for batch, records in parts:
            for earlier, record in zip(batch, records, strict=True):
                if self._is_intact(self.held.file(earlier)):
                    writer.take(record, self.held.place(earlier))
                    taken += 1
            writer.commit()  # no more than a batch is held in memory
        return taken

    def _is_intact(self, file: Path) -> bool:
        return hash_of(file) == self.files.get(f"{ITEMS}/{file.relative_to(self.held.folder).as_posix()}")


def _images(batch: Records) -> Key | None:
    """Return what the items of a batch depend on in their images; None where a digest is not known."""
    if any(record.digest is None for record in batch):
        return None
    return tuple((record.id, record.digest, record.size, record.classes) for record in batch)


def _hash(items: Items, record: Record, files: Mapping[str, str]) -> str | None:
    """Return the hash of an image's item: of a file as its manifest has it, of a part of a pack as it is read."""
    place = items.place(record)
    if isinstance(place, Path):
        return files.get(f"{ITEMS}/{items.name(record)}")
    return hashlib.sha256(place.open().read()).hexdigest()
