"""Values at the bounds of options are taken, and the next ones beyond are refused: a bound that moved is seen."""

from math import inf, nextafter
from pathlib import Path
from typing import Any, NamedTuple

import pytest

from wsss.cams import ADCAM, CAA, FDCAM, FGCAM, VSCAM, ClusterCAM
from wsss.data.layouts.folder import Folder
from wsss.data.layouts.toy import Toy
from wsss.data.transforms import ClassifierTransform, EvalTransform, SegmenterTransform
from wsss.engine.stage import Runtime
from wsss.masks import ConfidentShare
from wsss.methods.affinity.options import AffinityFit
from wsss.methods.affinity.refiner import IRNWalk, PSAWalk
from wsss.methods.recam.options import ReCAMFit
from wsss.refine import PAMR, PAR, ClassifierPrior, ConstantBackground, DenseCRF, PowerBackground
from wsss.stages.combine_maps import CombineMaps
from wsss.tiles import Tiles
from wsss.training.options import ClassifierFit, FitOptions, Limits
from wsss.views import Gaussian, InferCAM

TINY = nextafter(0.0, 1.0)
BELOW_ONE, ABOVE_ONE = nextafter(1.0, 0.0), nextafter(1.0, 2.0)
HUGE = nextafter(inf, 0.0)


class Range(NamedTuple):
    """An option, its smallest and its largest value, and those that are refused."""

    cls: type
    option: str
    taken: tuple[Any, ...]
    refused: tuple[Any, ...]
    rest: dict[str, Any] = {}  # noqa: RUF012 - nobody changes it


def share(cls: type, option: str, **rest: Any) -> Range:
    """From 0 to 1, with both."""
    return Range(cls, option, (0.0, 1.0), (-TINY, ABOVE_ONE), rest)


def positive(cls: type, option: str, **rest: Any) -> Range:
    return Range(cls, option, (TINY,), (0.0, -TINY), rest)


def count(cls: type, option: str, least: int = 1, **rest: Any) -> Range:
    return Range(cls, option, (least,), (least - 1,), rest)


def inner(cls: type, option: str, **rest: Any) -> Range:
    """Between 0 and 1, without both."""
    return Range(cls, option, (TINY, BELOW_ONE), (0.0, 1.0), rest)


DATA = {"root": Path("data")}
RANGES = [
    count(ADCAM, "layers"),
    count(ADCAM, "steps", 0),
    share(ADCAM, "share"),
    count(CAA, "layers"),
    count(CAA, "rounds", 0),
    count(CAA, "power", 0),
    Range(CAA, "box", (0.0, BELOW_ONE), (-TINY, 1.0)),
    share(FDCAM, "quantile"),
    count(VSCAM, "layers"),
    count(ClusterCAM, "groups"),
    Range(FGCAM, "denoise", (TINY, 1.0), (0.0, ABOVE_ONE)),
    share(ConfidentShare, "foreground"),
    share(ConfidentShare, "background"),
    positive(Gaussian, "sigma"),
    count(InferCAM, "rounds"),
    Range(InferCAM, "buffers", ((0,),), ((-1,),), {"rounds": 2}),
    share(InferCAM, "found"),
    share(InferCAM, "stop"),
    share(InferCAM, "floor"),
    share(ConstantBackground, "threshold"),
    positive(PowerBackground, "exponent"),
    positive(PAMR, "width"),
    positive(PAR, "width"),
    Range(PAR, "position_weight", (0.0,), (-TINY,)),
    count(PAR, "iterations"),
    Range(PAMR, "dilations", ((1,),), ((0,), ())),
    inner(DenseCRF, "confidence"),
    *(positive(DenseCRF, option) for option in ("gaussian_sxy", "bilateral_sxy", "bilateral_srgb")),
    count(DenseCRF, "iterations"),
    count(ClassifierPrior, "long_side"),
    Range(ClassifierPrior, "power", (0.0,), (-TINY,)),
    share(ClassifierPrior, "background"),
    Range(ClassifierPrior, "certain_from", (TINY, 1.0), (0.0, ABOVE_ONE)),
    *(count(cls, "radius", 2) for cls in (IRNWalk, PSAWalk, AffinityFit)),
    *(count(cls, "steps", 0) for cls in (IRNWalk, PSAWalk)),
    *(positive(cls, "beta") for cls in (IRNWalk, PSAWalk)),
    Range(ReCAMFit, "sce_weight", (0.0, HUGE), (-TINY, inf)),
    inner(CombineMaps, "fine_share", reads={}),
    *(count(Limits, option) for option in ("epochs", "batch_size", "side")),
    *(count(FitOptions, option) for option in ("epochs", "batch_size")),
    *(Range(FitOptions, option, (TINY, HUGE), (0.0, inf)) for option in ("learning_rate", "head_factor", "poly_power")),
    Range(FitOptions, "momentum", (0.0, BELOW_ONE), (-TINY, 1.0)),
    Range(FitOptions, "weight_decay", (0.0, HUGE), (-TINY, inf)),
    Range(ClassifierFit, "dropout", (0.0, BELOW_ONE), (-TINY, 1.0)),
    count(Runtime, "workers", 0),
    count(EvalTransform, "size"),
    Range(ClassifierTransform, "long_side", ((1, 1), (5, 5)), ((0, 1), (6, 5))),
    Range(SegmenterTransform, "scale", ((TINY, 1.0), (1.0, 1.0)), ((0.0, 1.0), (1.0, BELOW_ONE))),
    count(Toy, "train", 1, val=1),
    count(Toy, "val", 1, train=1),
    count(Folder, "limit", **DATA),
    Range(Folder, "white", (1, 65535), (0, 65536), DATA),
    Range(Folder, "val_fraction", (0.0, BELOW_ONE), (-TINY, 1.0), DATA),
    count(Tiles, "align", 1, side=64),
    count(Tiles, "side", 64, align=16),
]


@pytest.mark.parametrize("bounds", RANGES, ids=lambda bounds: f"{bounds.cls.__name__}.{bounds.option}")
def test_a_bound_is_where_it_is_said_to_be(bounds: Range) -> None:
    for value in bounds.taken:
        assert getattr(bounds.cls(**bounds.rest, **{bounds.option: value}), bounds.option) == value
    for value in bounds.refused:
        with pytest.raises(ValueError, match=r"\S"):
            bounds.cls(**bounds.rest, **{bounds.option: value})
