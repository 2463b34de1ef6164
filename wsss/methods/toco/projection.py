"""The projection in which ToCo compares class tokens, and its slower copy."""

from copy import deepcopy

import torch
from jaxtyping import Float
from torch import Tensor, nn
from torch.nn import functional

HIDDEN, NARROW, WIDE = 2048, 256, 1024


class Projection(nn.Module):
    """Three layers, a direction, and its products with other directions, as in DINO (Caron et al., ICCV 2021)."""

    def __init__(self, channels: int) -> None:
        super().__init__()
        self.layers = nn.Sequential(
            nn.Linear(channels, HIDDEN), nn.GELU(), nn.Linear(HIDDEN, HIDDEN), nn.GELU(), nn.Linear(HIDDEN, NARROW)
        )
        self.directions = nn.Linear(NARROW, WIDE, bias=False)
        for layer in self.layers:
            if isinstance(layer, nn.Linear):
                nn.init.trunc_normal_(layer.weight, std=0.02)
                nn.init.zeros_(layer.bias)

    def forward(self, tokens: Float[Tensor, "n d"]) -> Float[Tensor, "n e"]:
        """Return the products."""
        own = functional.normalize(self.layers(tokens.float()), dim=1)
        return functional.linear(own, functional.normalize(self.directions.weight, dim=1))


def slow_copy(projection: Projection) -> Projection:
    """Return a copy that learns from no gradient."""
    return deepcopy(projection).requires_grad_(requires_grad=False)


@torch.no_grad()
def follow(slow: Projection, quick: Projection, *, momentum: float) -> None:
    """Bring the copy nearer: `momentum` of its own weights, and the rest of the other's."""
    for own, other in zip(slow.parameters(), quick.parameters(), strict=True):
        own.lerp_(other, 1 - momentum)
