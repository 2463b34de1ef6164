"""The interface of CAM methods, and the tools that most of them share."""

from abc import ABC, abstractmethod
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from functools import wraps
from typing import Any, ClassVar, Final

import torch
from jaxtyping import Float, Int64
from torch import Tensor

from wsss.configurable import Configurable
from wsss.errors import ModelError, one_of
from wsss.protocols import CutClassifier
from wsss.types import Cut, Images, RawMaps, Targets

ROUNDING: Final = 1e-6
"""Numbers that differ by a smaller share than this are equal but for rounding."""


def _with_reasons(call: Callable[..., RawMaps]) -> Callable[..., RawMaps]:
    """Let a method that fails say so in a `ModelError` where the network, the images or the targets are the reason."""

    @wraps(call)
    def called(method: Any, model: CutClassifier, images: Images, targets: Targets) -> RawMaps:
        try:
            return call(method, model, images, targets)
        except torch.OutOfMemoryError:
            raise
        except (AssertionError, LookupError, RuntimeError):
            method.check(model)
            check_targets(targets, model=model, images=images)
            raise

    return called


def check_targets(targets: Targets, *, model: CutClassifier, images: Tensor) -> None:
    """Raise `ModelError` for images that are none, and for targets of an image or a class that is not there."""
    if images.ndim != 4 or images.shape[1] != 3:
        raise ModelError(f"images: expected normalised ones as [b 3 h w], got the shape {list(images.shape)}")
    last = model.blocks[-1]
    with torch.no_grad():
        classes = model.after(last, model.until(last, images[:1])).shape[1]
    for name, indices, count in (("image", targets.image, len(images)), ("class", targets.cls, classes)):
        wrong = sorted({index for index in indices.tolist() if not 0 <= index < count})
        if wrong:
            raise ModelError(f"targets: there is no {name} {wrong[0]}: there are {count}, 0 .. {count - 1}")


@dataclass(frozen=True, kw_only=True)
class CAMMethod(Configurable, ABC):
    """Turn a classifier's answer into maps of where it saw the class.

    A method leaves the model as it found it: no hooks, no gradients, no change of mode, weights or random state. It
    works under an outer `no_grad` or autocast and returns float32 maps on the images' device.

    >>> from torch import nn
    >>> from wsss.cams import GradCAM
    >>> from wsss.models import Hooked
    >>> network = nn.Sequential(nn.Conv2d(3, 8, 4, stride=4), nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(8, 5))
    >>> model = Hooked(network.eval(), {"last": network[0]})
    >>> GradCAM()(model, torch.rand(2, 3, 16, 24), Targets.of([[0, 3], [4]])).shape  # one map for each pair
    torch.Size([3, 4, 6])
    """

    differentiates: ClassVar[bool] = True
    """Whether it may take gradients. One that never does says so: it is then asked without anything that they need."""
    block: str = "last"
    """After which block of the network the maps are read."""

    def __init_subclass__(cls, **options: Any) -> None:
        super().__init_subclass__(**options)
        if "__call__" in cls.__dict__:
            cls.__call__ = _with_reasons(cls.__call__)  # type: ignore[method-assign]

    @abstractmethod
    def __call__(self, model: CutClassifier, images: Images, targets: Targets) -> RawMaps:
        """Return one raw map a pair of `targets`: signed, at the method's own resolution, not resized, not scaled."""

    def long_passes(self, model: CutClassifier, images: Images) -> int:
        """Return how often an image passes through the whole network, if the user should know before waiting.

        It is 0 for methods that take a few passes, and for those that repeat only what follows a block.
        """
        del model, images
        return 0

    def check(self, model: CutClassifier) -> None:
        """Raise `ModelError` where the method does not fit the model; called before anything is computed."""
        if self.block not in model.blocks:
            raise ModelError(f"cam.block={self.block} is not among this network's blocks: {one_of(model.blocks)}")


@dataclass(frozen=True, kw_only=True)
class WeightedCAM(CAMMethod):
    """A method that gives every channel one weight: its map is sum_k w_k A_k."""

    @abstractmethod
    def channel_weights(
        self, model: CutClassifier, images: Images, targets: Targets
    ) -> tuple[Float[Tensor, "n d y x"], Float[Tensor, "n d"]]:
        """Return, for every pair, the maps after `block` and the weights of their channels."""

    def __call__(self, model: CutClassifier, images: Images, targets: Targets) -> RawMaps:
        """See `CAMMethod`."""
        return weighted_sum(*self.channel_weights(model, images, targets))


