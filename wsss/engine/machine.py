"""The machine that a stage ran on: its device, its cores, its memory, and how much of that one process took."""

import os
import sys
from importlib import import_module
from importlib.util import find_spec
from pathlib import Path
from typing import Final

import torch

from wsss.engine.processes import world
from wsss.store.manifest import Machine

PEAK: Final = "VmHWM:"
"""Line of Linux's account of a process: the most memory that it held since the account was reset."""
STATUS: Final = Path("/proc/self/status")
RESET: Final = Path("/proc/self/clear_refs")


def reset_peak(device: torch.device) -> None:
    """Let the account of memory begin anew, where the system allows it."""
    if device.type == "cuda":
        torch.cuda.reset_peak_memory_stats(device)
    if os.access(RESET, os.W_OK):
        RESET.write_text("5", encoding="ascii")


def machine(device: torch.device) -> Machine:
    """Return where this process runs, and the memory that it took at most; a GPU is named if something lay in it."""
    gpu = torch.cuda.max_memory_allocated(device) if device.type == "cuda" else 0
    return Machine(
        device=torch.cuda.get_device_name(device) if gpu else "mps" if device.type == "mps" else "cpu",
        cores=world().cores,
        memory=_memory(),
        peak=_peak(),
        gpu_peak=gpu or None,
    )


def _memory() -> int | None:
    names = getattr(os, "sysconf_names", {})
    if not {"SC_PHYS_PAGES", "SC_PAGE_SIZE"} <= set(names):
        return None
    return os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE")


def _peak() -> int | None:
    """Return bytes: since the reset on Linux, since the process began elsewhere, None where nobody counts."""
    if STATUS.exists():
        lines = STATUS.read_text(encoding="ascii", errors="replace").splitlines()
        return next((int(line.split()[1]) * 1024 for line in lines if line.startswith(PEAK)), None)
    if find_spec("resource") is None:
        return None
    resource = import_module("resource")  # Windows has none
    largest: int = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return largest if sys.platform == "darwin" else largest * 1024
