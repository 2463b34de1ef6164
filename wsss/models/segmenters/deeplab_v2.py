"""DeepLabV2 (Chen et al., TPAMI 2018) on a ResNet, as WSSS papers train it: deeplab-pytorch's network and its MSC."""

from collections.abc import Sequence
from typing import Any

import torch
from jaxtyping import Float
from torch import Tensor, nn
from torch.nn import functional

from wsss import models
from wsss.models.cuts.families import create_backbone
from wsss.models.segmenters.segmentation import SegmentationNetwork
from wsss.types import Images

Logits = Float[Tensor, "b labels y x"]
TIMM = "tu-"


class DeepLabV2(nn.Module):
    """A ResNet without strides in its last stages, and a head that sums four dilated convolutions.

    All blocks of a stage have one dilation; timm and torchvision leave the first block at that of the stage before.

    Args:
        encoder_name: `tu-` and the name of a timm ResNet.
        encoder_weights: True downloads timm's ImageNet weights.
        encoder_output_stride: Input pixels a cell of the last maps; the authors have 8.
        classes: Labels, the background included.
        rates: Dilations of the head's convolutions.
        msc: Scales of an image from which a training learns besides 1; see `pyramid`.
        caffe: Whether the ResNet is Caffe's: strides are the first 1x1 convolution's of a block and not the 3x3's, and
            the stem's pooling keeps an incomplete window. Only weights that were trained so fit.

    Raises:
        ValueError: The encoder is not a ResNet of timm's, or with `caffe` not one of bottlenecks.
    """

    def __init__(
        self,
        *,
        encoder_name: str = "tu-resnet101",
        encoder_weights: bool | None = None,
        encoder_output_stride: int = 8,
        classes: int = 21,
        rates: Sequence[int] = (6, 12, 18, 24),
        msc: Sequence[float] = (0.5, 0.75),
        caffe: bool = False,
    ) -> None:
        super().__init__()
        if not encoder_name.startswith(TIMM):
            raise ValueError(f"DeepLabV2 has a ResNet of timm as its encoder, such as tu-resnet101, not {encoder_name}")
        if not all(scale > 0 for scale in msc) or not rates:
            raise ValueError(f"msc are positive scales and rates at least one dilation; got {msc} and {rates}")
        backbone = create_backbone(
            encoder_name.removeprefix(TIMM), output_stride=encoder_output_stride, pretrained=bool(encoder_weights)
        )
        self.encoder = ResNetEncoder(backbone, caffe=caffe)
        channels = int(backbone.num_features)  # type: ignore[arg-type]  # timm's own attribute
        self.head = DilatedHead(channels, classes, rates=rates)
        self._scales = tuple(msc)

    def forward(self, images: Images) -> Float[Tensor, "b labels h w"]:
        """Return the logits at the images' size, of any size."""
        return _resized(self.logits(images), images)

    def logits(self, images: Images) -> Logits:
        """Return the logits of the maps' cells."""
        logits: Tensor = self.head(self.encoder(images))
        return logits

    def pyramid(self, images: Images) -> tuple[Logits, ...]:
        """Return the logits at scale 1, at each of `msc`, and their maximum on the cells of scale 1."""
        first = self.logits(images)
        others = [
            self.logits(functional.interpolate(images, scale_factor=scale, mode="bilinear", align_corners=False))
            for scale in self._scales
        ]
        most = torch.stack([first, *(_resized(each, first) for each in others)]).max(dim=0).values
        return (first, *others, most)


class DilatedHead(nn.ModuleList):
    """The sum of 3x3 convolutions of several dilations, each with a bias: DeepLabV2's head, and AMN's."""

    def __init__(self, channels: int, labels: int, *, rates: Sequence[int]) -> None:
        super().__init__(_branch(channels, labels, rate=rate) for rate in rates)

    def forward(self, maps: Float[Tensor, "b d y x"]) -> Logits:
        """Return the logits of the maps' cells."""
        return torch.stack([conv(maps) for conv in self]).sum(dim=0)


class ResNetEncoder(nn.Module):
    """A ResNet of timm's whose stages are dilated as DeepLab's; keys of its state dict are those of smp's encoders."""

    def __init__(self, backbone: nn.Module, *, caffe: bool) -> None:
        super().__init__()
        if type(backbone) is not models.zoo.timm.models.resnet.ResNet:
            raise ValueError(f"DeepLabV2 has a ResNet of timm as its encoder, not a {type(backbone).__name__}")
        for stage in ("layer1", "layer2", "layer3", "layer4"):
            _dilate_evenly(backbone.get_submodule(stage))
        if caffe:
            _as_caffe(backbone)
        self.model = backbone

    def forward(self, images: Images) -> Float[Tensor, "b d y x"]:
        """Return the last maps."""
        maps: Tensor = self.model.forward_features(images)
        return maps


class DeepLabV2Network(SegmentationNetwork):
    """`Segments` with a DeepLabV2, which takes images of any size as they are; it learns from a pyramid."""

    @property
    def stride(self) -> int:
        """See `SegmentationNetwork`: nothing is padded."""
        return 1

    def segment(self, images: Images) -> Float[Tensor, "b labels h w"]:
        """See `SegmentationNetwork`."""
        logits: Tensor = self.network(images)
        return logits

    def learnt(self, images: Images) -> tuple[Logits, ...]:
        """See `DeepLabV2.pyramid`."""
        network = self.network
        assert isinstance(network, DeepLabV2)
        return network.pyramid(images)


def _branch(channels: int, classes: int, *, rate: int) -> nn.Conv2d:
    conv = nn.Conv2d(channels, classes, kernel_size=3, padding=rate, dilation=rate)
    nn.init.normal_(conv.weight, std=0.01)
    if conv.bias is not None:
        nn.init.zeros_(conv.bias)
    return conv


def _dilate_evenly(stage: nn.Module) -> None:
    wide = [each for each in stage.modules() if isinstance(each, nn.Conv2d) and max(each.kernel_size) > 1]
    for conv in wide:
        conv.dilation = conv.padding = wide[-1].dilation


def _as_caffe(backbone: Any) -> None:
    backbone.maxpool.ceil_mode = True
    blocks = [each for each in backbone.modules() if isinstance(each, models.zoo.timm.models.resnet.Bottleneck)]
    if not blocks:
        raise ValueError("caffe: Caffe's ResNets have bottlenecks, as tu-resnet50 and tu-resnet101 do")
    for block in blocks:
        block.conv1.stride, block.conv2.stride = block.conv2.stride, block.conv1.stride


def _resized(logits: Logits, like: Float[Tensor, "b c h w"]) -> Float[Tensor, "b labels h w"]:
    return functional.interpolate(logits, size=like.shape[-2:], mode="bilinear", align_corners=False)
