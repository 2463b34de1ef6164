"""Maps as people look at them: one view, in [0, 1], at the size of what is looked at."""

from collections.abc import Sequence
from typing import Final

import torch
from jaxtyping import Float
from torch import Tensor

from wsss.cams.base import CAMMethod, scaled_to_one
from wsss.labels import IGNORE, label_of
from wsss.models.targets.scored import Scored, logit
from wsss.protocols import CutClassifier
from wsss.resample import resample
from wsss.types import Images, Size
from wsss.views.base import Views
from wsss.views.multi_scale import MultiScaleFlip

ONE_VIEW: Final = MultiScaleFlip(scales=(1.0,), flip=False)


def maps_of(
    method: CAMMethod,
    network: CutClassifier,
    *,
    images: Images,
    classes: Sequence[Sequence[int]],
    views: Views = ONE_VIEW,
) -> Float[Tensor, "n h w"]:
    """Return maps in [0, 1] at the images' size, one an image and class, in the order in which classes are given."""
    network, classes = _within_labels(network, classes)
    # Views want increasing classes, since score maps hold them so.
    ordered = [sorted(own) for own in classes]
    with torch.no_grad():
        every = views(method, network, images=images.contiguous(memory_format=torch.channels_last), classes=ordered)
    rows = [
        maps.full().scores[ranked.index(cls)]
        for maps, ranked, own in zip(every, ordered, classes, strict=True)
        for cls in own
    ]
    return scaled_to_one(torch.stack(rows))


def _within_labels(
    network: CutClassifier, classes: Sequence[Sequence[int]]
) -> tuple[CutClassifier, Sequence[Sequence[int]]]:
    """Return the network and classes, numbered anew where score maps, whose labels have 8 bits, cannot hold them."""
    asked = sorted({cls for own in classes for cls in own})
    if not asked or label_of(asked[-1]) < IGNORE:
        return network, classes
    return Scored(network, [logit(cls) for cls in asked]), [[asked.index(cls) for cls in own] for own in classes]


def at_size(size: Size, heat: Float[Tensor, "y x"]) -> Float[Tensor, "h w"]:
    """Interpolate a map that covers the image to the image's own size."""
    stride = size.height / heat.shape[0], size.width / heat.shape[1]
    return resample(heat, stride=stride, size=size.over(1)).clamp(0, 1)
