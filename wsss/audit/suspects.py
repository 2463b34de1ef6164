"""Suspects: the (image, class) pairs whose tag deserves a look, the most suspicious first."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final, Literal, final

import numpy as np
from jaxtyping import Bool, Float, Float16, Int64

from wsss.audit.evidence import compactness, thefts, top_cells
from wsss.audit.tags import false_scores, missing_scores

FEW: Final = 1000
"""Images of a data set of which all are shown to the network a second time."""
SHARE: Final = 0.2
"""Share of the images of a larger one."""
LEAST: Final = 20
"""Pairs of each kind that are listed at least: looking at twice as many as are wrong finds most."""

Kind = Literal["missing", "false"]


@final
@dataclass(frozen=True, kw_only=True)
class Suspect:
    """An absent tag that may be missing, or a given one that may be false, with what speaks for that."""

    image: int
    """Position among the images."""
    cls: int
    kind: Kind
    rank: int
    """Among its kind, from 1."""
    score: float
    """How suspicious it is, from about 0 to 1; it orders pairs of one kind and is not a probability."""
    p: float
    """The class's leave-one-out score."""
    neighbours: float
    """Share of the ten nearest other images that carry the tag, weighted by cosine."""
    top: float
    """Mean of the highest eighth of the class's map."""
    height: float
    """Highest value of the map over the median of that among images with the tag."""
    compactness: float
    """Share of the image outside of the map's area."""
    theft: float
    """Cosine of the map with that of a tagged class, the largest."""
    thief: int | None
    """That class."""


@final
@dataclass(frozen=True, kw_only=True, eq=False)
class Evidence:
    """What maps say of the images that were looked at; rows are these images."""

    images: Int64[np.ndarray, " m"]
    maps: Float16[np.ndarray, "m c y x"]
    top: Float[np.ndarray, "m c"]
    height: Float[np.ndarray, "m c"]
    compactness: Float[np.ndarray, "m c"]
    theft: Float[np.ndarray, "m c"]
    thief: Int64[np.ndarray, "m c"]

    @classmethod
    def of(
        cls, images: Int64[np.ndarray, " m"], maps: Float16[np.ndarray, "m c y x"], tags: Bool[np.ndarray, "n c"]
    ) -> "Evidence":
        """Judge the maps of some images, given the tags of all."""
        own = tags[images]
        stolen = np.stack([thefts(each.astype(np.float32), row) for each, row in zip(maps, own, strict=True)])
        peaks = maps.astype(np.float32).max(axis=(2, 3))
        median = np.array([np.median(peaks[own[:, c], c]) if own[:, c].any() else np.nan for c in range(own.shape[1])])
        usual = np.where(median > 0, median, np.inf)
        return cls(
            images=images,
            maps=maps,
            top=np.stack([top_cells(each.astype(np.float32)) for each in maps]),
            height=peaks / usual,
            compactness=np.stack([compactness(each.astype(np.float32)) for each in maps]),
            theft=stolen.max(axis=2),
            thief=stolen.argmax(axis=2),
        )

    def maps_of(self, suspects: Sequence[Suspect]) -> tuple[Float16[np.ndarray, "s y x"], Float16[np.ndarray, "s y x"]]:
        """Return each suspect's map of its class, and that of the tagged class which it overlaps most, or zero."""
        row = {int(image): place for place, image in enumerate(self.images)}
        own = np.zeros((len(suspects), *self.maps.shape[2:]), dtype=np.float16)
        thief = np.zeros_like(own)
        for place, suspect in enumerate(suspects):
            maps = self.maps[row[suspect.image]]
            own[place] = maps[suspect.cls]
            if suspect.thief is not None:
                thief[place] = maps[suspect.thief]
        return own, thief


def looked_at(
    tags: Bool[np.ndarray, "n c"],
    p: Float[np.ndarray, "n c"],
    share: Float[np.ndarray, "n c"],
    *,
    judged: Bool[np.ndarray, " c"],
) -> Int64[np.ndarray, " m"]:
    """Return the images whose maps are worth a second look, in order: those with the most suspicious pairs."""
    most = max(FEW, round(SHARE * len(tags)))
    if len(tags) <= most:
        return np.arange(len(tags))
    half, places = most // 2, []
    for scores, side in ((missing_scores(p, share), ~tags), (-p - share, tags)):
        worst = np.where(side & judged, scores, -np.inf).max(axis=1)
        places.append(np.argsort(-worst, kind="stable")[:half])
    return np.unique(np.concatenate(places))


def suspects(
    tags: Bool[np.ndarray, "n c"],
    p: Float[np.ndarray, "n c"],
    share: Float[np.ndarray, "n c"],
    evidence: Evidence,
    *,
    judged: Bool[np.ndarray, " c"],
    about: tuple[float, float],
    most: int,
) -> tuple[Suspect, ...]:
    """Return the most suspicious pairs of judged classes, missing tags first.

    Of each kind there are twice as many as `about` are wrong (missing, false), at least 20 and at most `most`.
    """
    missing, false = pair_scores(tags, p, share, evidence)
    found: list[Suspect] = []
    for kind, scores, count in (("missing", missing, about[0]), ("false", false, about[1])):
        side = ~tags[evidence.images] if kind == "missing" else tags[evidence.images]
        rows, classes = np.nonzero(side & judged)
        own = p[evidence.images][rows, classes]
        # Of pairs with one score the probability decides, and no order of images.
        order = np.lexsort((classes, rows, -own if kind == "missing" else own, -scores[rows, classes]))[
            : min(most, max(LEAST, round(2 * count)))
        ]
        found += [
            _suspect(int(rows[k]), int(classes[k]), kind, rank, scores, p, share, evidence)  # type: ignore[arg-type]
            for rank, k in enumerate(order, start=1)
        ]
    return tuple(found)


def pair_scores(
    tags: Bool[np.ndarray, "n c"], p: Float[np.ndarray, "n c"], share: Float[np.ndarray, "n c"], evidence: Evidence
) -> tuple[Float[np.ndarray, "m c"], Float[np.ndarray, "m c"]]:
    """Return how suspicious pairs of the images that were looked at are as missing tags, and as false ones.

    False tags are ranked among all given ones; -inf stands where a pair is of the other kind.
    """
    images = evidence.images
    own = tags[images]
    missing = np.where(own, -np.inf, missing_scores(p[images], share[images], evidence.theft))
    false = np.full(own.shape, -np.inf)
    false[own] = false_scores(evidence.top[own], share[images][own])
    return missing, false


def _suspect(
    row: int,
    cls: int,
    kind: Kind,
    rank: int,
    scores: Float[np.ndarray, "m c"],
    p: Float[np.ndarray, "n c"],
    share: Float[np.ndarray, "n c"],
    evidence: Evidence,
) -> Suspect:
    image = int(evidence.images[row])
    theft = float(evidence.theft[row, cls])
    return Suspect(
        image=image,
        cls=cls,
        kind=kind,
        rank=rank,
        score=float(scores[row, cls]),
        p=float(p[image, cls]),
        neighbours=float(share[image, cls]),
        top=float(evidence.top[row, cls]),
        height=float(evidence.height[row, cls]),
        compactness=float(evidence.compactness[row, cls]),
        theft=theft,
        thief=int(evidence.thief[row, cls]) if theft > 0 else None,
    )
