"""Layers of any network from whose output maps can be read: found by one pass, and the last useful one chosen."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Final

import torch
from torch import Tensor, nn

from wsss.errors import ModelError, one_of
from wsss.models.cuts.grids import Grid, grid_of
from wsss.models.cuts.hooked import asked
from wsss.types import Images

INSIDE: Final = ("Linear", "Identity", "Dropout", "Pool", "Flatten", "Permute")
"""Parts of names of classes whose output is not meant as the maps of a network, though it has a grid."""
SHOWN: Final = 16
"""Layers that an error message lists."""


@dataclass(frozen=True, kw_only=True)
class GridLayer:
    """A layer that runs once a pass and returns a grid of more than one cell."""

    name: str
    module: nn.Module
    grid: Grid
    shape: tuple[int, int, int]
    """Channels, rows and columns."""
    reaches: bool
    """Whether what is asked of the network depends on the cells, and not on a class token alone."""

    @property
    def cells(self) -> int:
        """Number of cells."""
        return self.shape[1] * self.shape[2]

    @property
    def words(self) -> str:
        """The name and the shape, for people."""
        channels, rows, columns = self.shape
        return f"{self.name} ({channels} x {rows} x {columns})"


def layers_with_grids(
    model: nn.Module,
    images: Images,
    *,
    call: Callable[[Images], Any],
    score: Callable[[Any], Tensor],
    grid: Grid | None = None,
) -> dict[str, GridLayer]:
    """Run a network once on an image, and return the layers from which maps can be read, in the order of their ends.

    `score` takes one number from the answer: that of what is explained. Hooks are gone when this returns.
    """
    outputs: dict[str, list[Tensor]] = {}
    handles = [
        module.register_forward_hook(_keeping(outputs.setdefault(name, []), outputs, name=name))
        for name, module in model.named_modules()
        if name
    ]
    try:
        with torch.enable_grad():
            answer = asked(call, images.detach().requires_grad_())
            total = score(answer)
    finally:
        for handle in handles:
            handle.remove()
    once = {name: found[0] for name, found in outputs.items() if len(found) == 1 and len(found[0]) == len(images)}
    gradients = _gradients(total, once)
    layers = {}
    for name, output in once.items():
        layer = _layer(name, model.get_submodule(name), output, images=images, gradient=gradients[name], grid=grid)
        if layer is not None:
            layers[name] = layer
    return layers


def chosen_layer(layers: Mapping[str, GridLayer], *, answer: Any) -> GridLayer:
    """Return the layer nearest to the answer on whose cells it depends.

    Linear layers, dropout and poolings are passed over, and what has as many channels as the answer. Where that is not
    a number a class, as of networks that segment or detect, layers with the fewest cells come first: those after them
    look back at fine detail. Raises `ModelError` where no layer has a grid.
    """
    answered = answer.shape[1] if isinstance(answer, Tensor) and answer.ndim > 1 else 0
    useful = [
        layer
        for layer in layers.values()
        if layer.reaches
        and layer.shape[0] != answered
        and not any(part in type(layer.module).__name__ for part in INSIDE)
    ]
    if not useful:
        raise ModelError(
            "layer: none of this network's layers returns a grid on which its answer depends: name one of "
            f"{listed(layers)}, or pass the `grid` of its layers"
        )
    if isinstance(answer, Tensor) and answer.ndim == 2:
        return useful[-1]
    fewest = min(layer.cells for layer in useful)
    return [layer for layer in useful if layer.cells == fewest][-1]


def named_layer(layers: Mapping[str, GridLayer], name: str) -> GridLayer:
    """Return a layer by its name; raises `ModelError` that lists those from which maps can be read."""
    if name not in layers:
        raise ModelError(f"layer: no maps can be read from {name!r}; layers with a grid: {listed(layers)}")
    if not layers[name].reaches:
        raise ModelError(
            f"layer: what is explained does not depend on the cells of {name!r}, as after the last attention of a "
            "network that answers by its class token: name a layer before it, such as the norm before that attention"
        )
    return layers[name]


def listed(layers: Mapping[str, GridLayer]) -> str:
    """Return the layers on which the answer depends as an error message lists them, the last ones first."""
    useful = [layer.words for layer in layers.values() if layer.reaches]
    return one_of(useful[::-1], limit=SHOWN) if useful else "none"


def _keeping(kept: list[Tensor], outputs: dict[str, list[Tensor]], *, name: str) -> Callable[..., None]:
    def keep(_module: nn.Module, _inputs: Any, output: Any) -> None:
        first = output[0] if isinstance(output, tuple | list) and output else output
        if isinstance(first, Tensor) and first.ndim > 0:
            kept.append(first)
            outputs[name] = outputs.pop(name)  # in the order in which layers end

    return keep


def _gradients(total: Tensor, outputs: Mapping[str, Tensor]) -> dict[str, Tensor | None]:
    asked_for = {name: output for name, output in outputs.items() if output.requires_grad}
    if not total.requires_grad or not asked_for:
        return dict.fromkeys(outputs)
    found = torch.autograd.grad(total, list(asked_for.values()), allow_unused=True)
    return {**dict.fromkeys(outputs), **dict(zip(asked_for, found, strict=True))}


def _layer(
    name: str, module: nn.Module, output: Tensor, *, images: Images, gradient: Tensor | None, grid: Grid | None
) -> GridLayer | None:
    height, width = images.shape[-2:]
    try:
        layout = grid or grid_of(output, height=height, width=width)
        maps, _ = layout.maps(output, height=height, width=width)
        slopes = None if gradient is None else layout.maps(gradient, height=height, width=width)[0]
    except ModelError:
        return None
    if maps.shape[2] * maps.shape[3] < 2:
        return None
    _, channels, rows, columns = maps.shape
    reaches = slopes is not None and bool(slopes.any())
    return GridLayer(name=name, module=module, grid=layout, shape=(channels, rows, columns), reaches=reaches)
