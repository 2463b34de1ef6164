"""Items of a Map stage that an earlier artifact holds already, where a few images of many have changed.

An artifact is another one as soon as anything that it reads differs, and most of its items may be the same: an item
depends on the images of its batch, on what other stages made of these, and on what is read as a whole.
"""

import os
import shutil
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from wsss.data.index import Index, Record
from wsss.engine.batch import Records
from wsss.engine.log import logger
from wsss.engine.stage import Job, read_index
from wsss.errors import WsssError
from wsss.store.hashed import hash_of
from wsss.store.items import Files, Items
from wsss.store.jobs import read_job, read_job_of
from wsss.store.kinds import Kind
from wsss.store.store import ITEMS, Artifact, Store
from wsss.store.texts import read_bytes, whole
from wsss.store.versions import versions

MOST: Final = 3
"""Artifacts that are looked at, the latest first: each costs the reading of its index and of manifests."""
Key = tuple[Any, ...]
"""What something depends on."""


@dataclass(frozen=True, kw_only=True)
class Sources:
    """What a Map stage reads, as far as its items depend on it."""

    index: Index
    items: Mapping[str, tuple[Files, Mapping[str, str]]]
    """What is read image by image, by role in order: where it lies, and the hashes of the artifact's files."""
    rest: Mapping[str, Mapping[str, str]]
    """Hashes of the files that are read as a whole, by role."""

    @property
    def common(self) -> Key:
        """What all items depend on."""
        return self.index.classes, self.index.white, self.index.long_side, tuple(self.items), self.rest

    def of(self, batch: Records) -> Key | None:
        """Return what the items of a batch depend on beyond that; None where that is not known."""
        keys = [self._of(record) for record in batch]
        return None if None in keys else tuple(keys)

    def _of(self, record: Record) -> Key | None:
        hashes = [files.get(f"{ITEMS}/{items.name(record)}") for items, files in self.items.values()]
        if record.digest is None or None in hashes:
            return None
        return (record.id, record.digest, record.size, record.classes, *hashes)


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
        labels and inputs. Damaged ones are left out. Packs are neither filled nor searched.
        """
        if not isinstance(items, Files) or not (earlier := list(self._earlier())):
            return
        sources = self._sources(self.job.inputs)
        if sources is None:
            return
        wanted = {key: batch for batch in batches if (key := sources.of(batch)) is not None}
        for artifact, inputs in earlier:
            if not wanted:
                return
            with suppress(WsssError, OSError):  # nothing is taken of what is damaged, or is being deleted
                other = self._sources(inputs)
                if other is None or other.common != sources.common:
                    continue
                if count := self._take(artifact, other, wanted, items=items):
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

    def _sources(self, inputs: Mapping[str, Artifact]) -> Sources | None:
        """Return what the stage reads of some inputs; None where a part of it lies in packs."""
        others = dict(inputs)
        index, items, rest = read_index(others.pop("index")), {}, {}
        for role, artifact in sorted(others.items()):
            kind, hashes = self.roles.get(role), artifact.manifest().files
            if kind is None or kind.format is None:
                rest[role] = hashes
            elif isinstance(found := kind.items(artifact, index), Files):
                items[role] = found, hashes
            else:
                return None
        return Sources(index=index, items=items, rest=rest)

    def _take(self, artifact: Artifact, other: Sources, wanted: dict[Key, Records], *, items: Files) -> int:
        """Take an artifact's items of the wanted batches, which are wanted no longer; return how many."""
        theirs, files, taken = self.makes.items(artifact, other.index), artifact.manifest().files, 0
        if not isinstance(theirs, Files):
            return 0
        for batch in self.deal(other.index):
            key = other.of(batch)
            for held, record in zip(batch, () if key is None else wanted.pop(key, ()), strict=False):
                path = theirs.place(held)
                if hash_of(path) == files.get(f"{ITEMS}/{theirs.name(held)}"):
                    _link(path, items.place(record))
                    taken += 1
        return taken


def _link(path: Path, place: Path) -> None:
    """Give a file a second name; a copy, where the file system knows none. What is there already stays."""
    place.parent.mkdir(parents=True, exist_ok=True)
    try:
        os.link(path, place)
    except FileExistsError:
        pass
    except OSError:
        with whole(place) as hidden:
            shutil.copyfile(path, hidden)
