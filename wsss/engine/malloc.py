"""Tune glibc's malloc so that freed tensor memory is reused."""

import ctypes
import sys
from typing import Final

M_TRIM_THRESHOLD: Final = -1
M_MMAP_MAX: Final = -4
"""Parameters of glibc's `mallopt`, from its `malloc.h`."""


def keep_freed_memory() -> bool:
    """Let malloc keep what tensors free, for the tensors that come next; return whether this system can.

    glibc gives every block above 32 MiB back to the kernel at once, and each page of the next one is then zeroed again:
    at twice the size of a photograph half of a forward pass went there (`scripts/bench_memory.py`).
    """
    if not sys.platform.startswith("linux"):
        return False
    mallopt = getattr(ctypes.CDLL(None), "mallopt", None)  # musl has none
    if mallopt is None:
        return False
    return bool(mallopt(M_MMAP_MAX, 0) and mallopt(M_TRIM_THRESHOLD, 2**31 - 1))
