"""torch.compile's compilers: what there is, and what is missing."""

import os
import shutil
from importlib.util import find_spec
from typing import Final

import torch

from wsss.errors import ConfigError, one_of

KEY: Final = "trainer.compile"
INDUCTOR: Final = "inductor"
"""torch's own compiler. It writes C++ for a CPU, and Triton for a GPU."""
CPP: Final = ("g++", "clang++", "c++")


def check_compiler(name: str | None, device: torch.device) -> None:
    """Raise `ConfigError` for a compiler that torch does not know, or that cannot work here; None stands for none."""
    if name is None:
        return
    if name not in torch.compiler.list_backends(exclude_tags=()):
        known = torch.compiler.list_backends()  # without those for work on torch itself
        raise ConfigError([f"{KEY}: torch knows no compiler {name!r}; it knows: {one_of(sorted(known))}"])
    if name == INDUCTOR and (missing := _missing(device)):
        raise ConfigError([f"{KEY}={INDUCTOR} needs {missing}: install one, or use {KEY}=null"])


def _missing(device: torch.device) -> str:
    """Return what torch's own compiler lacks on a device; nothing where it lacks nothing."""
    if device.type == "cuda":
        return "" if find_spec("triton") else "the package triton, which is not here"
    compilers = (os.environ["CXX"],) if os.environ.get("CXX") else CPP
    return "" if any(map(shutil.which, compilers)) else f"a C++ compiler, and {' or '.join(compilers)} is not here"
