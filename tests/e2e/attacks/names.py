"""Names, depths and kinds of what lies among the files of a store that no stage writes so."""

import os
import shutil
import socket
from collections.abc import Callable
from pathlib import Path

from e2e.attacks.attack import UNHARMED, Attack, Make, only
from nested import DEEP, TOO_DEEP, nested
from toy_runs import Run

STAGE = "predict_masks"


def among(put: Callable[[Path], object]) -> Make:
    """Put something into the folder of a stage's items."""
    return lambda run: put(only(run, STAGE, "items"))


def named(name: bytes) -> Callable[[Path], object]:
    """An empty file of this name."""
    return lambda folder: os.close(os.open(os.fsencode(folder) + b"/" + name, os.O_WRONLY | os.O_CREAT))


def listening(folder: Path) -> None:
    """A socket, bound by a short name, since such names may not be long."""
    here = os.open(folder, os.O_RDONLY)
    with socket.socket(socket.AF_UNIX) as server:
        server.bind(f"/proc/self/fd/{here}/x.png")
    os.close(here)


def twice(run: Run) -> None:
    """A mask is a second name of somebody's file."""
    mask = min(only(run, STAGE, "items").glob("**/*.png"))
    mask.unlink()
    mask.hardlink_to(run.store.parent / "thesis.txt")


def holes(run: Run) -> None:
    """A manifest of a terabyte that takes no room."""
    os.truncate(only(run, STAGE, "manifest.json"), 2**40)


def dated(seconds: int) -> Make:
    """All files of a store are of another time."""

    def make(run: Run) -> None:
        for path in run.store.rglob("*"):
            os.utime(path, (seconds, seconds))

    return make


def stage_named(name: bytes) -> Make:
    """A stage's folder is there a second time, by another name."""
    return lambda run: shutil.copytree(run.store / STAGE, run.store / os.fsdecode(name))


ATTACKS = (
    Attack(name="folders in folders", make=among(lambda items: nested(items, DEEP)), said=r"stray +\S*/d/d/d/"),
    Attack(name="folders too deep", make=among(lambda items: nested(items, TOO_DEEP)), said=r"stray +\S*/items/d\n"),
    Attack(name="a name that is not UTF-8", make=among(named(b"\xff\xfe.png")), said=r"stray +\S*\\udcff"),
    Attack(
        name="a name that forges a line and clears the screen",
        make=among(named(b"\x1b[2J\nall artifacts are as they were made.png")),
        said=r"stray +\S*\ufffd\[2J\ufffdall artifacts",
    ),
    Attack(name="a socket among items", make=among(listening), said=r"stray +\S*x\.png"),
    Attack(name="a mask that is another name of a file", make=twice, said=r"damaged +\S*\.png"),
    Attack(name="a manifest with holes", make=holes, said=r"manifest\.json cannot be read|damaged .*manifest\.json"),
    Attack(name="files of 1901", make=dated(-(2**31)), said=UNHARMED),
    Attack(name="files of 2446", make=dated(15_032_385_535), said=UNHARMED),
    Attack(name="a stage whose name clears the screen", make=stage_named(b"\x1b[2J"), said=r"damaged +\S*\ufffd\[2J"),
    Attack(name="a stage whose name is not UTF-8", make=stage_named(b"\xff"), said=r"damaged +\S*\\udcff"),
)
