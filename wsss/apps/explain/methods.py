"""CAM methods by the names of their files in conf/cam: which of them fit a network, and why others do not."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import yaml

from wsss.cams import CAMMethod
from wsss.config.build import build
from wsss.config.search import config_folders, options
from wsss.errors import ConfigError, ModelError, one_of
from wsss.protocols import CutClassifier

QUICK: Final = ("cam", "gradcam_plusplus", "layercam", "ablationcam", "fgcam")
"""Methods that take a few passes and differ: at one scale Grad-CAM and others are CAM below a linear head."""


Methods = str | CAMMethod | Sequence[str | CAMMethod] | Mapping[str, str | CAMMethod]
"""Methods as people ask for them: names of files of conf/cam, objects, or both, also under names of their own."""


@dataclass(frozen=True, kw_only=True)
class Fitting:
    """Methods by name, each with the network that it is asked of; and why others are left out."""

    methods: dict[str, tuple[CAMMethod, CutClassifier]]
    left_out: dict[str, str]


def cam_methods(added: Path | None = None) -> dict[str, Path]:
    """Return the files of conf/cam by name, those of plug-ins and of a folder of one's own among them."""
    return options("cam", config_folders(added))


def cam_method(path: Path) -> CAMMethod:
    """Return the method of a file of conf/cam with the options that stand there."""
    config = yaml.safe_load(path.read_text(encoding="utf-8"))
    return build(config, CAMMethod, key="cam")  # type: ignore[type-abstract]


def named_methods(asked: Methods, *, added: Path | None = None) -> dict[str, CAMMethod]:
    """Return methods by name: objects are called as their class is, or by all their options where that is not enough.

    Raises `ConfigError` for names that are not methods, for other objects, and where there is none.
    """
    if isinstance(asked, Mapping):
        return {name: method for name, each in asked.items() for method in named_methods([each], added=added).values()}
    given = [asked] if isinstance(asked, str | CAMMethod) else list(asked)
    known = cam_methods(added) if any(isinstance(each, str) for each in given) else {}
    problems = [problem for each in dict.fromkeys(given) if (problem := _unknown(each, known))]
    if problems or not given:
        raise ConfigError(problems or ["methods: names none; give a name, such as gradcam, or an object"])
    classes = Counter(type(each).__name__ for each in dict.fromkeys(given))
    methods: dict[str, CAMMethod] = {}
    for each in given:
        if isinstance(each, str):
            methods[each] = cam_method(known[each])
        else:
            methods[type(each).__name__ if classes[type(each).__name__] == 1 else repr(each)] = each
    return methods


def _unknown(method: object, known: Mapping[str, Path]) -> str | None:
    if isinstance(method, CAMMethod) or method in known:
        return None
    if isinstance(method, str):
        return f"methods: there is no {method!r}; there are: {one_of(list(known))}"
    example = "an object such as GradCAM(), or one of your own class that extends wsss.cams.CAMMethod"
    return f"methods: expected the name of a method, or {example}; got {method!r}"


def fitting(asked: Methods, networks: Sequence[CutClassifier], *, added: Path | None = None) -> Fitting:
    """Give every method the first network that it fits; `added` is a folder of configs beside the package's own.

    Raises `ConfigError` for what `named_methods` refuses, and where none of the methods fits.
    """
    methods: dict[str, tuple[CAMMethod, CutClassifier]] = {}
    left_out: dict[str, str] = {}
    for name, method in named_methods(asked, added=added).items():
        reasons = [_refusal(method, network) for network in networks]
        if None in reasons:
            methods[name] = method, networks[reasons.index(None)]
        else:
            left_out[name] = str(reasons[0])
    if not methods:
        raise ConfigError([f"methods: {name} does not fit this network: {reason}" for name, reason in left_out.items()])
    return Fitting(methods=methods, left_out=left_out)


def _refusal(method: CAMMethod, network: CutClassifier) -> str | None:
    """Return why a method does not fit a network, None where it does."""
    try:
        method.check(network)
    except ModelError as error:
        return str(error)
    return None
