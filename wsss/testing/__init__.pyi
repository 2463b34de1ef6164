from .backbones import check_backbone as check_backbone
from .cams import check_cam_method as check_cam_method
from .layouts import check_layout as check_layout
from .networks import check_network as check_network
from .refiners import check_refiner as check_refiner
from .regions import check_region_finder as check_region_finder
from .stages import check_stage as check_stage
