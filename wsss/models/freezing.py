"""Keep a part of a network as it is: parameters of its first layers."""

from collections.abc import Sequence

from torch import nn

from wsss.errors import ModelError, one_of
from wsss.models.weights import canonical


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
