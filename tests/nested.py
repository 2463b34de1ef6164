"""Folders in folders, deeper than Python calls functions in each other, or than a path may be long."""

import os
import shutil
from pathlib import Path

DEEP = 1_100
TOO_DEEP = 2_500
"""Of folders with names of one letter, whose path then has more than 4,096."""


def nested(folder: Path, depth: int, *, name: str = "x.png") -> None:
    """Make an empty file at the bottom of so many folders."""
    here = os.open(folder, os.O_RDONLY)
    for _ in range(depth):
        os.mkdir("d", dir_fd=here)
        below = os.open("d", os.O_RDONLY, dir_fd=here)
        os.close(here)
        here = below
    os.close(os.open(name, os.O_WRONLY | os.O_CREAT, dir_fd=here))
    os.close(here)


def flattened(folder: Path) -> None:
    """Take the folders apart again: pytest deletes old folders by a function that calls itself for each."""
    top = folder / "d"
    while (top / "d").exists():
        (top / "d").rename(folder / "next")
        shutil.rmtree(top)
        (folder / "next").rename(top)
    shutil.rmtree(top, ignore_errors=True)
