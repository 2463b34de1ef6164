"""Class activation maps: one method a file, pure functions of a model, images and (image, class) pairs."""

from wsss.cams.ablationcam import AblationCAM
from wsss.cams.base import CAMMethod
from wsss.cams.cam import CAM
from wsss.cams.eigencam import EigenCAM
from wsss.cams.gradcam import GradCAM
from wsss.cams.gradcam_plusplus import GradCAMPlusPlus
from wsss.cams.hirescam import HiResCAM
from wsss.cams.layercam import LayerCAM
from wsss.cams.scorecam import ScoreCAM
from wsss.cams.xgradcam import XGradCAM

__all__ = [
    "CAM",
    "AblationCAM",
    "CAMMethod",
    "EigenCAM",
    "GradCAM",
    "GradCAMPlusPlus",
    "HiResCAM",
    "LayerCAM",
    "ScoreCAM",
    "XGradCAM",
]
