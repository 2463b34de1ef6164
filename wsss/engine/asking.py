"""Ask trained networks: without gradients, and in a chosen precision."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final

import torch

from wsss.training.trainer_options import Precision

HALF: Final = {"16-mixed": torch.float16, "bf16-mixed": torch.bfloat16}


@contextmanager
def asking(device: torch.device, *, precision: Precision, gradients: bool = False) -> Iterator[None]:
    """Keep no graph, and let networks compute in `precision`, while the context lasts.

    `gradients` says that the caller takes gradients by itself, as Grad-CAM does. Otherwise torch's inference mode also
    leaves out what a later gradient would need. The caller adds up maps and probabilities in float32.
    """
    without = torch.no_grad() if gradients else torch.inference_mode()
    half = HALF.get(precision)
    with without, torch.autocast(device.type, dtype=half, enabled=half is not None):
        yield
