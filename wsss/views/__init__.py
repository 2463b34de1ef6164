"""Views: scales, mirror images, upsampling and erasing around any CAM method."""

from wsss.views.base import EPSILON, Upsampler, Views, check_scales, over_peak, pad_to_multiple, scaled, split_by_image
from wsss.views.infer import InferCAM
from wsss.views.multi_scale import MultiScaleFlip, ScaledViews
from wsss.views.segmentation import SegmentationViews
from wsss.views.upsample import Bilinear, Gaussian

__all__ = [
    "EPSILON",
    "Bilinear",
    "Gaussian",
    "InferCAM",
    "MultiScaleFlip",
    "ScaledViews",
    "SegmentationViews",
    "Upsampler",
    "Views",
    "check_scales",
    "over_peak",
    "pad_to_multiple",
    "scaled",
    "split_by_image",
]
