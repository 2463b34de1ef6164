"""Versions of the packages that compute results, as their installed metadata say: none of them is imported."""

from collections.abc import Iterable, Mapping
from functools import cache
from importlib.metadata import version
from typing import Final

PACKAGES: Final = ("wsss", "torch", "timm", "segmentation-models-pytorch", "numpy", "pillow")
"""Whose versions a manifest notes. They do not enter a fingerprint: stored results outlive an update."""


@cache
def versions() -> Mapping[str, str]:
    """Return the installed version of every package."""
    return {name: version(name) for name in PACKAGES}


def other_versions(noted: Iterable[Mapping[str, str]]) -> str | None:
    """Say in one line which of the noted versions are not those installed here; None where all are."""
    manifests = list(noted)
    told = []
    for name, here in versions().items():
        others = dict.fromkeys(there[name] for there in manifests if there.get(name, here) != here)
        if others:
            told.append(f"{name} {', '.join(others)} (here {here})")
    return f"reused results were made with {'; '.join(told)}" if told else None
