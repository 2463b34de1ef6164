"""Batch norm that uses its running statistics while the network trains."""

from torch import nn
from torch.nn.modules.batchnorm import _BatchNorm


def freeze_batch_norm(module: nn.Module) -> None:
    """Put every batch norm of `module` in eval mode; weights and biases stay trainable.

    The statistics of a pretrained network are better than those of a small batch, and every image's result stays
    independent of the others in its batch (IRN, PSA and ReCAM train so). `module.train()` undoes it: call it afterwards.
    """
    for part in module.modules():
        if isinstance(part, _BatchNorm):
            part.eval()
