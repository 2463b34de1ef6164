"""Batch norm over the global batch: its statistics do not depend on how many processes share the images.

NVIDIA GPUs have torch's SyncBatchNorm, and timm's for its own layers, since Lightning's way to torch's drops the
activation inside these. Neither works on other devices, which have layers of our own.
"""

from typing import Any, Final

import torch
from jaxtyping import Float
from pytorch_lightning.plugins.layer_sync import LayerSync
from timm.layers.norm_act import BatchNormAct2d, SyncBatchNormAct
from torch import Tensor, nn

from wsss.training.module import over_all_ranks

Channels = Float[Tensor, "b channels h w"]


class GlobalBatchNorm(LayerSync):
    """Lightning's plugin for several processes. Layers that are frozen, which are in evaluation mode, stay as they are.

    It changes the layers' classes and nothing else: parameters, names and state are the same before, during and after.
    """

    def __init__(self, *, cuda: bool = False) -> None:
        """`cuda` says whether the processes have NVIDIA GPUs."""
        self._classes = SYNCHRONISED if cuda else SHARED

    def apply(self, model: nn.Module) -> nn.Module:
        """Let every batch norm of images learn from the images of all processes."""
        return _exchanged(model, self._classes)

    def revert(self, model: nn.Module) -> nn.Module:
        """Undo it."""
        return _exchanged(model, {shared: plain for plain, shared in self._classes.items()})


class SynchronisedBatchNorm2d(nn.SyncBatchNorm):
    """torch's layer for GPUs, over all processes."""

    process_group = None
    """All of them."""


class SynchronisedBatchNormAct2d(SyncBatchNormAct):
    """timm's, which ends with dropout and an activation."""

    process_group = None


class SharedBatchNorm2d(nn.BatchNorm2d):
    """torch's layer, over all processes."""

    def forward(self, x: Channels) -> Channels:
        """See torch."""
        return normalised(self, x) if self.training else super().forward(x)


class SharedBatchNormAct2d(BatchNormAct2d):
    """timm's layer, which ends with dropout and an activation, over all processes."""

    def forward(self, x: Channels) -> Channels:
        """See timm."""
        if not self.training:
            return super().forward(x)  # type: ignore[no-untyped-call, no-any-return]
        return self.act(self.drop(normalised(self, x)))  # type: ignore[no-any-return]


SHARED: Final[dict[type[nn.Module], type[nn.Module]]] = {
    nn.BatchNorm2d: SharedBatchNorm2d,
    BatchNormAct2d: SharedBatchNormAct2d,
}
"""What each layer becomes. Subclasses of others would lose what they add, so they are left as they are."""
SYNCHRONISED: Final[dict[type[nn.Module], type[nn.Module]]] = {
    nn.BatchNorm2d: SynchronisedBatchNorm2d,
    BatchNormAct2d: SynchronisedBatchNormAct2d,
}
"""The same on NVIDIA GPUs."""


def _exchanged(model: nn.Module, classes: dict[type[nn.Module], type[nn.Module]]) -> nn.Module:
    for module in model.modules():
        if type(module) in classes:
            module.__class__ = classes[type(module)]
    return model


def normalised(norm: nn.BatchNorm2d, images: Channels) -> Channels:
    """Return what the layer's training gives on the images of all processes together, of which these are a part.

    Updates the running statistics as torch does, and computes in float32. Raises `ValueError` where there is a single
    value a channel.
    """
    wide = images.float()
    own = wide.new_tensor([wide.numel() / wide.shape[1]])
    totals = _SumOverRanks.apply(torch.cat([wide.sum(dim=(0, 2, 3)), own]))
    count, mean = totals[-1].detach(), totals[:-1] / totals[-1].detach()
    if count <= 1:
        raise ValueError(f"batch norm needs more than one value a channel to train on, got {tuple(images.shape)}")
    centred = wide - mean[:, None, None]
    variance: Tensor = _SumOverRanks.apply(centred.square().sum(dim=(0, 2, 3))) / count
    _remember(norm, mean=mean.detach(), variance=variance.detach() * count / (count - 1))
    scale = (variance + norm.eps).rsqrt()
    answer: Tensor = centred * (scale * norm.weight if norm.affine else scale)[:, None, None]
    if norm.affine:
        answer = answer + norm.bias[:, None, None]
    return answer.to(images.dtype)


def _remember(norm: nn.BatchNorm2d, *, mean: Tensor, variance: Tensor) -> None:
    if norm.running_mean is None or norm.running_var is None or norm.num_batches_tracked is None:
        return
    norm.num_batches_tracked.add_(1)
    share = 1 / float(norm.num_batches_tracked) if norm.momentum is None else norm.momentum
    norm.running_mean.lerp_(mean, share)
    norm.running_var.lerp_(variance, share)


class _SumOverRanks(torch.autograd.Function):
    """The sum over all processes; every process's loss depends on it, so gradients are summed as well."""

    @staticmethod
    def forward(ctx: Any, own: Tensor) -> Tensor:
        del ctx
        return over_all_ranks(own)

    @staticmethod
    def backward(ctx: Any, *grads: Tensor) -> Tensor:
        del ctx
        return over_all_ranks(grads[0])