@dataclass(frozen=True, kw_only=True)
class FromCut(CAMMethod):
    """A method that sees of a network no more than its cut after `block` and what follows."""

    @abstractmethod
    def from_cut(self, model: CutClassifier, cut: Cut, targets: Targets) -> RawMaps:
        """Return the maps of a cut after `block`."""

    def __call__(self, model: CutClassifier, images: Images, targets: Targets) -> RawMaps:
        """See `CAMMethod`."""
        with torch.no_grad():
            cut = model.until(self.block, images)
        return self.from_cut(model, cut, targets)


def activations_and_gradients(
    model: CutClassifier, block: str, *, images: Images, targets: Targets
) -> tuple[Float[Tensor, "n d y x"], Float[Tensor, "n d y x"]]:
    """Return, for every pair, the maps after `block` and the gradient of the class's logit with respect to them.

    The network runs once without gradients up to the block; only what follows is differentiated, once for the first
    pair of every image, once for the second, and so on.
    """
    with torch.no_grad():
        cut = model.until(block, images)
    return cut.maps[targets.image].float(), gradients_of(model, block, cut=cut, targets=targets)


def gradients_of(model: CutClassifier, block: str, *, cut: Cut, targets: Targets) -> Float[Tensor, "n d y x"]:
    """Return, for every pair, the gradient of the class's logit with respect to the maps of a cut after `block`."""
    gradients = cut.maps.new_zeros(len(targets), *cut.maps.shape[1:], dtype=torch.float32)
    for positions in targets.rounds():
        with torch.enable_grad():
            part = cut.take(targets.image[positions])
            maps = part.maps.detach().requires_grad_()
            logits = model.after(block, part.with_maps(maps))
            score = logits.gather(1, targets.cls[positions, None]).sum()
            (gradient,) = torch.autograd.grad(score, maps)
        gradients[positions] = gradient.float()
    return gradients


def by_image(targets: Targets) -> Iterator[tuple[Int64[Tensor, " 1"], Int64[Tensor, " r"]]]:
    """Yield every image that is asked for, as an index of one, with the positions of its pairs."""
    for image in sorted(set(targets.image.tolist())):
        positions = (targets.image == image).nonzero()[:, 0]
        yield targets.image[positions[:1]], positions


def weighted_sum(maps: Float[Tensor, "n d y x"], weights: Float[Tensor, "n d"]) -> RawMaps:
    """Return sum_k w_k A_k, in single precision also inside autocast, which would round an einsum to half.

    >>> weighted_sum(torch.tensor([[[[1.0, 2.0]], [[3.0, 4.0]]]]), torch.tensor([[2.0, -1.0]]))
    tensor([[[-1.,  0.]]])
    """
    return (maps * weights[:, :, None, None]).sum(dim=1)


def scaled_to_one(values: Float[Tensor, "n *cells"]) -> Float[Tensor, "n *cells"]:
    """Bring every row to [0, 1] by its own minimum and maximum; one that is constant but for rounding becomes 0.

    >>> scaled_to_one(torch.tensor([[1.0, 2.0, 3.0], [5.0, 5.0, 5.0]]))
    tensor([[0.0000, 0.5000, 1.0000],
            [0.0000, 0.0000, 0.0000]])
    """
    flat = values.flatten(1)
    low, high = flat.amin(dim=1, keepdim=True), flat.amax(dim=1, keepdim=True)
    span = high - low
    constant = span <= ROUNDING * flat.abs().amax(dim=1, keepdim=True)
    return ((flat - low) / span.masked_fill(constant, torch.inf)).reshape(values.shape)


def single(cut: Cut) -> Cut:
    """Return a cut in single precision."""
    return replace(cut, maps=cut.maps.float(), rest=tuple(part.float() for part in cut.rest))


def check_chunk(chunk: int) -> None:
    """Refuse with a `ValueError` what is not a number of things to do at a time."""
    if chunk < 1:
        raise ValueError(f"chunk must be at least 1, got {chunk}")
