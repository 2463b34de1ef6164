"""Logits that a classifier gave while it was trained: a small file an epoch, beside its weights."""

from dataclasses import dataclass
from typing import Final, final

import numpy as np
from jaxtyping import Float16

from wsss.labels import MAX_CLASSES
from wsss.store import arrays
from wsss.store.store import ITEMS, Artifact
from wsss.store.texts import whole

FOLDER: Final = "logits"
MOST_IMAGES: Final = 10_000_000
SPLITS: Final = ("train", "val")


@final
@dataclass(frozen=True, kw_only=True)
class Logits:
    """Logits by epoch, image and class, in the order of the training's splits; nan where an epoch left an image out."""

    train: Float16[np.ndarray, "e n c"]
    """Of training images as they were augmented, each under the weights of its step."""
    val: Float16[np.ndarray, "e m c"]
    """Of validation images, after the epoch."""


def write_logits(
    artifact: Artifact, epoch: int, *, train: Float16[np.ndarray, "n c"], val: Float16[np.ndarray, "m c"]
) -> None:
    """Write the logits of an epoch as npz; bytes depend on them alone."""
    path = artifact.items / FOLDER / f"{epoch:05}.npz"
    path.parent.mkdir(parents=True, exist_ok=True)
    with whole(path) as hidden, hidden.open("wb") as file:
        np.savez(file, allow_pickle=False, train=train, val=val)


def read_logits(artifact: Artifact) -> Logits | None:
    """Read the logits of all epochs; None where a training kept none, as those of wsss before it did.

    Raises `StoreError` that names a file which is missing, torn, or of other images than the first.
    """
    names = sorted(name for name in artifact.manifest().files if name.startswith(f"{ITEMS}/{FOLDER}/"))
    epochs: dict[str, list[np.ndarray]] = {split: [] for split in SPLITS}
    for name in names:
        with arrays.opened(artifact.file(name), what="logits of an epoch") as archive:
            for split, before in epochs.items():
                found = archive.read(split, dtype=np.float16, most=(MOST_IMAGES, MAX_CLASSES))
                if before and before[0].shape != found.shape:
                    raise ValueError(f"{split} has the shape {found.shape}, and {before[0].shape} in the first")
                before.append(found)
    return Logits(**{split: np.stack(found) for split, found in epochs.items()}) if names else None
