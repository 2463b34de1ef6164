"""Upsampling of raw maps to the grid of score maps."""

from dataclasses import dataclass
from typing import Literal

from jaxtyping import Float
from torch import Tensor

from wsss.resample import along_both_axes, gaussian_weights, resample
from wsss.types import RawMaps
from wsss.views.base import Upsampler


@dataclass(frozen=True, kw_only=True)
class Bilinear(Upsampler):
    """ReLU, then linear interpolation along both axes."""

    def __call__(
        self, raw: RawMaps, *, stride: tuple[float, float], size: tuple[int, int]
    ) -> Float[Tensor, "n {size[0]} {size[1]}"]:
        """Return interpolated maps; cells keep their extents, so nothing shifts at any scale."""
        return resample(raw.relu(), stride=stride, size=size)


@dataclass(frozen=True, kw_only=True)
class Gaussian(Upsampler):
    """Turn every cell into a Gaussian around its centre, add them up, then ReLU (Extended-CAM, Kim et al., CVIU 2023).

    What a unit answers to in the image has about this form. Reconstructed from the abstract, which gives no sigma.
    """

    sigma: float = 1.0
    """Standard deviation in cells of the raw map, so that one number fits every scale. Below 0.5 maps become dots."""
    keep: Literal["sum", "level"] = "sum"
    """`sum`: a cell's Gaussian adds up to its value, as the paper asks: a map that sums to the score still does.
    `level`: a constant map keeps its value. With `sum`, scales of more cells weigh more in methods such as CAM, whose
    mean is the score."""

    def __post_init__(self) -> None:
        if not self.sigma > 0:
            raise ValueError(f"sigma must be positive, in cells of the raw map; got {self.sigma}")

    def __call__(
        self, raw: RawMaps, *, stride: tuple[float, float], size: tuple[int, int]
    ) -> Float[Tensor, "n {size[0]} {size[1]}"]:
        """Return spread maps. A cell whose centre lies beyond the map gives what it holds to the border."""
        rows, columns = (
            gaussian_weights(cells, pixels, stride=step, sigma=self.sigma * step, device=raw.device)
            for cells, pixels, step in zip(raw.shape[-2:], size, stride, strict=True)
        )
        maps = along_both_axes(raw, rows=rows, columns=columns).relu()
        return maps * (stride[0] * stride[1]) if self.keep == "level" else maps
