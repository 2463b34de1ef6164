"""Keep a part of a network as it is: parameters of its first layers, statistics of its batch norms."""

from collections.abc import Sequence

from torch import nn
from torch.nn.modules.batchnorm import _BatchNorm

from wsss.errors import ModelError, one_of
from wsss.models.weights.initial import canonical


def freeze_parameters(module: nn.Module, *, paths: Sequence[str]) -> None:
    """Stop training the parameters named `paths` or below submodules named so; nor is a gradient computed there.

    Names are compared as `canonical` has them, so a classifier's paths serve for an encoder of the same backbone too.
    Raises `ModelError` for a path that holds no parameter here: the network is of another architecture.
    """
    named = {canonical(name): parameter for name, parameter in module.named_parameters()}
    for path in paths:
        below = [name for name in named if f"{name}_".startswith(f"{canonical(path)}_")]
        if not below:
            raise ModelError(
                f"frozen_until: this network has no {path!r}, it has {one_of(list(named), limit=3)}; "
                "set frozen_until=null"
            )
        for name in below:
            named[name].requires_grad = False


def fix_batch_norm(module: nn.Module) -> None:
    """Stop training weights and biases of every batch norm of `module`, as DeepLab's last stage does."""
    for part in module.modules():
        if isinstance(part, _BatchNorm):
            part.requires_grad_(requires_grad=False)


def freeze_batch_norm(module: nn.Module) -> None:
    """Put every batch norm of `module` in eval mode; weights and biases stay trainable.

    The statistics of a pretrained network are better than those of a small batch, and an image's result stays
    independent of the others in its batch (IRN, PSA and ReCAM train so). `module.train()` undoes it: call this after.
    """
    for part in module.modules():
        if isinstance(part, _BatchNorm):
            part.eval()
