"""What every CAM method is, and the tools that most of them share."""

from abc import ABC, abstractmethod
from collections.abc import Iterator
from dataclasses import dataclass

import torch
from jaxtyping import Float, Int64
from torch import Tensor

from wsss.errors import ModelError, one_of
from wsss.types import CutClassifier, Images, RawMaps, Targets


@dataclass(frozen=True, kw_only=True)
class CAMMethod(ABC):
    """Turn a classifier's answer into maps of where it saw the class.

    A method leaves the model as it found it: no hooks, no gradients, no change of mode, weights or random state. It
    works under an outer `no_grad` or autocast and returns float32 maps on the images' device.
    """

    block: str = "last"
    """After which block of the network the maps are read."""

    @abstractmethod
    def __call__(self, model: CutClassifier, images: Images, targets: Targets) -> RawMaps:
        """Return one raw map a pair of `targets`: signed, at the method's own resolution, not resized, not scaled."""

    def check(self, model: CutClassifier) -> None:
        """Raise `ModelError` where the method does not fit the model; called before anything is computed."""
        if self.block not in model.blocks:
            raise ModelError(f"cam.block={self.block} is not among this network's blocks: {one_of(model.blocks)}")


def activations_and_gradients(
    model: CutClassifier, block: str, *, images: Images, targets: Targets
) -> tuple[Float[Tensor, "n d y x"], Float[Tensor, "n d y x"]]:
    """Return, for every pair, the maps after `block` and the gradient of the class's logit with respect to them.

    The network runs once without gradients up to the block; only what follows is differentiated, once for the first
    pair of every image, once for the second, and so on.
    """
    with torch.no_grad():
        cut = model.until(block, images)
    activations = cut.maps[targets.image].float()
    gradients = torch.zeros_like(activations)
    for positions in targets.rounds():
        with torch.enable_grad():
            part = cut.take(targets.image[positions])
            maps = part.maps.detach().requires_grad_()
            logits = model.after(block, part.with_maps(maps))
            score = logits.gather(1, targets.cls[positions, None]).sum()
            (gradient,) = torch.autograd.grad(score, maps)
        gradients[positions] = gradient.float()
    return activations, gradients


def by_image(targets: Targets) -> Iterator[tuple[Int64[Tensor, " 1"], Int64[Tensor, " r"]]]:
    """Yield every image that is asked for, as an index of one, with the positions of its pairs."""
    for image in sorted(set(targets.image.tolist())):
        positions = (targets.image == image).nonzero()[:, 0]
        yield targets.image[positions[:1]], positions


def weighted_sum(maps: Float[Tensor, "n d y x"], weights: Float[Tensor, "n d"]) -> RawMaps:
    """Return sum_k w_k A_k, in single precision also inside autocast, which would round an einsum to half."""
    return (maps * weights[:, :, None, None]).sum(dim=1)


def check_chunk(chunk: int) -> None:
    """Refuse with a `ValueError` what is no number of things to do at a time."""
    if chunk < 1:
        raise ValueError(f"chunk must be at least 1, got {chunk}")
