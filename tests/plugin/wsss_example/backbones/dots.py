"""Dots: four convolutions without overlap, for tests."""

from typing import Any

from timm.models import generate_default_cfgs, get_pretrained_cfg, register_model
from torch import Tensor, nn

from wsss.models.cuts.chain import Chain


class Dots(nn.Module):
    """A stem and two stages; an output stride of 16."""

    def __init__(self) -> None:
        super().__init__()
        self.stem = _layer(3, 8, stride=4)
        self.stages = nn.Sequential(_layer(8, 12, stride=2), _layer(12, 16, stride=2))

    def forward_features(self, images: Tensor) -> Tensor:
        """Return the last maps."""
        maps: Tensor = self.stages(self.stem(images))
        return maps

    def chain(self) -> Chain:
        """See `Chained`."""
        return Chain(stem=("stem",), stages=(("stages.0",), ("stages.1",)))


def _layer(channels: int, width: int, *, stride: int) -> nn.Sequential:
    conv = nn.Conv2d(channels, width, kernel_size=3, stride=stride, padding=1)
    return nn.Sequential(conv, nn.BatchNorm2d(width), nn.ReLU())


default_cfgs = generate_default_cfgs({"dots": {"input_size": (3, 64, 64), "mean": (0.5,) * 3, "std": (0.5,) * 3}})


@register_model
def dots(**options: Any) -> Dots:
    """Return the network; timm can download no weights for it."""
    if options.get("features_only"):
        raise NotImplementedError("dots is not an encoder")
    net, known = Dots(), get_pretrained_cfg("dots")
    assert known is not None
    net.default_cfg = known.to_dict()
    return net
