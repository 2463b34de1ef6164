"""Links, pipes, devices and folders in place of the files of a store."""

import io
import os
import zipfile
from collections.abc import Callable
from pathlib import Path

from e2e.attacks.attack import UNHARMED, Attack, Make, only
from toy_runs import Run

PLACES = (
    ("train_segmenter", "manifest.json"),
    ("train_segmenter", "stage.yaml"),
    ("train_segmenter", "items/network.json"),
    ("train_segmenter", "items/weights.safetensors"),
    ("index_data", "items/index.json"),
)


def instead(stage: str, name: str, put: Callable[[Path], object]) -> Make:
    """Put something else in place of a file."""

    def make(run: Run) -> None:
        path = only(run, stage, name)
        path.unlink()
        put(path)

    return make


def to(target: str) -> Callable[[Path], object]:
    """A link to a path from the folder that the store lies in."""
    return lambda path: path.symlink_to(next(p for p in path.parents if p.name == "store").parent / target)


KINDS = {
    "a pipe": os.mkfifo,
    "a link to a file": to("thesis.txt"),
    "a link to a device": lambda path: path.symlink_to("/dev/zero"),
    "a link to itself": lambda path: path.symlink_to(path.name),
    "a folder": Path.mkdir,
}


def linked_folder(run: Run) -> None:
    """The items of a stage are a link to a folder outside."""
    items = only(run, "train_segmenter", "items")
    items.rename(run.store.parent / "moved")
    items.symlink_to(run.store.parent / "moved")


def stray_links(run: Run) -> None:
    """Links among the artifacts themselves."""
    (run.store / "predict_masks" / ("e" * 16)).symlink_to(run.store.parent)
    (run.store / "loop").symlink_to("..")


def array(shape: tuple[int, int], *, zeros: int = 0) -> bytes:
    """An npz whose array claims a shape, and holds so many zeros."""
    header = f"{{'descr': '<f2', 'fortran_order': False, 'shape': {shape}, }}\n".encode()
    content = b"\x93NUMPY\x01\x00" + len(header).to_bytes(2, "little") + header + bytes(zeros)
    written = io.BytesIO()
    with zipfile.ZipFile(written, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("scores.npy", content)
    return written.getvalue()


def map_of(content: bytes) -> Make:
    """Put other content in place of the first map."""
    return lambda run: min((run.store / "extract_cams").glob("*/items/**/*.npz")).write_bytes(content)


ATTACKS = (
    Attack(name="a map of 20 GB", make=map_of(array((100_000, 100_000))), said=r"damaged +\S*\.npz"),
    Attack(
        name="a map that unpacks to 100 MB",
        make=map_of(array((10_000, 5_000), zeros=100_000_000)),
        said=r"damaged +\S*\.npz",
    ),
    *(
        Attack(
            name=f"{kind} for {name} of {stage}",
            make=instead(stage, name, put),
            said=rf"(damaged|missing) +\S*{Path(name).name}|{Path(name).name} (is|cannot be read)|is not finished",
        )
        for kind, put in KINDS.items()
        for stage, name in PLACES
    ),
    Attack(name="a linked folder of items", make=linked_folder, said=r"damaged +\S*items"),
    Attack(name="links among artifacts", make=stray_links, said=UNHARMED),
)
