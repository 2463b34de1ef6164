"""compare_images: the nearest other images of each image, and which of them are nearly the same picture."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, ClassVar, Final, final

import numpy as np
from jaxtyping import UInt8

from wsss.audit.duplicates import Duplicate, Pair, candidates, judged
from wsss.audit.look import grey, look
from wsss.audit.neighbours import Neighbours, centred, nearest
from wsss.data.index import Index, Record
from wsss.engine.progress import bar
from wsss.engine.stage import Job, Reduce
from wsss.engine.threads import in_threads
from wsss.store import arrays
from wsss.store.embeddings import read_embeddings
from wsss.store.kinds import EMBEDDINGS, INDEX, TABLE, Kind
from wsss.store.store import ITEMS, Artifact
from wsss.store.texts import whole, write_json

DUPLICATES: Final = "duplicates.json"
NEIGHBOURS: Final = "neighbours.npz"
MOST: Final = 10_000_000
"""Images of a data set."""


@final
@dataclass(frozen=True, kw_only=True)
class Compared:
    """What `duplicates.json` holds; positions are those of `images`."""

    images: tuple[str, ...]
    """Ids of all images, in the order of their splits."""
    duplicates: tuple[Duplicate, ...]


@final
@dataclass(frozen=True, kw_only=True)
class CompareImages(Reduce):
    """Find neighbours by embeddings, and look a second time, without a network, at those that stand out."""

    version: ClassVar[int] = 3
    makes: ClassVar[Kind] = TABLE
    roles: ClassVar[Mapping[str, Kind]] = {"index": INDEX, "embeddings": EMBEDDINGS}

    def run(self, job: Job) -> dict[str, Any]:
        """See `Stage`."""
        index = job.index()
        embedded = read_embeddings(job.inputs["embeddings"], index)
        neighbours = nearest(centred(embedded.rows))
        pairs = candidates(neighbours)
        found = self._looked_at(pairs, embedded.records, job=job, index=index)
        job.artifact.items.mkdir(parents=True, exist_ok=True)
        write_neighbours(job.artifact, neighbours)
        write_json(
            job.artifact.items / DUPLICATES,
            {"images": [record.id for record in embedded.records], "duplicates": [vars(each) for each in found]},
        )
        return {"images": len(embedded.records), "candidates": len(pairs), "duplicates": len(found)}

    def _looked_at(
        self, pairs: Sequence[Pair], records: Sequence[Record], *, job: Job, index: Index
    ) -> list[Duplicate]:
        needed = sorted({place for pair in pairs for place in (pair.first, pair.second)})
        thumbnails: dict[int, UInt8[np.ndarray, "y x"]] = {}

        def judge(pair: Pair) -> Duplicate | None:
            one, other = (thumbnails[place].astype(np.float32) for place in (pair.first, pair.second))
            sizes = records[pair.first].size, records[pair.second].size
            return judged(pair, look(one, other, cut_outs=pair.cut_outs), sizes=sizes)

        with bar(job.artifact.stage, total=len(needed) + len(pairs), unit="looks") as advance:
            small = in_threads(lambda place: grey(index.pixels(records[place])), needed)
            for place, thumbnail in zip(needed, small, strict=True):
                thumbnails[place] = thumbnail
                advance()
            found = []
            for duplicate in in_threads(judge, pairs):
                advance()
                found += [] if duplicate is None else [duplicate]
        return found


def write_neighbours(artifact: Artifact, neighbours: Neighbours) -> None:
    """Write neighbours as npz; bytes depend on them alone."""
    path = artifact.items / NEIGHBOURS
    with whole(path) as hidden, hidden.open("wb") as file:
        index = neighbours.index.astype(np.int32)
        np.savez(file, allow_pickle=False, index=index, cosine=neighbours.cosine.astype(np.float32))


def read_neighbours(artifact: Artifact) -> Neighbours:
    """Read what `write_neighbours` wrote; raises `StoreError` for a file that is missing or torn."""
    most = MOST, 1000
    with arrays.opened(artifact.file(f"{ITEMS}/{NEIGHBOURS}"), what="neighbours") as archive:
        index = archive.read("index", dtype=np.int32, most=most)
        cosine = archive.read("cosine", dtype=np.float32, most=most)
        if index.shape != cosine.shape or (index.size and not 0 <= index.min() <= index.max() < len(index)):
            raise ValueError("they are of other images")
        return Neighbours(index=index.astype(np.int64), cosine=cosine.copy())


def read_compared(artifact: Artifact) -> Compared:
    """Read which images are nearly the same; raises `StoreError` as `Artifact.table` does."""
    return artifact.table(f"{ITEMS}/{DUPLICATES}", Compared)
