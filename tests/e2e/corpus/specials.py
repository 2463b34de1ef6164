"""Pipes, devices, sockets and links where files are expected."""

import os
import socket
from collections.abc import Callable
from pathlib import Path

from e2e.corpus.drawing import LABELS, folder, noise, with_image, with_masks
from e2e.data_input import PLAIN, Input

NO_FILE = "is a pipe, a socket or a device where a file is expected"


def image(name: str, put: Callable[[Path], object], **expected: object) -> Input:
    """Four good images, and something else in place of a fifth."""
    return Input(name=f"{name} for an image", make=with_image("x.png", put), **expected)


def mask(name: str, put: Callable[[Path], object], **expected: object) -> Input:
    """Three good masks, and something else in place of a fourth."""
    return Input(name=f"{name} for a mask", make=with_masks(put), options={"masks": "masks"}, **expected)


def labels(name: str, put: Callable[[Path], object], **expected: object) -> Input:
    """Four good images, and something else in place of the label file."""

    def make(root: Path) -> None:
        folder()(root)
        (root / "labels.csv").unlink()
        put(root / "labels.csv")

    return Input(name=f"{name} for labels", make=make, **expected)


def listening(path: Path) -> None:
    """A socket, bound by a short name, since such names may not be long."""
    here = os.open(path.parent, os.O_RDONLY)
    with socket.socket(socket.AF_UNIX) as server:
        server.bind(f"/proc/self/fd/{here}/{path.name}")
    os.close(here)


def zeros(path: Path) -> None:
    """A link to a device that never ends."""
    path.symlink_to("/dev/zero")


def to_itself(path: Path) -> None:
    """A link that leads in a circle."""
    path.symlink_to(path.name)


def linked(path: Path) -> None:
    """A link to a good file outside of the data set."""
    other = path.parents[2] / "elsewhere.png"
    noise().save(other)
    path.symlink_to(other)


def linked_labels(path: Path) -> None:
    """A link to a good label file outside of the data set."""
    (path.parents[1] / "elsewhere.csv").write_text(LABELS)
    path.symlink_to(path.parents[1] / "elsewhere.csv")


def circle(path: Path) -> None:
    """A folder that leads back to the one above, beside the image."""
    noise().save(path)
    (path.parent / "loop").symlink_to("..")


INPUTS = (
    image("a pipe", os.mkfifo, refused=NO_FILE),
    image("a device", zeros, refused=NO_FILE),
    image("a socket", listening, refused=NO_FILE),
    image("a link to itself", to_itself, refused=r"x\.png is a link that leads in a circle"),
    image("a link to a file", linked, shows={**PLAIN, "x": ["cat"]}),
    image("a folder that leads in a circle beside a file", circle, shows={**PLAIN, "x": ["cat"]}),
    mask("a pipe", os.mkfifo, refused=NO_FILE),
    mask("a device", zeros, refused=NO_FILE),
    labels("a pipe", os.mkfifo, refused=r"labels\.csv is not a file, or a link to none: replace it"),
    labels("a device", zeros, refused=r"labels\.csv is not a file, or a link to none: replace it"),
    labels("a folder", Path.mkdir, refused=r"labels\.csv is not a file, or a link to none: replace it"),
    labels(
        "a link to nowhere", lambda path: path.symlink_to("nowhere.csv"), refused="is not a file, or a link to none"
    ),
    labels("a link to a file", linked_labels),
)
