"""A network that never learns, within one that does, and that does not know it as a part."""

from typing import Any

from torch import nn


class Hidden(nn.Module):
    """Holds a network in eval mode, without gradients, and moves it along with the rest.

    torch finds no parameters here, so the network is neither trained nor in a state dict or a checkpoint.
    """

    def __init__(self, network: nn.Module) -> None:
        super().__init__()
        # In a tuple, where `nn.Module` does not look for parts.
        self._hidden = (network.eval().requires_grad_(requires_grad=False),)

    @property
    def network(self) -> nn.Module:
        """The network."""
        return self._hidden[0]

    def _apply(self, fn: Any, recurse: bool = True) -> "Hidden":  # noqa: FBT001, FBT002 - torch's signature
        super()._apply(fn, recurse)  # type: ignore[no-untyped-call]
        self.network._apply(fn)  # type: ignore[no-untyped-call]
        return self
