"""The random walk of PSA and IRN: maps spread over the image, and stop where neighbours do not belong together.

Both papers build the dense matrix T of all pairs of cells, whose columns sum to 1, and square it eight times. Applying
the sparse T 2^8 times to the few maps is the same, at a ten thousandth of the work; its memory grows with the number of
cells and not with its square. T is kept as one plane of weights a neighbour, so a step is a sum of shifted maps.
"""

from collections.abc import Iterable
from dataclasses import dataclass

import torch
from jaxtyping import Float
from torch import Tensor

from wsss.methods.affinity.pairs import Offset, Surrounded, offsets


@dataclass(frozen=True, kw_only=True)
class Transition:
    """What each cell takes from itself and from its neighbours in one step; the weights of a cell sum to 1."""

    radius: int
    weights: dict[Offset, Float[Tensor, "y x"]]
    """By neighbour: at cell (y, x) the share that comes from (y, x) + offset."""

    @classmethod
    def of(cls, affinities: Iterable[Float[Tensor, "y x"]], *, radius: int, beta: float) -> "Transition":
        """Raise affinities, in the order of `offsets`, to the power `beta`, and normalise. A cell's own is 1."""
        weights: dict[Offset, Tensor] = {}
        for (down, right), affinity in zip(offsets(radius), affinities, strict=True):
            strength = affinity.float() ** beta
            weights[down, right] = strength
            # Affinities are symmetric: the same one leads back from the other cell of the pair.
            weights[-down, -right] = Surrounded(strength, radius=radius, fill=0).at((-down, -right))
        weights[0, 0] = torch.ones_like(next(iter(weights.values())))
        total = torch.zeros_like(weights[0, 0])
        for weight in weights.values():
            total += weight
        return cls(radius=radius, weights={offset: weight / total for offset, weight in weights.items()})

    def walk(self, maps: Float[Tensor, "n y x"], *, steps: int) -> Float[Tensor, "n y x"]:
        """Return the maps after `steps` steps; each stays between its own least and largest value."""
        height, width = maps.shape[-2:]
        margin = self.radius - 1
        around = maps.new_zeros(len(maps), height + 2 * margin, width + 2 * margin)
        # Views, made once: what is copied into the middle is seen through all of them.
        views = {
            (y, x): around[:, margin + y : margin + y + height, margin + x : margin + x + width]
            for y, x in self.weights
        }
        views[0, 0].copy_(maps)
        after = maps.clone()
        for _ in range(steps):
            after.zero_()
            for offset, weight in self.weights.items():
                after.addcmul_(views[offset], weight)
            views[0, 0].copy_(after)
        # Averages stay in between, but for the rounding of many of them.
        flat = maps.flatten(1)
        low, high = flat.amin(dim=1), flat.amax(dim=1)
        return after.clamp(min=low[:, None, None], max=high[:, None, None])
