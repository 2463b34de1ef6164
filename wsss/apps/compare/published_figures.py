"""Published figures of benchmarks, with where each was read, by the experiment whose chain they are of."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final


@dataclass(frozen=True, kw_only=True)
class Figure:
    """A figure that was published for a stage's answer, in per cent of mIoU."""

    stage: str
    split: str
    images: int
    """How many the split has there."""
    published: str
    others: str = ""
    """What people report who ran the authors' code."""
    source: str


TRAIN: Final = 1464
VAL: Final = 1449
COCO_TRAIN: Final = 82_783
COCO_VAL: Final = 40_504

_RECAM_MASKS: Final = Figure(
    stage="make_masks",
    split="train",
    images=TRAIN,
    published="70.9",
    others="69.9, 70.8",
    source="Chen et al., CVPR 2022; issues 16 and 23 of zhaozhengChen/ReCAM",
)

FIGURES: Final[Mapping[str, tuple[Figure, ...]]] = {
    "voc12_cam": (
        Figure(
            stage="make_masks",
            split="train",
            images=TRAIN,
            published="48.3",
            others="48.1, 48.6, 50.1",
            source="Ahn et al., CVPR 2019 (IRN); issues 4 of jiwoon-ahn/irn and 9 of chenqi1126/SIPE",
        ),
    ),
    "voc12_irn": (
        Figure(
            stage="make_masks",
            split="train",
            images=TRAIN,
            published="66.5",
            others="64.9, 65.9, 66.0",
            source="Ahn et al., CVPR 2019 (IRN); issues 4 and 26 of jiwoon-ahn/irn",
        ),
    ),
    "voc12_amn": (
        Figure(stage="make_masks", split="train", images=TRAIN, published="72.2", source="Lee et al., CVPR 2022 (AMN)"),
    ),
    "voc12_mctformer": (
        Figure(
            stage="extract_cams",
            split="train",
            images=TRAIN,
            published="61.7",
            others="55 to 61",
            source="Xu et al., CVPR 2022 (MCTformer); issues 18 and 23 of xulianuwa/MCTformer",
        ),
        Figure(
            stage="make_masks",
            split="train",
            images=TRAIN,
            published="69.1",
            source="Xu et al., CVPR 2022 (MCTformer), whose maps are refined by PSA",
        ),
    ),
    "voc12_recam": (
        Figure(
            stage="extract_cams",
            split="train",
            images=TRAIN,
            published="54.8 (oracle)",
            source="Chen et al., CVPR 2022",
        ),
        _RECAM_MASKS,
        Figure(
            stage="predict_masks",
            split="val",
            images=VAL,
            published="66 to 67",
            source="its author, issue 16 of zhaozhengChen/ReCAM",
        ),
        Figure(
            stage="predict_crf",
            split="val",
            images=VAL,
            published="68.5",
            others="68.04 +- 0.17 (n = 5)",
            source="Chen et al., CVPR 2022, from COCO's weights; issue 23 of zhaozhengChen/ReCAM",
        ),
    ),
    "voc12_recam_advcam": (
        _RECAM_MASKS,
        Figure(
            stage="predict_crf",
            split="val",
            images=VAL,
            published="68.1",
            others="64.9",
            source="AdvCAM's masks of 69.9 and not ReCAM's (Lee et al., CVPR 2021); issue 9 of jbeomlee93/AdvCAM",
        ),
    ),
    "voc12_deeplabv3plus": (
        _RECAM_MASKS,
        Figure(
            stage="predict_crf",
            split="val",
            images=VAL,
            published="70.9",
            source="BECO (Rong et al., CVPR 2023): IRN's masks, ResNet-101, a training of its own",
        ),
    ),
    "coco14_recam": (
        Figure(
            stage="make_masks",
            split="train",
            images=COCO_TRAIN,
            published="46.3",
            source="masks that the authors hand out, issue 6 of zhaozhengChen/ReCAM",
        ),
        Figure(
            stage="predict_crf",
            split="val",
            images=COCO_VAL,
            published="45.0",
            others="42 to 42.4 of chains like it",
            source="Chen et al., CVPR 2022; issues 25 of linyq2117/CLIMS and 4 of CVI-SZU/QA-CLIMS",
        ),
    ),
}
"""By the name of an experiment."""
