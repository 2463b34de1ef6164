"""Representative classes (Meng et al., 2019, arXiv 1901.07683): a few others that each class is told apart from.

Reconstructed: only the abstract was at hand. It says that a few representative classes are found by clustering and that
binary classifiers are trained against them; descriptors, clustering and their number are our own.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Final, Literal, final

import numpy as np
import torch
from jaxtyping import Bool, Float, Int64
from torch import Tensor, nn

from wsss.cams.kmeans import cluster
from wsss.models.base import NetworkOptions
from wsss.models.normalisation import Normalisation
from wsss.protocols import CutClassifier
from wsss.types import Cut, Images

DECIMALS: Final = 9
"""To which classes are as near to a centre, so that rounding does not choose between them."""


@dataclass(frozen=True, kw_only=True)
class Representatives:
    """For every class the others that it is told apart from, equally many. A pair needs one classifier, both ways."""

    of: tuple[tuple[int, ...], ...]

    @classmethod
    def named(cls, names: Mapping[str, Sequence[str]], *, classes: Sequence[str]) -> "Representatives":
        """Return the representatives of these names; nothing is told apart where there are none."""
        return cls(of=tuple(tuple(classes.index(other) for other in names[name]) for name in classes if names))

    @property
    def pairs(self) -> tuple[tuple[int, int], ...]:
        """Every pair of classes that are told apart, the smaller first, sorted."""
        return tuple(sorted({(min(c, r), max(c, r)) for c, others in enumerate(self.of) for r in others}))

    def logits(self) -> Int64[Tensor, "c r"]:
        """Return where, among two logits a pair, each class stands against each of its representatives."""
        place = {pair: 2 * position for position, pair in enumerate(self.pairs)}
        rows = [[place[min(c, r), max(c, r)] + (c > r) for r in others] for c, others in enumerate(self.of)]
        return torch.tensor(rows, dtype=torch.int64).reshape(len(rows), len(rows[0]) if rows else 0)


def apart(present: Bool[np.ndarray, "n c"]) -> Int64[np.ndarray, "c c"]:
    """Return how many images show the class of the row and not that of the column."""
    shown = present.astype(np.int64)
    return shown.T @ (1 - shown)


def candidates(present: Bool[np.ndarray, "n c"]) -> list[list[int]]:
    """Return for every class those that it can be told apart from: some images show only the one, some the other."""
    counts = apart(present)
    return [np.flatnonzero(row).tolist() for row in (counts > 0) & (counts.T > 0)]


def choose(
    descriptors: Float[np.ndarray, "c d"], *, among: Sequence[Sequence[int]], count: int, random_seed: int
) -> Representatives:
    """Return `count` of each class's candidates: one for each group of those that look alike, nearest to its centre.

    Groups are k-means' on the descriptors as directions. Every class needs as many candidates.
    """
    lengths = np.linalg.norm(descriptors, axis=1, keepdims=True)
    directions = descriptors.astype(np.float64) / np.maximum(lengths, np.finfo(np.float32).tiny)
    return Representatives(
        of=tuple(_nearest(directions, own, count=count, random_seed=random_seed) for own in among),
    )


def _nearest(
    directions: Float[np.ndarray, "c d"], own: Sequence[int], *, count: int, random_seed: int
) -> tuple[int, ...]:
    assert len(own) >= count
    points, position, weights = np.unique(directions[own], axis=0, return_inverse=True, return_counts=True)
    groups = cluster(points, counts=weights, groups=count, random_seed=random_seed)[position.ravel()]
    found = []
    for group in np.unique(groups):
        members = [c for c, of in zip(own, groups, strict=True) if of == group]
        distance = np.linalg.norm(directions[members] - directions[members].mean(axis=0), axis=1)
        found.append(members[int(distance.round(DECIMALS).argmin())])
    # Classes that look the same share a group: others of them make up the number.
    spare = [c for c in own if c not in found]
    return tuple(sorted([*found, *spare[: count - len(found)]]))


class BinaryClassifiers(nn.Module):
    """Classifiers that tell two classes apart, asked as one `CutClassifier`: a class's logit is the mean of its leads.

    Together their networks have two logits a pair, in the order of `Representatives.pairs`: the lead of the first
    class over the second, and its negative. One network has them all, or each pair has a network of its own. Cuts of
    several networks lie side by side in the channels, and what they hold beside maps one after the other.
    """

    def __init__(self, networks: Sequence[nn.Module], *, representatives: Representatives) -> None:
        super().__init__()
        self.networks = nn.ModuleList(networks)
        self._each = 2 * len(representatives.pairs) // len(networks)
        self._leads = representatives.logits().tolist()

    @property
    def blocks(self) -> tuple[str, ...]:
        """Names of the blocks, first to last."""
        return self._members[0].blocks

    @property
    def stride(self) -> int:
        """Input pixels a cell of the last maps."""
        return self._members[0].stride

    def binary(self, cls: int) -> list[tuple[CutClassifier, int]]:
        """Return what tells a class from each of its representatives: a network, and the logit that is its lead."""
        return [(self._members[lead // self._each], lead % self._each) for lead in self._leads[cls]]

    def until(self, block: str, images: Images) -> Cut:
        """Run every network up to and including `block`."""
        cuts = [network.until(block, images) for network in self._members]
        rest = tuple(part for cut in cuts for part in cut.rest)
        return replace(cuts[0], maps=torch.cat([cut.maps for cut in cuts], dim=1), rest=rest)

    def after(self, block: str, cut: Cut) -> Float[Tensor, "b c"]:
        """Run the rest of every network on its own maps."""
        parts, own = cut.maps.chunk(len(self.networks), dim=1), len(cut.rest) // len(self.networks)
        cuts = [replace(cut, maps=part, rest=cut.rest[own * i : own * (i + 1)]) for i, part in enumerate(parts)]
        logits = [net.after(block, each) for net, each in zip(self._members, cuts, strict=True)]
        return torch.cat(logits, dim=1)[:, torch.tensor(self._leads)].mean(dim=2)

    @property
    def _members(self) -> list[CutClassifier]:
        return list(self.networks)  # type: ignore[arg-type]  # torch knows them as modules only


@final
@dataclass(frozen=True, kw_only=True)
class BinaryOptions(NetworkOptions):
    """How binary classifiers are built: on copies of which classifier's backbone, and for which pairs of classes."""

    classifier: NetworkOptions
    representatives: dict[str, tuple[str, ...]] = field(default_factory=dict)
    """For every class, the names of those that it is told apart from."""
    networks: Literal["shared", "own"] = "shared"
    """One network for all pairs of classes, or one for each."""

    def build(self, classes: tuple[str, ...]) -> BinaryClassifiers:
        """See `NetworkOptions`."""
        return self._made(self.classifier.build, classes)

    def skeleton(self, classes: tuple[str, ...]) -> BinaryClassifiers:
        """See `NetworkOptions`."""
        return self._made(self.classifier.skeleton, classes)

    def outline(self) -> BinaryClassifiers:
        """See `NetworkOptions`."""
        return BinaryClassifiers([self.classifier.outline()], representatives=Representatives(of=()))

    @property
    def normalisation(self) -> Normalisation:
        """See `NetworkOptions`."""
        return self.classifier.normalisation

    def check(self) -> None:
        """See `NetworkOptions`."""
        self.classifier.check()

    def _made(self, make: Callable[[tuple[str, ...]], nn.Module], classes: tuple[str, ...]) -> BinaryClassifiers:
        representatives = Representatives.named(self.representatives, classes=classes)
        logits = [
            (f"{classes[a]} over {classes[b]}", f"{classes[b]} over {classes[a]}") for a, b in representatives.pairs
        ]
        every = logits if self.networks == "own" else [tuple(name for pair in logits for name in pair)]
        return BinaryClassifiers([make(names) for names in every], representatives=representatives)


def leads(weight: Float[Tensor, "two_pairs d"]) -> Float[Tensor, "two_pairs d"]:
    """Return w_c - w_r and w_r - w_c in place of the weights w_c, w_r of each pair."""
    pairs = weight.reshape(-1, 2, weight.shape[1])
    return (pairs - pairs.flip(1)).reshape(weight.shape)
