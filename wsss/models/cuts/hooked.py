"""Any `nn.Module` as a classifier that CAM methods can cut: the network is run again for every answer."""

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from typing import Any, Final

import torch
from torch import Tensor, nn

from wsss.errors import ModelError, WsssError, first_line, one_of
from wsss.models.cuts.chain import position_of
from wsss.models.cuts.grids import Grid, grid_of
from wsss.types import Cut, Images

PROBE: Final = 224
"""Side in pixels of the empty image by which a stride is found."""


def class_logits(answer: Any) -> Any:
    """Return what is asked of a network's answer, which is a tensor but for detectors.

    It is the answer itself, the `logits` of transformers' outputs, the `out` of torchvision's segmentation networks, or
    a first item; of torchvision's detectors all of it, a table of `boxes` an image. Raises `ModelError` for others.
    """
    match answer:
        case Tensor() | [{"boxes": Tensor()}, *_]:
            return answer
        case {"logits": logits} | {"out": logits}:
            return class_logits(logits)
        case (first, *_):
            return class_logits(first)
        case _:
            raise ModelError(
                f"the network returns a {type(answer).__name__}: pass logits=, which takes a tensor from it"
            )


class Hooked:
    """A network of any kind that satisfies `CutClassifier`; `after` costs a whole forward pass.

    `until` runs the network and keeps what the block returns. `after` runs it again on the same images with the block's
    output replaced; only what follows the block is differentiated. Hooks live as long as one call, also when it raises.
    The network must answer the same image alike each time: put it in eval mode.

    Args:
        model: The network. It is used as it is, mode and device included.
        blocks: Names for layers, from the input on: `{"layer4": model.layer4}`. Each must run once a pass.
        grid: How maps lie in the layers' outputs, found by their shapes if not given: see `grid_of`. A pair's or a
            list's first item is taken.
        call: How the network is run on images, where `model(images)` is not enough, such as with a second input.
        logits: What is asked of its answer, `[b c]`; see `class_logits`. With `Scored`, anything with the batch first.
        stride: Input pixels a cell of the last block's maps; found on an empty image of 224 x 224 if not given.
    """

    def __init__(
        self,
        model: nn.Module,
        blocks: Mapping[str, nn.Module],
        *,
        grid: Grid | None = None,
        call: Callable[[Images], Any] | None = None,
        logits: Callable[[Any], Any] = class_logits,
        stride: int | None = None,
    ) -> None:
        layers = set(model.modules())
        strangers = [name for name, layer in blocks.items() if layer not in layers]
        if strangers or not blocks:
            problem = f"not layers of the network: {one_of(strangers)}" if strangers else "no layer is named"
            raise ModelError(f'blocks: {problem}; pass modules of the network, such as {{"layer4": model.layer4}}')
        self._model = model
        self._layers = dict(blocks)
        self._grid = grid
        self._call = call or model
        self._logits = logits
        self._stride = stride

    @property
    def blocks(self) -> tuple[str, ...]:
        """Names of the blocks, first to last."""
        return tuple(self._layers)

    @property
    def stride(self) -> int:
        """Input pixels a cell of the last block's maps."""
        if self._stride is None:
            device = next((parameter.device for parameter in self._model.parameters()), torch.device("cpu"))
            with torch.no_grad():
                probe = self.until(self.blocks[-1], torch.zeros(1, 3, PROBE, PROBE, device=device))
            self._stride = probe.stride
        return self._stride

    def __call__(self, images: Images) -> Any:
        """Return the logits. Raises `ModelError` where the network does not take the images."""
        return self._logits(asked(self._call, images))

    def until(self, block: str, images: Images) -> Cut:
        """Run the network and return the block's maps; the cut's `rest` begins with the images.

        Raises `ModelError` for a name that was not given, and for a layer that does not run once or returns no grid.
        """
        outputs: list[Tensor] = []

        def keep(_module: nn.Module, _inputs: Any, output: Any) -> None:
            outputs.append(_tensor(output).clone())  # what follows may work in place

        with self._hook(block, keep):
            asked(self._call, images)
        if len(outputs) != 1:
            raise ModelError(f"block {block!r} ran {len(outputs)} times in one pass: name a layer that runs once")
        (output,) = outputs
        if len(output) != len(images):
            raise ModelError(
                f"block {block!r} returns {len(output)} tensors for {len(images)} images, as layers that work on "
                "windows do: name a layer around it"
            )
        height, width = images.shape[-2:]
        maps, kept = self._grid_of(output, images).maps(output, height=height, width=width)
        return Cut(maps=maps, stride=max(1, round(height / maps.shape[-2])), rest=(images, *kept))

    def after(self, block: str, cut: Cut) -> Any:
        """Run the network again, with the cut's maps in place of the block's output, and return the logits."""
        images, *kept = cut.rest
        wanted = torch.is_grad_enabled()

        def replace(_module: nn.Module, _inputs: Any, output: Any) -> Any:
            torch.set_grad_enabled(wanted)
            return _replaced(output, self._grid_of(_tensor(output), images).output(cut.maps, tuple(kept)))

        with self._hook(block, replace), torch.no_grad():
            answer = asked(self._call, images)
        with torch.set_grad_enabled(wanted):
            return self._logits(answer)

    def _grid_of(self, output: Tensor, images: Images) -> Grid:
        height, width = images.shape[-2:]
        return self._grid or grid_of(output, height=height, width=width)

    @contextmanager
    def _hook(self, block: str, function: Callable[..., Any]) -> Iterator[None]:
        position_of(block, among=self.blocks)
        handle = self._layers[block].register_forward_hook(function)
        try:
            yield
        finally:
            handle.remove()


def asked(network: Callable[[Images], Any], images: Tensor) -> Any:
    """Return what a network answers; whatever else it raises becomes a `ModelError` with the images' shape.

    A GPU's lack of memory is passed on.
    """
    try:
        return network(images)
    except (WsssError, torch.OutOfMemoryError):
        raise
    except (RuntimeError, AssertionError, ValueError, TypeError, LookupError, AttributeError) as error:
        raise ModelError(
            f"the network does not take images of the shape {list(images.shape)}, {_kind(images)}: it says "
            f"{first_line(error)!r}; pass [b 3 h w] of a size that it takes, on its device"
        ) from error


def _kind(images: Tensor) -> str:
    return f"{str(images.dtype).removeprefix('torch.')} on {images.device.type}"


def _tensor(output: Any) -> Tensor:
    """Return a layer's output, or the first item of it."""
    match output:
        case Tensor():
            return output
        case (first, *_):
            return _tensor(first)
        case _:
            raise ModelError(
                f"the layer returns a {type(output).__name__}, not a tensor: name a layer that returns one"
            )


def _replaced(output: Any, maps: Tensor) -> Any:
    """Return a layer's output with its tensor exchanged; a copy, since what follows may work in place."""
    match output:
        case Tensor():
            return maps.to(output.dtype).clone()
        case tuple():
            return (_replaced(output[0], maps), *output[1:])
        case _:
            return [_replaced(output[0], maps), *output[1:]]
