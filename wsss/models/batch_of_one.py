"""Networks that cannot learn from one image at a time: a batch norm behind a global pooling has one value a channel."""

from typing import Final

import torch
from torch import nn

SINGLE: Final = "more than 1 value per channel"
"""What torch says of a batch norm that learns from a single value."""


def learns_from_one(network: nn.Module, *, side: int) -> bool:
    """Return whether a network can be trained on one image of `side` x `side` pixels.

    It is tried where its weights lie; on the meta device that takes neither memory nor time.
    """
    device = next(network.parameters()).device
    training = network.training
    try:
        with torch.no_grad(), device:
            network.train()(torch.zeros(1, 3, side, side))
    except ValueError as error:
        if SINGLE not in str(error):
            raise
        return False
    finally:
        network.train(training)
    return True
