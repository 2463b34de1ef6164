"""Settings of torch by which a GPU trains faster."""

from collections.abc import Iterator
from contextlib import contextmanager

import torch


@contextmanager
def tuned(device: torch.device) -> Iterator[None]:
    """Let a GPU of NVIDIA's multiply matrices in TF32, and look for the quickest convolutions, while a training lasts.

    Its convolutions round so anyway, and a training shows it images of one size. Both settings are the process's, so
    they are put back: what follows may compare small differences, and shows images of many sizes.
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
