"""Networks of segmentation-models-pytorch for images of any size."""

from collections.abc import Iterator
from typing import Any

from jaxtyping import Float
from torch import Tensor, nn
from torch.nn import functional

from wsss.types import Images


class SegmentationNetwork(nn.Module):
    """`Segments` with a network of smp, for images of any size.

    They are padded at the right and at the bottom with zeros, which are the mean colour, and the logits are cropped.
    smp itself refuses sizes that its encoder's stride does not divide.
    """

    def __init__(self, network: nn.Module) -> None:
        super().__init__()
        self.network = network

    @property
    def encoder(self) -> nn.Module:
        """The part that comes with weights."""
        return self.network.get_submodule("encoder")

    @property
    def stride(self) -> int:
        """What the sides of padded images are a multiple of, in pixels."""
        stride: Any = self.encoder.output_stride
        return int(stride)

    def forward(self, images: Images) -> Float[Tensor, "b labels h w"]:
        """Return the logits of every label at every pixel."""
        return self.segment(images)

    def segment(self, images: Images) -> Float[Tensor, "b labels h w"]:
        """Return the logits of every label at every pixel."""
        height, width = images.shape[-2:]
        logits: Tensor = self.network(self.padded(images))
        return logits[..., :height, :width]

    def padded(self, images: Images) -> Float[Tensor, "b 3 p q"]:
        """Return the images with sides that the encoder's stride divides."""
        height, width = images.shape[-2:]
        return functional.pad(images, (0, -width % self.stride, 0, -height % self.stride))

    def learnt(self, images: Images) -> tuple[Float[Tensor, "b labels y x"], ...]:
        """Return the logits that a training compares with masks, each on its own grid; here those of every pixel."""
        return (self.segment(images),)

    def encoder_parameters(self) -> Iterator[nn.Parameter]:
        """The parameters that came with weights."""
        return self.encoder.parameters()

    def decoder_parameters(self) -> Iterator[nn.Parameter]:
        """All other parameters, which are usually trained faster."""
        own = {id(parameter) for parameter in self.encoder.parameters()}
        return (parameter for parameter in self.parameters() if id(parameter) not in own)
