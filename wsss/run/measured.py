"""A training's cost on this machine, from a few steps on noise: for a plan, where no earlier run tells."""

import time
from dataclasses import dataclass
from typing import Final

import torch
from torch import Tensor, nn

from wsss.engine.fit import Fit
from wsss.engine.machine import machine, reset_peak
from wsss.models.base import NetworkOptions
from wsss.models.freezing import freeze_batch_norm, freeze_parameters
from wsss.models.gap import GAPClassifier
from wsss.models.segmenters.segmentation import SegmentationNetwork
from wsss.models.segmenters.segmentation_options import SegmentationOptions
from wsss.run.screen import Expectation
from wsss.training.options import MultiLabelFit, SegmenterFit
from wsss.types import Images

PATIENCE: Final = 6.0
"""Seconds that steps of a whole batch may take; where they would take longer, a small batch tells."""
SMALL: Final = 2
"""Images of a small batch: the least that every batch norm takes."""


@dataclass(frozen=True, kw_only=True)
class StepCost:
    """What a step of a training takes."""

    seconds: float
    memory: int | None
    """Bytes that the process held at most, or the GPU where there is one; None where nobody counts."""


def measured(stage: Fit, options: NetworkOptions, *, classes: tuple[str, ...], images: int) -> Expectation | None:
    """Return what a training on so many images may take, None for a training that cannot be tried without its inputs.

    Loading, augmentation and validation are not counted, and the loss is a stand-in: networks take nearly all of it.
    """
    fit = stage.fit
    if not isinstance(fit, MultiLabelFit | SegmenterFit):
        return None
    device = stage.runtime.torch_device()
    with torch.random.fork_rng():
        network = as_trained(options, classes=classes, fit=fit)
        if network is None:
            return None
        cost = cost_of_step(network.to(device), batch=fit.batch_size, side=fit.transform.crop, device=device)
    size = sum(tensor.nbytes for tensor in network.state_dict().values())
    return Expectation(seconds=fit.steps_of(images) * cost.seconds, size=size, memory=cost.memory, like=0)


def as_trained(
    options: NetworkOptions, *, classes: tuple[str, ...], fit: MultiLabelFit | SegmenterFit
) -> nn.Module | None:
    """Return a network without trained weights, with what is frozen frozen; None for one of another kind."""
    network = options.skeleton(classes).train()
    if isinstance(network, GAPClassifier):
        network.freeze_until(fit.frozen_until)
        frozen: nn.Module = network
    elif isinstance(network, SegmentationNetwork) and isinstance(options, SegmentationOptions):
        frozen = network.encoder
        if fit.frozen_until is not None:
            freeze_parameters(frozen, paths=options.frozen_paths(fit.frozen_until))
    else:
        return None
    if fit.batch_norm != "learning":
        freeze_batch_norm(frozen)
    return network.to(memory_format=torch.channels_last)


def cost_of_step(network: nn.Module, *, batch: int, side: int, device: torch.device) -> StepCost:
    """Time a step of a batch; of a small one, whose cost is scaled by the images, where the whole takes too long."""
    reset_peak(device)
    before = _memory(device)
    small = min(SMALL, batch)
    seconds = _second_of_two(network, batch=small, side=side, device=device)
    if small < batch and 2 * seconds * batch / small <= PATIENCE:
        small, seconds = batch, _second_of_two(network, batch=batch, side=side, device=device)
    peak = _memory(device)
    if peak is not None and before is not None:
        peak = before + round((peak - before) * batch / small)
    return StepCost(seconds=seconds * batch / small, memory=peak)


def _second_of_two(network: nn.Module, *, batch: int, side: int, device: torch.device) -> float:
    """Return the seconds of the second of two steps: the first one also plans and reserves."""
    images = torch.randn(batch, 3, side, side, device=device).contiguous(memory_format=torch.channels_last)
    optimiser = torch.optim.SGD([each for each in network.parameters() if each.requires_grad], lr=1e-6, momentum=0.9)
    started = 0.0
    for _ in range(2):
        started = time.perf_counter()
        optimiser.zero_grad()
        torch.autograd.backward([answer.float().square().mean() for answer in _answers(network, images)])
        optimiser.step()
        if device.type == "cuda":
            torch.cuda.synchronize(device)
    return time.perf_counter() - started


def _answers(network: nn.Module, images: Images) -> tuple[Tensor, ...]:
    return network.learnt(images) if isinstance(network, SegmentationNetwork) else (network(images),)


def _memory(device: torch.device) -> int | None:
    used = machine(device)
    return used.gpu_peak if device.type == "cuda" else used.peak
