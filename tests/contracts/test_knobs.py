"""Every option does something: another value makes another fingerprint and another result, or a test is named."""

import re
from collections.abc import Callable
from dataclasses import Field, fields, is_dataclass, replace
from functools import cache
from pathlib import Path
from tempfile import mkdtemp
from typing import Any, Literal, get_args, get_origin, get_type_hints

import numpy as np
import pytest
import torch
import yaml
from builders import named
from members import concrete, members
from stored_networks import SMALL

from wsss.cams import CAMMethod, ClusterCAM, GradCAM, GradCAMPlusPlus, LayerCAM
from wsss.configurable import Configurable
from wsss.data.transforms import SegmenterTransform, Transform
from wsss.masks import MaskRule
from wsss.methods.affinity import AffinityNetOptions, EdgeNetOptions
from wsss.models.base import Network
from wsss.refine import ConstantBackground, Refiner
from wsss.refine.auto import CHOSEN
from wsss.store.fingerprint import NO_PART, identity
from wsss.testing.cams import fits
from wsss.testing.refiners import CPU, images_to_refine, maps_to_refine, opened
from wsss.testing.small import small_networks
from wsss.types import Targets
from wsss.views import Gaussian, SegmentationViews, Upsampler, Views

TESTS = Path(__file__).parents[1]
Answer = list[Any]
"""Tensors or arrays that an option should change."""

FIRST: dict[str, Any] = {
    "SegmentationViews.scales": (1.0, 0.7),
    "FGCAM.block": "block1",
    "FGCAM.denoise": 0.9,
    "ClassifierTransform.long_side": (30, 50),
    "ClassifierTransform.crop": 32,
    "ClassifierTransform.flip": 0.0,
    "SegmenterTransform.crop": 32,
    "SegmenterTransform.flip": 0.0,
    "InferCAM.buffers": (8, 9, 10),
    "ADCAM.base": GradCAM(),
    "ClusterCAM.groups": 6,
    "ClusterCAM.merge": "all",
    "RepresentativeCAM.shallow": ("block1",),
    "ReciproCAM.block": "block1",
    "RISE.masks": 40,
    "PSAWalk.radius": 2,
    "ConfidentShare.foreground": 0.3,
}
"""Options at which the others of a class have a say, where that is not so by default, or not in seconds."""

SECOND: dict[str, Any] = {
    "ClassifierTransform.flip": 1.0,
    "SegmenterTransform.flip": 1.0,
    "SegmenterTransform.scales": (0.5,),
    "CAMMethod.block": "block1",
    "ADCAM.base": LayerCAM(),
    "ADCAM.layers": 1,
    "CAA.base": LayerCAM(),
    "CAA.layers": 1,
    "MCTformer.layers": 1,
    "CAA.block": "block2",
    "ADCAM.block": "block2",
    "ADCAM.steps": 2,
    "ClusterCAM.random_seed": 3,
    "FGCAM.base": GradCAMPlusPlus(),
    "FGCAM.block": "stem",
    "ReciproCAM.block": "last",
    "FGCAM.denoise": 0.5,
    "RepresentativeCAM.shallow": ("stem",),
    "RepresentativeCAM.method": GradCAM(),
    "VSCAM.layers": 2,
    "ScaledViews.scales": (0.5,),
    "ScaledViews.upsampler": Gaussian(),
    "SegmentationViews.scales": (0.5,),
    "InferCAM.rounds": 1,
    "InferCAM.stop": 0.9,
    "InferCAM.buffers": (1, 2, 3),
    "ClassifierPrior.long_side": 16,
    "ClassifierPrior.certain_from": 0.01,
    "LocalRefiner.dilations": (1, 3),
    "DenseCRF.least_score": 0.9,
    "DenseCRF.iterations": 1,
    "DenseCRF.backend": "torch",
    "ConfidentShare.foreground": 0.6,
    "ConfidentShare.background": 0.99,
    "ClassifierTransform.long_side": (40, 40),
    "SegmenterTransform.scale": (0.8, 0.8),
    "Walk.steps": 2,
    "Rebalance.iterations": 1,
}
"""Another value of an option, where its type does not tell one."""

CHANGE_NO_RESULT: dict[str, str] = {
    "chunk": "how many copies share a pass: another number costs other memory",
    "DenseCRF.backend": "both compute the same; the fingerprint knows it where it is named",
}
"""Options that change nothing, and why."""

