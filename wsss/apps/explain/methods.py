"""CAM methods by the names of their files in conf/cam: which of them fit a network, and why others do not."""

from collections.abc import Sequence
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


def fitting(names: Sequence[str], networks: Sequence[CutClassifier], *, added: Path | None = None) -> Fitting:
    """Give every method the first network that it fits; `added` is a folder of configs beside the package's own.

    Raises `ConfigError` for names that are not methods, and where none of the methods fits.
    """
    known = cam_methods(added)
    unknown = list(dict.fromkeys(name for name in names if name not in known))
    if unknown:
        raise ConfigError([f"methods: there is no {name!r}; there are: {one_of(list(known))}" for name in unknown])
    methods: dict[str, tuple[CAMMethod, CutClassifier]] = {}
    left_out: dict[str, str] = {}
    for name in dict.fromkeys(names):
        method = cam_method(known[name])
        reasons = [_refusal(method, network) for network in networks]
        if None in reasons:
            methods[name] = method, networks[reasons.index(None)]
        else:
            left_out[name] = str(reasons[0])
    if not methods:
        raise ConfigError([f"methods: {name} does not fit this run: {reason}" for name, reason in left_out.items()])
    return Fitting(methods=methods, left_out=left_out)


def _refusal(method: CAMMethod, network: CutClassifier) -> str | None:
    """Return why a method does not fit a network, None where it does."""
    try:
        method.check(network)
    except ModelError as error:
        return str(error)
    return None
