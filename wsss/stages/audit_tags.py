"""audit_tags: which tags may be wrong or missing, and where the evidence for that lies."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, ClassVar, Final, final

import numpy as np
import torch
from jaxtyping import Bool, Float, Float16, Int64

from wsss.audit.evidence import class_maps
from wsss.audit.groups import grouped, members
from wsss.audit.neighbours import shares
from wsss.audit.ridge import Ridge, fit
from wsss.audit.suspects import Evidence, Suspect, looked_at, suspects
from wsss.audit.tags import ClassJudgement, judge_class
from wsss.config.build import build
from wsss.data.index import Record
from wsss.engine.progress import bar
from wsss.engine.stage import Job, Reduce
from wsss.engine.threads import in_threads
from wsss.errors import ConfigError
from wsss.models.gap import with_backbone
from wsss.stages.compare_images import read_compared, read_neighbours
from wsss.stages.embed_images import EmbedImages
from wsss.store import arrays
from wsss.store.embeddings import Embedded, read_embeddings
from wsss.store.jobs import read_job_of
from wsss.store.kinds import EMBEDDINGS, INDEX, TABLE, Kind
from wsss.store.store import ITEMS, Artifact
from wsss.store.texts import whole, write_json

TAGS: Final = "tags.json"
MAPS: Final = "maps.npz"
BATCH: Final = 8
SIDE: Final = 1000
"""Cells of a map's side, at most."""

SuspectMaps = Float16[np.ndarray, "s y x"]


@final
@dataclass(frozen=True, kw_only=True)
class AuditTags(Reduce):
    """Judge every tag by a regression that did not see its image, by neighbours, and by where the evidence lies.

    Images that are nearly the same are left out together. Maps are made of the images with the most suspicious pairs
    alone: a fifth of them, and all of a small data set.
    """

    makes: ClassVar[Kind] = TABLE
    roles: ClassVar[Mapping[str, Kind]] = {"index": INDEX, "embeddings": EMBEDDINGS, "compared": TABLE}

    most: int = 500
    """Suspicious pairs of each kind that are kept at most."""

    @property
    def takes_gpu(self) -> bool:
        """For its regressions."""
        return self.runtime.device in ("auto", "cuda")

    def run(self, job: Job) -> dict[str, Any]:
        """See `Stage`."""
        index = job.index()
        embedded = read_embeddings(job.inputs["embeddings"], index)
        tags = tags_of(embedded.records, classes=len(index.classes))
        twins = [(each.first, each.second) for each in read_compared(job.inputs["compared"]).duplicates]
        group = grouped(twins, count=len(tags))
        ridge = fit(embedded.rows, tags, groups=members(group))
        share = shares(read_neighbours(job.inputs["compared"]), tags, group=group)
        classes = tuple(judge_class(tags[:, c], ridge.scores[:, c], name=name) for c, name in enumerate(index.classes))
        judged = np.array([each.verdict == "judged" for each in classes])
        chosen = looked_at(tags, ridge.scores, share, judged=judged)
        maps = self._maps(job, embedded, ridge, tags, chosen=chosen)
        evidence = Evidence.of(chosen, maps, tags)
        about = (sum(each.about_missing for each in classes), sum(each.about_false for each in classes))
        found = suspects(tags, ridge.scores, share, evidence, judged=judged, about=about, most=self.most)
        write_tags(job.artifact, found, classes, evidence, images=[record.id for record in embedded.records])
        return {"images": len(tags), "mapped": len(chosen), "suspects": len(found), "lambda": ridge.penalty}

    def _maps(
        self,
        job: Job,
        embedded: Embedded,
        ridge: Ridge,
        tags: Bool[np.ndarray, "n c"],
        *,
        chosen: Int64[np.ndarray, " m"],
    ) -> Float16[np.ndarray, "m c y x"]:
        """Show the chosen images to the network once more, and see where the evidence for each class lies."""
        index, artifact = job.index(), job.inputs["embeddings"]
        embedder = build(read_job_of(artifact).config, EmbedImages)
        if embedder.network is None:
            problem = f"{artifact.stage} asks the run's classifier, which learnt from these tags"
            raise ConfigError([f"reads.embeddings: {problem}: read embeddings of a network that did not"])
        network = embedder.opened(Job(artifact=artifact, inputs={"index": job.inputs["index"]}))
        device = self.runtime.torch_device()
        module = with_backbone(network.module).to(device).to(memory_format=torch.channels_last)
        found: list[Float16[np.ndarray, "b c y x"]] = []

        def shown(place: int) -> Float[torch.Tensor, "3 s s"]:
            return network.normalisation(embedder.transform(index.pixels(embedded.records[place])))

        with bar(job.artifact.stage, total=len(chosen), unit="images") as advance:
            for first in range(0, len(chosen), BATCH):
                places = chosen[first : first + BATCH].tolist()
                images = torch.stack(list(in_threads(shown, places))).to(device)
                with torch.no_grad():
                    cells = module.until("last", images.contiguous(memory_format=torch.channels_last)).maps
                maps = class_maps(ridge, cells.float().cpu().numpy(), errors=tags[places] - ridge.scores[places])
                found.append(maps.astype(np.float16))
                advance(len(places))
        return np.concatenate(found)


@final
@dataclass(frozen=True, kw_only=True)
class TagsFile:
    """What `tags.json` holds."""

    images: tuple[str, ...]
    """Ids of all images; suspects name them by position."""
    classes: tuple[ClassJudgement, ...]
    suspects: tuple[Suspect, ...]


def tags_of(records: Sequence[Record], *, classes: int) -> Bool[np.ndarray, "n c"]:
    """Return which image shows which class, as its labels say."""
    tags = np.zeros((len(records), classes), dtype=np.bool_)
    for row, record in enumerate(records):
        tags[row, list(record.classes)] = True
    return tags


def write_tags(
    artifact: Artifact,
    found: Sequence[Suspect],
    classes: Sequence[ClassJudgement],
    evidence: Evidence,
    *,
    images: Sequence[str],
) -> None:
    """Write the judgement of every class, all suspects, and their maps."""
    artifact.items.mkdir(parents=True, exist_ok=True)
    write_json(
        artifact.items / TAGS,
        {
            "images": list(images),
            "classes": [vars(each) for each in classes],
            "suspects": [vars(each) for each in found],
        },
    )
    with whole(artifact.items / MAPS) as hidden, hidden.open("wb") as file:
        own = evidence.maps_of(found)
        np.savez_compressed(file, allow_pickle=False, own=own[0], thief=own[1])


def read_tags(artifact: Artifact) -> TagsFile:
    """Read the judgement of every class and all suspects; raises `StoreError` as `Artifact.table` does."""
    return artifact.table(f"{ITEMS}/{TAGS}", TagsFile)


def read_suspect_maps(artifact: Artifact, *, suspects: int) -> tuple[SuspectMaps, SuspectMaps]:
    """Read each suspect's map of its class, and of the tagged class that it overlaps most, zero where there is none.

    Raises `StoreError` for a file that is missing or torn.
    """
    with arrays.opened(artifact.file(f"{ITEMS}/{MAPS}"), what="maps of suspects") as archive:
        own, thief = (archive.read(name, dtype=np.float16, most=(suspects, SIDE, SIDE)) for name in ("own", "thief"))
        if not len(own) == len(thief) == suspects:
            raise ValueError(f"there are {len(own)} maps of {suspects} suspects")
        return own, thief