ONE_VALUE: dict[str, str] = {
    "LPCAM.block": "prototypes are of the last block, and another is refused",
    "CAM.block": "CAM reads the block that feeds the pooling, and refuses another",
    "MCTformer.block": "MCTformer+ reads the patch maps, which come after the last block",
    "RepresentativeCAM.block": "binary classifiers are pooled after their last block",
    "VSCAM.block": "VS-CAM reads the block that feeds the pooling, and refuses another",
}
"""Options that a class inherits, and refuses to have changed."""


def defining(cls: type, name: str) -> str:
    """The option by the first class that has it, such as `CAMMethod.block`."""
    owner = next(base for base in reversed(cls.__mro__) if name in getattr(base, "__annotations__", {}))
    return f"{owner.__name__}.{name}"


def second(cls: type, field: Field[Any], value: Any) -> Any:
    """Another value of an option."""
    for key in (f"{cls.__name__}.{field.name}", defining(cls, field.name)):
        if key in SECOND:
            return SECOND[key]
    kind = get_type_hints(cls)[field.name]
    choices = [each for part in (kind, *get_args(kind)) if get_origin(part) is Literal for each in get_args(part)]
    match value:
        case bool():
            return not value
        case str() if choices:
            return next(each for each in choices if each != value)
        case int():
            return value + 1
        case float():
            return value / 2 or 0.5
    raise AssertionError(f"{cls.__name__}.{field.name}: give it another value in SECOND")


def of_cam(method: Any) -> Answer:
    """The maps that a method reads from the first small network that it and all of its variants fit."""
    fitting = [network for network in small_networks().values() if fits(method, network)]
    network = fitting[-1 if isinstance(method, ClusterCAM) else 0]  # the last has enough channels for groups
    images = torch.randn(2, 3, 48, 56, generator=torch.Generator().manual_seed(2))
    return [method(network, images, Targets.of([[0, 2], [1]]))]


def of_views(views: Any) -> Answer:
    """What is merged of a network's answers to a picture."""
    image = torch.rand(1, 3, 40, 56, generator=torch.Generator().manual_seed(3))
    if isinstance(views, SegmentationViews):
        return [views(lambda images: images.cumsum(dim=-1), image)]
    network: Any = small_networks()["linear head"]
    return [maps.scores for maps in views(GradCAM(), network, images=image, classes=[[0, 1, 3]])]


def of_upsampler(upsampler: Any) -> Answer:
    raw = torch.randn(2, 3, 4, generator=torch.Generator().manual_seed(4))
    return [upsampler(raw, stride=(4.0, 4.0), size=(12, 16))]


def of_refiner(refiner: Any) -> Answer:
    images = images_to_refine()
    maps = maps_to_refine(refiner, images)
    return [each.scores for each in opened(refiner, read_by_refiners())(images, maps)]


def of_mask_rule(rule: Any) -> Answer:
    images = images_to_refine()
    background = ConstantBackground(threshold=0.6)
    return [rule(maps) for maps in background.open({}, CPU)(images, maps_to_refine(background, images))]


