"""Settings of torch by which a GPU trains faster."""

from collections.abc import Iterator
from contextlib import contextmanager

import torch


@contextmanager
def tuned(device: torch.device) -> Iterator[None]:
    """Let an NVIDIA GPU multiply matrices in TF32, and look for the quickest convolutions, while a training lasts.

    Its convolutions use TF32 by default, and a training has images of one size. Both settings hold for the process, so
    they are restored: what follows may compare small differences, and has images of many sizes.
    """
    if device.type != "cuda":
        yield
        return
    precision, benchmark = torch.get_float32_matmul_precision(), torch.backends.cudnn.benchmark
    torch.set_float32_matmul_precision("high")
    torch.backends.cudnn.benchmark = True
    try:
        yield
    finally:
        torch.set_float32_matmul_precision(precision)
        torch.backends.cudnn.benchmark = benchmark
