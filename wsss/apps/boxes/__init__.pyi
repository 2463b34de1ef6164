from .class_box import (
    BoxOptions as BoxOptions,
    ClassBox as ClassBox,
    box_options as box_options,
    boxes_of_map as boxes_of_map,
    boxes_of_mask as boxes_of_mask,
)
from .files import BOXES as BOXES, VOC as VOC, write_coco_boxes as write_coco_boxes, write_voc as write_voc