def of_transform(transform: Any) -> Answer:
    image = np.random.default_rng(5).integers(0, 255, size=(48, 64, 3), dtype=np.uint8)
    rest = {"fill": (9, 8, 7)}
    if isinstance(transform, SegmenterTransform):
        return [*transform(image, image[..., 0] // 200, key=3, **rest)]
    return [transform(image, key=3, **rest)] if hasattr(transform, "crop") else [transform(image)]


@cache
def read_by_refiners() -> dict[str, Any]:
    """What the stages before would have left, by role."""
    options = {
        "edges": EdgeNetOptions(classifier=SMALL),
        "affinities": AffinityNetOptions(classifier=SMALL),
        "classifier": SMALL,
    }
    torch.manual_seed(6)
    networks = {
        role: Network(
            module=each.build(named(254)).eval(),
            classes=named(254),
            normalisation=each.normalisation,
            options=each,
        )
        for role, each in options.items()
    }
    return {"threshold": chosen_threshold(), **networks}


@cache
def chosen_threshold() -> Path:
    """A folder with the threshold that another stage chose."""
    folder = Path(mkdtemp())
    (folder / CHOSEN).write_text('{"threshold": 0.4, "band": [0.3, 0.5]}', encoding="utf-8")
    return folder


TURNED: dict[type, Callable[[Any], Answer]] = {
    CAMMethod: of_cam,
    Views: of_views,
    SegmentationViews: of_views,
    Upsampler: of_upsampler,
    Refiner: of_refiner,
    MaskRule: of_mask_rule,
    Transform: of_transform,
}
"""Families whose options are turned here, and what one makes of a small input."""

ELSEWHERE: dict[str, str] = yaml.safe_load(Path(__file__).with_name("knobs.yaml").read_text(encoding="utf-8"))
"""Options that are turned by tests of their own, by the first class that has them, such as `Layout.limit`."""


NOT_HERE = {
    *("RepresentativeCAM.over", "Argmax.annotated", "ConfidentShare.annotated"),
    *("CAA.segments", "RegionChoice.covers", "RegionChoice.largest", "SegmenterTransform.padding"),
}
"""Options of the families here that only their own tests can turn, with a network, a folder, a region or a border."""


def turned() -> list[Any]:
    """Every option of the families here, with what one makes."""
    return [
        pytest.param(cls, field, answer, id=f"{cls.__name__}.{field.name}")
        for family, answer in TURNED.items()
        for cls in {family.__name__: family, **concrete(family)}.values()
        if is_dataclass(cls) and not getattr(cls, "__abstractmethods__", None)
        for field in fields(cls)
        if f"{cls.__name__}.{field.name}" not in {*ONE_VALUE, *NOT_HERE}
    ]


@pytest.mark.parametrize(("cls", "field", "answer"), turned())
def test_another_value_makes_another_fingerprint_and_another_result(
    cls: Any, field: Field[Any], answer: Callable[[Any], Answer]
) -> None:
    first = example(cls)
    other = replace(first, **{field.name: second(cls, field, getattr(first, field.name))})
    assert identity(first, digests={}) != identity(other, digests={})
    results = [answer(each) for each in (first, other)]
    same = all(np.array_equal(np.asarray(one), np.asarray(two)) for one, two in zip(*results, strict=True))
    changes_nothing = CHANGE_NO_RESULT.keys() & {field.name, f"{cls.__name__}.{field.name}"}
    if not changes_nothing:
        assert not same, "the option does nothing: let it, or say why in CHANGE_NO_RESULT"
    else:
        close = [np.allclose(np.asarray(one), np.asarray(two), atol=1e-3) for one, two in zip(*results, strict=True)]
        assert all(close), "the option changes the result: take it out of CHANGE_NO_RESULT"


def example(cls: Any) -> Any:
    """An object of a class, whose options all have a say."""
    return cls(
        **{name.partition(".")[2]: value for name, value in FIRST.items() if name.startswith(f"{cls.__name__}.")}
    )


def others() -> set[str]:
    """Every option that is not turned here, by the first class that has it."""
    own = {cls for family in TURNED for cls in (family, *members(family))}
    options = {
        defining(cls, field.name) if cls not in own else f"{cls.__name__}.{field.name}"
        for cls in members(Configurable)
        for field in (fields(cls) if is_dataclass(cls) else ())
        if field.name not in NO_PART
    }
    return {name for name in options if name.partition(".")[0] not in {cls.__name__ for cls in own}} | NOT_HERE


def test_every_other_option_is_in_the_list_with_a_test_that_turns_it() -> None:
    assert ELSEWHERE.keys() <= others(), "take them out of knobs.yaml"
    unnamed = {option for option in others() - ELSEWHERE.keys() if not is_given(option)}
    assert unnamed == set(), "give the option in the test of its module, or name the test that turns it in knobs.yaml"
    missing = []
    for option, place in ELSEWHERE.items():
        file, _, name = place.partition("::")
        if f"\ndef {name}(" not in (TESTS / file).read_text(encoding="utf-8"):
            missing.append(f"{option}: {place}")
    assert missing == [], "there are no such tests"


def is_given(option: str) -> bool:
    """Whether the test of the module that defines a class gives the option another value by its name."""
    owner, _, name = option.partition(".")
    (cls,) = (each for each in members(Configurable) if each.__name__ == owner)
    *folders, module = cls.__module__.split(".")[1:]
    test = TESTS.joinpath(*folders, f"test_{module}.py")
    return test.exists() and re.search(rf"\b{name}=", test.read_text(encoding="utf-8")) is not None
