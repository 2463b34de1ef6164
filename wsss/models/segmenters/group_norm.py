"""Group norm (Wu and He, ECCV 2018) in a decoder: its answers do not depend on how many images share a batch."""

from typing import Final

from torch import nn

GROUPS: Final = 4
"""Groups of channels that are normalised together, as in P-NOC's DeepLabV3+."""


def exchange_batch_norm(network: nn.Module, *, but: nn.Module) -> None:
    """Put group norm in the place of every batch norm of a network that is not in the part `but`.

    Raises `ValueError` where the channels are not a multiple of the groups.
    """
    for name, child in network.named_children():
        if child is but:
            continue
        if isinstance(child, nn.BatchNorm2d):
            setattr(network, name, nn.GroupNorm(GROUPS, child.num_features))
        else:
            exchange_batch_norm(child, but=but)
