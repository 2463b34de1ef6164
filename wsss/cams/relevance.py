"""Layers as FG-CAM crosses them: each runs, and shares the relevance of its output out among its input.

All rules are one: with f the part of a layer that adds up positive evidence, an input's share of an output's relevance
is its share of f. So no relevance is made, and none is lost but at outputs for which there is no evidence at all.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import reduce
from operator import add
from typing import Final, final

import torch
from jaxtyping import Float
from torch import Tensor

from wsss.cams.base import ROUNDING
from wsss.protocols import Layer, Maps

LayerFunction = Callable[[Tensor], Tensor]
"""What a layer's modules do to maps."""

SMALLEST: Final = 1e-30
"""Evidence below it is none: a quotient by it would leave the range of float32."""


@final
@dataclass(frozen=True, kw_only=True, eq=False)
class Pointwise(Layer):
    """What keeps every cell in its place: an activation, a norm, dropout, or a gate, which multiplies channels.

    Relevance stays in its cell. For a gate (squeeze and excitation) this takes the factors as given, so that none goes
    to what they were computed from.
    """

    step: LayerFunction

    def run(self, maps: Maps) -> Maps:
        """See `Layer`."""
        return self.step(maps.clone())  # activations work in place

    def back(self, maps: Maps, relevance: Maps) -> Maps:
        """See `Layer`."""
        return relevance


@final
@dataclass(frozen=True, kw_only=True, eq=False)
class Pooling(Layer):
    """A maximum, mean or blur over windows: f = pool(relu(x))."""

    step: LayerFunction

    def run(self, maps: Maps) -> Float[Tensor, "n d p q"]:
        """See `Layer`."""
        return self.step(maps)

    def back(self, maps: Maps, relevance: Float[Tensor, "n d p q"]) -> Maps:
        """See `Layer`."""
        return shared(self.step, (maps.relu(),), relevance=relevance)


@final
@dataclass(frozen=True, kw_only=True, eq=False)
class Convolution(Layer):
    """A convolution and what follows it cell by cell: f = W+ * x+ + W- * x-, without the bias (the z+ rule).

    `weight` is W, with a batch norm folded in; a norm's variance, a positive factor of a channel, cancels in every rule
    and is left out. `pixels` chooses the rule for the first layer, whose inputs have bounds instead of a sign (the box
    rule): f = W * x - W+ * low - W- * high, with the lowest and highest value of each image.
    """

    steps: tuple[LayerFunction, ...]
    weight: Float[Tensor, "e g k l"]
    convolve: Callable[[Tensor, Tensor], Tensor]
    """Convolves maps with a weight, without a bias."""
    pixels: bool = False

    def run(self, maps: Maps) -> Float[Tensor, "n e p q"]:
        """See `Layer`."""
        return reduce(lambda x, step: step(x), self.steps, maps)

    def back(self, maps: Maps, relevance: Float[Tensor, "n e p q"]) -> Maps:
        """See `Layer`."""
        up, down = self.weight.clamp(min=0), self.weight.clamp(max=0)
        if self.pixels:
            low, high = (edge(maps, dim=(1, 2, 3), keepdim=True).expand_as(maps) for edge in (torch.amin, torch.amax))

            def above_bounds(x: Tensor, low: Tensor, high: Tensor) -> Tensor:
                return self.convolve(x, self.weight) - self.convolve(low, up) - self.convolve(high, down)

            return shared(above_bounds, (maps, low, high), relevance=relevance)
        if not bool((maps < 0).any()):  # after a ReLU: half of the work
            return shared(lambda x: self.convolve(x, up), (maps,), relevance=relevance)
        return shared(
            lambda positive, negative: self.convolve(positive, up) + self.convolve(negative, down),
            (maps.clamp(min=0), maps.clamp(max=0)),
            relevance=relevance,
        )


@final
@dataclass(frozen=True, kw_only=True, eq=False)
class Sum(Layer):
    """Branches that are added, as in a residual block; one without layers is the input itself.

    Each gets the share that it has in the parts of all branches with the sign of their sum. Where a ReLU follows, these
    are the positive parts: elsewhere there is no relevance.
    """

    branches: tuple[tuple[Layer, ...], ...]

    def run(self, maps: Maps) -> Float[Tensor, "n e p q"]:
        """See `Layer`."""
        return reduce(add, [run(layers, maps) for layers in self.branches])

    def back(self, maps: Maps, relevance: Float[Tensor, "n e p q"]) -> Maps:
        """See `Layer`."""
        outputs = [run(layers, maps) for layers in self.branches]
        positive = reduce(add, outputs) >= 0
        parts = [torch.where(positive, each.clamp(min=0), each.clamp(max=0)) for each in outputs]
        unit = quotient(relevance, reduce(add, parts))
        return reduce(
            add,
            [carried(layers, maps, relevance=part * unit) for layers, part in zip(self.branches, parts, strict=True)],
        )


def run(layers: Sequence[Layer], maps: Maps) -> Float[Tensor, "n e p q"]:
    """Return what layers make of `maps`, one after the other."""
    return reduce(lambda x, layer: layer.run(x), layers, maps)


def carried(layers: Sequence[Layer], maps: Maps, *, relevance: Float[Tensor, "n e p q"]) -> Maps:
    """Carry relevance from what layers return back to the `maps` that the first of them is given."""
    if not layers:
        return relevance
    first, *rest = layers
    if rest:
        relevance = carried(rest, first.run(maps), relevance=relevance)
    return first.back(maps, relevance)


def shared(forward: Callable[..., Tensor], inputs: tuple[Tensor, ...], *, relevance: Float[Tensor, "n e p q"]) -> Maps:
    """Share relevance R out by what each input adds to f: x * J^T (R / f(x)), added up over the `inputs`.

    `forward` is f, homogeneous: it is the sum of what its inputs add to it.
    """
    leaves = [each.detach().requires_grad_() for each in inputs]
    with torch.enable_grad():
        output = forward(*leaves)
    gradients = torch.autograd.grad(output, leaves, quotient(relevance, output.detach()))
    return reduce(add, [leaf.detach() * gradient for leaf, gradient in zip(leaves, gradients, strict=True)])


def quotient(relevance: Float[Tensor, "n e p q"], evidence: Float[Tensor, "n e p q"]) -> Float[Tensor, "n e p q"]:
    """Divide, and give 0 where the evidence is 0 but for what rounding left beside the highest of its channel."""
    size = evidence.abs()
    least = (ROUNDING * size.amax(dim=(2, 3), keepdim=True)).clamp(min=SMALLEST)
    return torch.where(size > least, relevance / torch.where(size > least, evidence, 1.0), 0.0)
