"""The contract suites, for packages that extend wsss: functions that raise an `AssertionError`, and need no pytest."""

from importlib import import_module
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from wsss.testing.backbones import check_backbone
    from wsss.testing.cams import check_cam_method
    from wsss.testing.layouts import check_layout
    from wsss.testing.networks import check_network
    from wsss.testing.refiners import check_refiner
    from wsss.testing.stages import check_stage

__all__ = ["check_backbone", "check_cam_method", "check_layout", "check_network", "check_refiner", "check_stage"]

_HOMES: Final = {
    "check_backbone": "backbones",
    "check_cam_method": "cams",
    "check_layout": "layouts",
    "check_network": "networks",
    "check_refiner": "refiners",
    "check_stage": "stages",
}


def __getattr__(name: str) -> Any:
    """Import a suite when it is first used: those of networks import timm, which takes seconds."""
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(f"{__name__}.{_HOMES[name]}"), name)
