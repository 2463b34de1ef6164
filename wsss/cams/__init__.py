"""Class activation maps: one method a file, pure functions of a model, images and (image, class) pairs."""

from wsss.cams.base import CAMMethod
from wsss.cams.cam import CAM
from wsss.cams.gradcam import GradCAM

__all__ = ["CAM", "CAMMethod", "GradCAM"]
