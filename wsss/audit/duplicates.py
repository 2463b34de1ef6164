"""Near duplicates: images that embeddings bring together, confirmed by a look that does not use the network."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Final, Literal, final

from wsss.audit.look import Look
from wsss.audit.neighbours import Neighbours
from wsss.size import Size

LEAST: Final = 0.4
"""Cosine of centred embeddings from which two images are looked at."""
GAP: Final = 0.12
"""How much closer they must be than the last of the neighbours: in a dense collection many images are alike."""
CONFIRMED: Final = 0.9
"""Correlation from which one image is made from the other."""
CLOSE: Final = 0.75
"""Cosine of images of which that is likely already: the nearest of unrelated photographs reach .72."""
SUPPORTED: Final = 0.8
"""Correlation that confirms it then."""
CUT: Final = 0.6
"""Cosine below which no cut-out is looked for: a small part with a bright sky fits many images."""
BURST: Final = 0.85
"""Cosine from which two images that are not made from each other are of one scene."""
ALIKE: Final = 0.6
"""Correlation that such two have at least."""
EQUAL: Final = 0.999
"""Correlation from which two images of one size are the same."""
COPY: Final = 0.99
"""Cosine from which two images are looked at whatever lies around them: of many copies, all neighbours are copies."""

LIGHTER: Final = 2.0
"""Grey levels, of 255, by which the same picture may be brighter at most."""

Way = Literal["same", "recompressed", "mirrored", "cropped", "burst"]
WAYS: Final[Mapping[Way, str]] = {
    "same": "the same picture",
    "recompressed": "resized, recompressed or of other light",
    "mirrored": "mirrored",
    "cropped": "cut out of the other",
    "burst": "of one scene, such as of a burst",
}


@final
@dataclass(frozen=True, kw_only=True)
class Pair:
    """Two images, by position, of which one may be made from the other."""

    first: int
    second: int
    cosine: float

    @property
    def cut_outs(self) -> bool:
        """Whether cut-outs are to be looked for."""
        return self.cosine >= CUT


@final
@dataclass(frozen=True, kw_only=True)
class Duplicate:
    """Two images that are nearly the same, and in which way."""

    first: int
    second: int
    cosine: float
    correlation: float
    way: Way


def candidates(neighbours: Neighbours) -> list[Pair]:
    """Return the pairs that are worth a look, in order.

    Copies are nearest to each other whatever was done to them, and stand out from what is merely alike: the last
    neighbour tells how alike images are around here. Where an image has more copies than neighbours are found, nothing
    stands out, and `COPY` decides.
    """
    return sorted(dict.fromkeys(_standing_out(neighbours)), key=lambda pair: (pair.first, pair.second))


def _standing_out(neighbours: Neighbours) -> Iterator[Pair]:
    if neighbours.index.shape[1] == 0:
        return
    known: set[tuple[int, int]] = set()
    last = neighbours.cosine[:, -1] if neighbours.index.shape[1] > 1 else neighbours.cosine[:, 0] - GAP
    for image, (others, cosines) in enumerate(zip(neighbours.index, neighbours.cosine, strict=True)):
        for other, cosine in zip(others.tolist(), cosines.tolist(), strict=True):
            pair = (min(image, other), max(image, other))
            apart = cosine >= last[image] + GAP or cosine >= COPY
            if cosine >= LEAST and apart and pair not in known:
                known.add(pair)
                yield Pair(first=pair[0], second=pair[1], cosine=cosine)


def judged(pair: Pair, look: Look, *, sizes: tuple[Size, Size]) -> Duplicate | None:
    """Return what two images are to each other after a second look; None where they are only alike."""
    way = _way(pair, look, equal_size=sizes[0] == sizes[1])
    if way is None:
        return None
    return Duplicate(first=pair.first, second=pair.second, cosine=pair.cosine, correlation=look.correlation, way=way)


def _way(pair: Pair, look: Look, *, equal_size: bool) -> Way | None:
    if look.correlation < (SUPPORTED if pair.cosine >= CLOSE else CONFIRMED):
        return "burst" if pair.cosine >= BURST and look.correlation >= ALIKE else None
    if look.mirrored:
        return "mirrored"
    if look.scale < 1:
        return "cropped"
    equal = equal_size and look.correlation >= EQUAL and look.brighter < LIGHTER
    return "same" if equal else "recompressed"
