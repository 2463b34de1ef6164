"""An audit of a data set as far as it is computed: cached stages, without a run."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any, Final, final

import numpy as np
from jaxtyping import Bool, Float, Int64

from wsss.audit.groups import grouped
from wsss.audit.neighbours import Neighbours
from wsss.config.build import TARGET
from wsss.data.index import Index
from wsss.engine.stage import read_index
from wsss.run.launch import Here
from wsss.run.pipeline import make
from wsss.run.plan import check_readers, make_plan
from wsss.stages.audit_tags import SuspectMaps, TagsFile, read_suspect_maps, read_tags, tags_of
from wsss.stages.compare_images import Compared, read_compared, read_neighbours
from wsss.store.disk_errors import writing
from wsss.store.embeddings import Embedded, read_embeddings
from wsss.store.store import Artifact, Store

INDEX, EMBED, COMPARE, TAGS = "index_data", "embed_images", "compare_images", "audit_tags"
STAGES: Final = "wsss.stages"


@final
@dataclass(frozen=True, kw_only=True, eq=False)
class Dynamics:
    """What a run's classifier answered while it was trained, for images of an audit; rows are the audit's images."""

    early: Float[np.ndarray, "n c"]
    """Mean probability over the first half of the epochs, before wrong labels are learnt; nan where unknown."""
    variability: Float[np.ndarray, "n c"]
    """Deviation of the probability over all epochs; nan where unknown."""
    heights: Float[np.ndarray, "n c"]
    """Peaks of the run's maps over the class's median; nan where the image is not tagged, or a run kept none."""


@final
@dataclass(frozen=True, kw_only=True, eq=False)
class Audited:
    """What the stages of an audit made, read when it is asked for."""

    artifacts: Mapping[str, Artifact]
    """Of `index_data`, `embed_images`, `compare_images` and `audit_tags`."""

    @cached_property
    def index(self) -> Index:
        """The data set."""
        return read_index(self.artifacts[INDEX])

    @cached_property
    def embedded(self) -> Embedded:
        """All images with their embeddings."""
        return read_embeddings(self.artifacts[EMBED], self.index)

    @cached_property
    def compared(self) -> Compared:
        """Pairs of images that are nearly the same."""
        return read_compared(self.artifacts[COMPARE])

    @cached_property
    def neighbours(self) -> Neighbours:
        """The nearest other images of each."""
        return read_neighbours(self.artifacts[COMPARE])

    @cached_property
    def groups(self) -> Int64[np.ndarray, " n"]:
        """The group of near duplicates that each image is of."""
        pairs = [(each.first, each.second) for each in self.compared.duplicates]
        return grouped(pairs, count=len(self.embedded.records))

    @cached_property
    def tags(self) -> TagsFile:
        """Suspicious tags, and the judgement of every class."""
        return read_tags(self.artifacts[TAGS])

    @cached_property
    def maps(self) -> tuple[SuspectMaps, SuspectMaps]:
        """Maps of the suspects, and of the tagged classes that these overlap most."""
        return read_suspect_maps(self.artifacts[TAGS], suspects=len(self.tags.suspects))

    @cached_property
    def shown(self) -> Bool[np.ndarray, "n c"]:
        """The tags of all images."""
        return tags_of(self.embedded.records, classes=len(self.index.classes))

    def split_of(self, place: int) -> str:
        """Return the splits of an image, in words."""
        image = self.embedded.records[place].id
        return ", ".join(name for name, ids in self._members.items() if image in ids)

    @cached_property
    def _members(self) -> dict[str, frozenset[str]]:
        return {name: frozenset(ids) for name, ids in self.index.splits.items()}


def audit(
    dataset: Mapping[str, Any],
    network: Mapping[str, Any],
    *,
    store: Path,
    runtime: Mapping[str, Any] | None = None,
    command: str = "wsss data audit",
    check: Callable[[Index], None] = lambda _: None,
) -> Audited:
    """Audit a data set, or read what an earlier call made of it.

    Args:
        dataset: The layout as a config's node.
        network: The backbone with its first weights, as one.
        store: The folder of artifacts.
        runtime: How stages are run, as a node.
        command: What artifacts note as their reason.
        check: Refuses a data set that does not fit what is asked, before the network's work.

    Raises:
        WsssError: The data set or the network cannot be had.
    """
    root = Store.at(store)
    with writing(root.root):
        steps = make_plan(pipeline(dataset, network, runtime=runtime), store=root)
        for step in steps:
            make(step, crew=Here(), command=command)
            check_readers(step, steps)
            if step.name == INDEX:
                check(read_index(step.artifact))
    return Audited(artifacts={step.name: step.artifact for step in steps})


def pipeline(
    dataset: Mapping[str, Any], network: Mapping[str, Any], *, runtime: Mapping[str, Any] | None = None
) -> dict[str, dict[str, Any]]:
    """Return the stages of an audit as a run's config has them."""
    how = {} if runtime is None else {"runtime": dict(runtime)}
    index, embeddings = {"index": INDEX}, {"embeddings": EMBED}
    return {
        INDEX: {TARGET: f"{STAGES}.index_data.IndexData", "dataset": dict(dataset), **how},
        EMBED: {TARGET: f"{STAGES}.embed_images.EmbedImages", "reads": index, "network": dict(network), **how},
        COMPARE: {TARGET: f"{STAGES}.compare_images.CompareImages", "reads": index | embeddings, **how},
        TAGS: {TARGET: f"{STAGES}.audit_tags.AuditTags", "reads": index | embeddings | {"compared": COMPARE}, **how},
    }
