"""Words of CLIP-ES (Lin et al., CVPR 2023): what its classes and backgrounds are called, and templates for them."""

from collections.abc import Mapping
from typing import Final

from wsss.apps.lists import listed

_VOC: Final = """\
aeroplane, bicycle, bird, boat, bottle, bus, car, cat, chair, cow, diningtable, dog, horse, motorbike, person,
pottedplant, sheep, sofa, train, tvmonitor"""
_COCO: Final = """\
person, bicycle, car, motorcycle, airplane, bus, train, truck, boat, traffic light, fire hydrant, stop sign,
parking meter, bench, bird, cat, dog, horse, sheep, cow, elephant, bear, zebra, giraffe, backpack, umbrella, handbag,
tie, suitcase, frisbee, skis, snowboard, sports ball, kite, baseball bat, baseball glove, skateboard, surfboard,
tennis racket, bottle, wine glass, cup, fork, knife, spoon, bowl, banana, apple, sandwich, orange, broccoli, carrot,
hot dog, pizza, donut, cake, chair, couch, potted plant, bed, dining table, toilet, tv, laptop, mouse, remote, keyboard,
cell phone, microwave, oven, toaster, sink, refrigerator, book, clock, vase, scissors, teddy bear, hair drier,
toothbrush"""
_BACKGROUNDS: Final = """\
ground, land, grass, tree, building, wall, sky, lake, water, river, sea, railway, railroad, keyboard, helmet, cloud,
house, mountain, ocean, road, rock, street, valley, bridge, sign"""

_EDITED_VOC: Final = {
    "bird": "bird avian",
    "chair": "chair seat",
    "person": "person with clothes,people,human",
    "tvmonitor": "tvmonitor screen",
}
_EDITED_COCO: Final = {
    "person": "person with clothes,people,human",
    "motorcycle": "motorbike",
    "airplane": "aeroplane",
    "bird": "bird avian",
    "backpack": "backpack,bag",
    "umbrella": "umbrella,parasol",
    "handbag": "handbag,purse",
    "tie": "necktie",
    "baseball glove": "glove",
    "spoon": "dessertspoon",
    "chair": "chair seat",
    "couch": "sofa",
    "potted plant": "pottedplant",
    "dining table": "diningtable",
    "tv": "tvmonitor screen",
    "remote": "remote control",
    "hair drier": "hairdrier,blowdrier",
}


VOC: Final[Mapping[str, str]] = {name: _EDITED_VOC.get(name, name) for name in listed(_VOC)}
"""PASCAL VOC's classes, with the words that the authors edited."""
COCO: Final[Mapping[str, str]] = {name: _EDITED_COCO.get(name, name) for name in listed(_COCO)}
"""COCO's categories by the names of its annotation files, with the authors' words for them; one that they misspelt is
mended."""
VOC_BACKGROUNDS: Final = listed(_BACKGROUNDS)
COCO_BACKGROUNDS: Final = tuple(name for name in VOC_BACKGROUNDS if name not in ("keyboard", "sign"))

TEMPLATES: Final[Mapping[str, tuple[str, ...]]] = {
    "clip_es": ("a clean origami {}.",),
    "photo": ("a photo of a {}.",),
    "clip": (
        "itap of a {}.",
        "a bad photo of the {}.",
        "a origami {}.",
        "a photo of the large {}.",
        "a {} in a video game.",
        "art of the {}.",
        "a photo of the small {}.",
    ),
}
"""Sets of templates: the one that CLIP-ES chose, the plain one, and the seven that CLIP's authors recommend."""
