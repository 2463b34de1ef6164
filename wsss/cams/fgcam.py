"""FG-CAM (Qiu et al., AAAI 2024): carry a CAM's components back through the layers, to where there is more detail."""

from dataclasses import dataclass, field
from typing import Final

import torch
from jaxtyping import Float
from torch import Tensor

from wsss.cams.base import CAMMethod, WeightedCAM
from wsss.cams.gradcam import GradCAM
from wsss.cams.relevance import carried
from wsss.cams.suited import suited
from wsss.errors import ModelError
from wsss.protocols import CutClassifier, Layer, LayerChain
from wsss.types import Images, RawMaps, Targets

IMAGE: Final = "image"
"""The block before the first."""


@dataclass(frozen=True, kw_only=True)
class FGCAM(CAMMethod):
    """sum_k I_k, where I starts as the base's components w_k A_k, not summed, and is carried back layer by layer.

    At every layer the relevance I of an output goes to the inputs that contributed to it, in proportion (z+ rule, box
    rule at the image), so that its sum is kept wherever there is evidence. The rules of VGG's layers are those of the
    authors' code. What it has none for is ours: residual sums are shared out by the branches' parts with the sum's
    sign; gates keep relevance in its cell, as all activations do; and batch norms, which the authors pass by, are
    folded into their convolutions, which is the same but for channels that a norm turns around. Our box rule takes the
    bounds of each image and not of the batch.

    A channel that is active although all that it sees speaks against it has no evidence, and its relevance is lost. On
    VGG and ResNet nothing is. Depthwise convolutions, which see one channel, have many such: on EfficientNet-Lite0 over
    nine tenths of the sum are lost down to block2, of all classes alike. It costs the base and about three forward and
    backward passes of the layers in between.
    """

    block: str = "block2"
    """After which block the maps are read: `image`, or any up to the base's, at which they are the base's own."""
    base: WeightedCAM = field(default_factory=GradCAM)
    """Any method that gives every channel one weight; the authors take Grad-CAM and Score-CAM."""
    denoise: float | None = None
    """Keep this share of the singular values of the components, in 0 .. 1: 0.1 in the authors' code."""

    def __post_init__(self) -> None:
        if self.denoise is not None and not 0 < self.denoise <= 1:
            raise ValueError(f"denoise must be a share above 0 and up to 1, or null; got {self.denoise}")

    def __call__(self, model: CutClassifier, images: Images, targets: Targets) -> RawMaps:
        """See `CAMMethod`."""
        # Quotients of what half precision makes of small numbers would be noise.
        with torch.no_grad(), torch.autocast(images.device.type, enabled=False):
            maps, weights = self.base.channel_weights(model, images, targets)
            relevance = maps * weights[:, :, None, None]
            if self.denoise is not None:
                relevance = denoised(relevance, keep=self.denoise)
            if layers := self._layers(model):
                entering = images if self.block == IMAGE else model.until(self.block, images).maps
                relevance = carried(layers, entering[targets.image].float(), relevance=relevance)
        return relevance.sum(dim=1)

    def check(self, model: CutClassifier) -> None:
        """Refuse a block behind the base's, and a network with layers that relevance cannot cross."""
        if self.block != IMAGE:
            super().check(model)
        self.base.check(model)
        places = (IMAGE, *model.blocks)
        if places.index(self.block) > places.index(self.base.block):
            raise ModelError(
                f"cam.block={self.block} comes after cam.base.block={self.base.block}: choose one before it"
            )
        if not isinstance(model, LayerChain):
            raise ModelError(
                "FG-CAM needs a network whose layers are known, such as classifier=vgg16, or "
                f"{suited(model, otherwise='layercam')}"
            )
        self._layers(model)

    def _layers(self, model: CutClassifier) -> list[Layer]:
        """Return the layers between where the maps are read and the base."""
        assert isinstance(model, LayerChain), "check() comes first"
        places = (IMAGE, *model.blocks)
        blocks = model.blocks[places.index(self.block) : places.index(self.base.block)]
        return [layer for block in blocks for layer in model.layers(block)]


def denoised(components: Float[Tensor, "n d y x"], *, keep: float) -> Float[Tensor, "n d y x"]:
    """Return the centred channels, rebuilt from a share of their singular triplets: the largest, and at least one.

    The mean of a channel is not added back, as in the authors' code. The smaller of the two Gram matrices has the same
    leading vectors as the singular value decomposition.
    """
    centred = (components - components.mean(dim=(2, 3), keepdim=True)).flatten(2)
    wide = centred.shape[1] <= centred.shape[2]
    rows = centred if wide else centred.mT
    _, vectors = torch.linalg.eigh(rows @ rows.mT)
    leading = vectors[:, :, -max(1, int(keep * rows.shape[1])) :]
    rebuilt: Tensor = leading @ (leading.mT @ rows)
    return (rebuilt if wide else rebuilt.mT).reshape(components.shape)
