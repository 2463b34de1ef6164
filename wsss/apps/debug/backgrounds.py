"""Kinds of background: which go with a class, how much of its map lies on them, and what they are worth to it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final, final

import numpy as np
from jaxtyping import Bool

from wsss.apps.debug.erase import Erased, without_cluster
from wsss.apps.debug.subject import Subject
from wsss.apps.debug.survey import Survey
from wsss.engine.progress import bar
from wsss.metrics.cell_clusters import CellClusters, bias, companions

TRIED: Final = 10
"""Images of a class on which its background is erased."""
FEWEST: Final = 5
LEAST_LIFT: Final = 1.5
LEAST_TAKEN: Final = 0.2
"""Share of the probability that erasing takes, below which a background does not matter."""
CHANCE: Final = 0.01
"""Probability that any pair of a class and a cluster goes together by chance."""


@final
@dataclass(frozen=True, kw_only=True)
class Background:
    """The cluster of cells with the highest bias score of a class."""

    cls: int
    cluster: int
    images: int
    """Images of the class that have it."""
    share: float
    lift: float
    energy: float
    """Mean share of the class's map on it."""
    score: float
    """Energy times log2 of the lift."""
    taken: float
    """Mean share of the probability that goes when it is erased; 0 where too few images were tried."""
    tried: int
    by_chance: bool

    @property
    def matters(self) -> bool:
        """Whether it goes with the class, and erasing it takes the class away."""
        known = self.tried >= FEWEST and not self.by_chance
        return known and self.lift >= LEAST_LIFT and self.taken >= LEAST_TAKEN


def backgrounds(
    subject: Subject, looked: Survey, *, clusters: CellClusters, erased: Mapping[int, Sequence[Erased]]
) -> tuple[Background, ...]:
    """Return the background of every class with the highest score, the highest score of all classes first."""
    pairs = companions(presence(looked, clusters), looked.tags)
    many = max(1, len(subject.classes) * clusters.count)
    best: dict[int, Background] = {}
    for pair in pairs:
        own = [each.on_clusters[pair.cluster] for each in erased.get(pair.cls, ())]
        energy = float(np.mean(own)) if own else 0.0
        score = bias(energy, pair.lift)
        if pair.images >= FEWEST and score > 0 and (pair.cls not in best or score > best[pair.cls].score):
            best[pair.cls] = Background(
                cls=pair.cls,
                cluster=pair.cluster,
                images=pair.images,
                share=pair.share,
                lift=pair.lift,
                energy=energy,
                score=score,
                taken=0.0,
                tried=0,
                by_chance=pair.p * many >= CHANCE,
            )
    return tuple(sorted(_tried(subject, looked, best, clusters, erased), key=lambda each: (-each.score, each.cls)))


def presence(looked: Survey, clusters: CellClusters) -> Bool[np.ndarray, "n k"]:
    """Tell which images have a cell of which cluster in their background."""
    present = np.zeros((len(looked.records), clusters.count), dtype=np.bool_)
    present[looked.places[:, 0], clusters.assign(looked.cells)] = True
    return present


def _tried(
    subject: Subject,
    looked: Survey,
    best: Mapping[int, Background],
    clusters: CellClusters,
    erased: Mapping[int, Sequence[Erased]],
) -> list[Background]:
    chosen = {
        c: sorted((e for e in erased[c] if e.on_clusters[own.cluster] > 0), key=lambda e: -e.on_clusters[own.cluster])
        for c, own in best.items()
    }
    found = []
    with bar("backgrounds", total=sum(len(own[:TRIED]) for own in chosen.values()), unit="images") as advance:
        for c, own in best.items():
            taken = []
            for each in chosen[c][:TRIED]:
                part = without_cluster(subject, looked, cls=c, image=each.image, clusters=clusters, cluster=own.cluster)
                taken += [] if part is None else [part]
                advance()
            mean = float(np.mean(taken)) if len(taken) >= FEWEST else 0.0
            found.append(
                Background(
                    cls=c,
                    cluster=own.cluster,
                    images=own.images,
                    share=own.share,
                    lift=own.lift,
                    energy=own.energy,
                    score=own.score,
                    taken=mean,
                    tried=len(taken),
                    by_chance=own.by_chance,
                )
            )
    return found
