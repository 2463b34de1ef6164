"""Counterfactuals of images: the object erased, everything but the object erased, one kind of background erased."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final, final

import numpy as np
import torch
from jaxtyping import Bool, Float, Int64
from torch import Tensor

from wsss.apps.debug.network import enlarged, touched
from wsss.apps.debug.subject import Subject
from wsss.apps.debug.survey import Survey
from wsss.apps.explain.look import YES
from wsss.engine.progress import Advance
from wsss.metrics.cell_clusters import CellClusters
from wsss.metrics.counterfactual import Counterfactual, Filling, dilated, erased
from wsss.metrics.localisation import energy_inside

FILLINGS: Final[tuple[Filling, ...]] = ("blur", "road")
SMALLEST: Final = 0.002
LARGEST: Final = 0.9
"""Shares of the image between which an enlarged object is erased: without a context there is nothing to compare."""


@final
@dataclass(frozen=True, kw_only=True, eq=False)
class Erased:
    """What a class's probability on one image becomes; `origins` are `run` and, where there is a mask, `truth`."""

    image: int
    """Its place in the survey."""
    whole: float
    origins: Mapping[str, Mapping[Filling, Counterfactual]]
    energy: Mapping[str, float]
    """Share of the map's sum on the object."""
    area: Mapping[str, float]
    """Share of the image's pixels that the object has."""
    on_clusters: Float[np.ndarray, " k"] = field(default_factory=lambda: np.zeros(0))
    """Share of the map's sum on the cells of each cluster of the background."""

    def left(self, origin: str) -> float:
        """Return the context sufficiency, by the way of erasing that leaves less."""
        return min(each.context_sufficiency for each in self.origins[origin].values())

    def kept(self, origin: str) -> float:
        """Return the object sufficiency, by the way of erasing that keeps less."""
        return min(each.object_sufficiency for each in self.origins[origin].values())

    def sensitivity(self, origin: str) -> float:
        """Return the relative foreground sensitivity, the mean over the ways of erasing."""
        return float(np.mean([each.sensitivity for each in self.origins[origin].values()]))


def believed(looked: Survey, cls: int, *, most: int, random_seed: int = 0) -> list[int]:
    """Return images of a class on which the network says yes, at most so many, by chance."""
    known = np.flatnonzero(looked.tags[:, cls] & (looked.probabilities[:, cls] >= YES))
    chosen: list[int] = np.random.default_rng([random_seed, cls]).permutation(known)[:most].tolist()
    return chosen


def erase_all(
    subject: Subject,
    looked: Survey,
    *,
    cls: int,
    images: Sequence[int],
    clusters: CellClusters | None,
    advance: Advance,
) -> Iterator[Erased]:
    """Yield the counterfactuals of a class on images; those whose object is too small or fills the image are left out.

    Both columns of an image, by the run and by the truth, stand or fall by themselves.
    """
    for image in images:
        yield from _erase(subject, looked, cls=cls, image=image, clusters=clusters)
        advance()


def _erase(
    subject: Subject, looked: Survey, *, cls: int, image: int, clusters: CellClusters | None
) -> Iterator[Erased]:
    record = looked.records[image]
    seen = subject.network.seen(subject.index.pixels(record))
    heat = subject.network.heat(seen, cls)
    objects = subject.objects(record, split=looked.splits[image], cls=cls, heat=heat)
    grown = {origin: dilated(region) for origin, region in objects.items()}
    usable = {origin: region for origin, region in grown.items() if SMALLEST <= float(region.float().mean()) <= LARGEST}
    if not usable:
        return
    whole = float(looked.probabilities[image, cls])
    origins = {
        origin: {
            filling: Counterfactual(whole=whole, without_object=without, without_context=alone)
            for filling, (without, alone) in counterfactuals(subject, seen, region, cls=cls).items()
        }
        for origin, region in usable.items()
    }
    yield Erased(
        image=image,
        whole=whole,
        origins=origins,
        energy={origin: energy_inside(heat, objects[origin]) for origin in usable},
        area={origin: float(objects[origin].float().mean()) for origin in usable},
        on_clusters=np.zeros(0) if clusters is None else _energies(subject, seen, heat, grown, clusters=clusters),
    )


def counterfactuals(
    subject: Subject, seen: Float[Tensor, "3 y x"], region: Bool[Tensor, "y x"], *, cls: int
) -> dict[Filling, tuple[float, float]]:
    """Return a class's probability without a region, and with the region alone, for each way of erasing."""
    both = torch.stack([region, ~region]).to(seen.device)
    images = torch.cat([erased(seen, both, filling=filling) for filling in FILLINGS])
    said = subject.network.probabilities(images, cls=cls)
    return {filling: (said[2 * k], said[2 * k + 1]) for k, filling in enumerate(FILLINGS)}


def without_cluster(
    subject: Subject, looked: Survey, *, cls: int, image: int, clusters: CellClusters, cluster: int
) -> float | None:
    """Return the share of a class's probability that goes when a kind of background is erased beside the object.

    The way of erasing that takes less counts. None where the image has nothing of it.
    """
    record = looked.records[image]
    seen = subject.network.seen(subject.index.pixels(record))
    heat = subject.network.heat(seen, cls)
    objects = subject.objects(record, split=looked.splits[image], cls=cls, heat=heat)
    near = dilated(objects.get("truth", objects["run"]))
    kinds = _kinds(subject, seen, clusters=clusters)
    region = enlarged(kinds == cluster, size=(seen.shape[1], seen.shape[2])) & ~near
    if not region.any():
        return None
    images = torch.cat([erased(seen, region[None].to(seen.device), filling=filling) for filling in FILLINGS])
    whole = float(looked.probabilities[image, cls])
    return max(0.0, 1 - max(subject.network.probabilities(images, cls=cls)) / whole)


def _kinds(
    subject: Subject, seen: Float[Tensor, "3 y x"], *, clusters: CellClusters
) -> Int64[np.ndarray, "rows columns"]:
    cells = subject.network.answer(seen).cells
    return clusters.assign(cells.reshape(len(cells), -1).T).reshape(cells.shape[1:])


def _energies(
    subject: Subject,
    seen: Float[Tensor, "3 y x"],
    heat: Float[Tensor, "y x"],
    grown: Mapping[str, Bool[Tensor, "y x"]],
    *,
    clusters: CellClusters,
) -> Float[np.ndarray, " k"]:
    """Return the share of the map's sum on each cluster, outside of the object."""
    kinds = _kinds(subject, seen, clusters=clusters)
    grid = (kinds.shape[0], kinds.shape[1])
    coarse = torch.nn.functional.adaptive_avg_pool2d(heat[None].float(), grid)[0].numpy()
    outside = ~touched(grown.get("truth", grown["run"]), grid=grid)
    total = float(coarse.sum())
    if total <= 0:
        return np.zeros(clusters.count)
    sums = np.bincount(kinds[outside], weights=coarse[outside], minlength=clusters.count)
    return np.asarray(sums / total)
