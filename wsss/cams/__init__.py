"""Class activation maps: one method a file, pure functions of a model, images and (image, class) pairs."""

from wsss.cams.ablationcam import AblationCAM
from wsss.cams.adcam import ADCAM
from wsss.cams.base import CAMMethod
from wsss.cams.caa import CAA
from wsss.cams.cam import CAM
from wsss.cams.clustercam import ClusterCAM
from wsss.cams.eigencam import EigenCAM
from wsss.cams.extendedcam import ExtendedCAM
from wsss.cams.fdcam import FDCAM
from wsss.cams.fgcam import FGCAM
from wsss.cams.gradcam import GradCAM
from wsss.cams.gradcam_plusplus import GradCAMPlusPlus
from wsss.cams.hirescam import HiResCAM
from wsss.cams.layercam import LayerCAM
from wsss.cams.lpcam import LPCAM
from wsss.cams.mctformer import MCTformer
from wsss.cams.reciprocam import ReciproCAM
from wsss.cams.regioncam import RegionCAM
from wsss.cams.representative import RepresentativeCAM
from wsss.cams.rise import RISE
from wsss.cams.scorecam import ScoreCAM
from wsss.cams.softmax_gradcam import SoftmaxGradCAM
from wsss.cams.vscam import VSCAM
from wsss.cams.xgradcam import XGradCAM

__all__ = [
    "ADCAM",
    "CAA",
    "CAM",
    "FDCAM",
    "FGCAM",
    "LPCAM",
    "RISE",
    "VSCAM",
    "AblationCAM",
    "CAMMethod",
    "ClusterCAM",
    "EigenCAM",
    "ExtendedCAM",
    "GradCAM",
    "GradCAMPlusPlus",
    "HiResCAM",
    "LayerCAM",
    "MCTformer",
    "ReciproCAM",
    "RegionCAM",
    "RepresentativeCAM",
    "ScoreCAM",
    "SoftmaxGradCAM",
    "XGradCAM",
]
