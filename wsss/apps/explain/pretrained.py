"""A network of timm with its ImageNet head as what is explained, in place of a run's classifier."""

import hashlib
from typing import Final

import torch
from torch import nn

from wsss.apps.explain.explainer import SIDE, Explainer, check_side
from wsss.apps.explain.subject import TOP, Ranked
from wsss.engine.stage import Device, Runtime
from wsss.models.cuts.hooked import Hooked
from wsss.models.cuts.layers_with_grids import chosen_layer, layers_with_grids
from wsss.models.pretrained import check_classes, timm_classifier
from wsss.models.weights.initial import DOWNLOADED

PROBE: Final = 224
"""Pixels a side of the image on which the last layer is found, where a network takes images of any size."""
LAST: Final = "last"
"""The block's name, as every network has it that can be cut."""


def explainer_of_pretrained(
    name: str, *, weights: str = DOWNLOADED, top: int = TOP, device: Device = "auto", side: int = SIDE
) -> Explainer:
    """Load a classifier of timm with the classes of its own head.

    Args:
        name: What timm calls it, such as `resnet50`.
        weights: `imagenet`, `packaged`, a file or `none`; see `ClassifierOptions`.
        top: How many classes are explained where none are named: the likeliest.
        device: Where to compute; `auto` takes NVIDIA's GPU if there is one.
        side: Pixels of the longer side at which the network sees larger images, unless it takes one size alone.

    Raises:
        ModelError: timm has no such network, it has no named classes, or its weights cannot be had.
        ConfigError: `device` is not there.
        ValueError: `side` is too small.
    """
    check_side(side)
    place = Runtime(device=device).torch_device()
    made = timm_classifier(name, weights=weights)
    check_classes(made, name=name)
    network = made.network.eval().to(place)
    ranked = Ranked(ask=network, top=top)
    return Explainer(
        classes=made.classes.names,
        synonyms=made.classes.synonyms,
        fingerprint=state_digest(network),
        classifier=ranked.judge(),
        networks=(cut_classifier(network, size=made.size),),
        normalisation=made.normalisation,
        device=place,
        side=side,
        size=made.size,
        subjects=ranked,
    )


def cut_classifier(network: nn.Module, *, size: tuple[int, int] | None) -> Hooked:
    """Return a classifier that is cut at the last layer with a grid on whose cells its answer depends.

    `size` is the only one that it takes, if so. Raises `ModelError` where no layer has a grid.
    """
    height, width = size or (PROBE, PROBE)
    device = next(network.parameters()).device
    images = torch.rand(1, 3, height, width, generator=torch.Generator().manual_seed(0)).to(device)
    layers = layers_with_grids(network, images, call=network, score=lambda answer: answer.logsumexp(dim=1).sum())
    with torch.no_grad():
        last = chosen_layer(layers, answer=network(images))
    return Hooked(network, {LAST: last.module}, stride=max(1, round(height / last.shape[1])))


def state_digest(network: nn.Module) -> str:
    """Return a digest of a network's weights and of their names."""
    total = hashlib.sha256()
    for name, tensor in network.state_dict().items():
        total.update(name.encode())
        total.update(tensor.detach().cpu().contiguous().numpy().tobytes())
    return total.hexdigest()
