"""Images of a data set as CLIP's image tower sees them."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import final

import numpy as np
import torch
from jaxtyping import Float32

from wsss.apps.text_bank.ranking import NONE_SEVERAL
from wsss.data.images import read_image
from wsss.data.layouts.base import Layout
from wsss.data.listing import Entry, Listing
from wsss.engine.progress import bar
from wsss.errors import DataError
from wsss.models.clip.prompted_options import PromptedOptions


@final
@dataclass(frozen=True, kw_only=True, eq=False)
class Seen:
    """Embeddings of length 1, and the names of what each image shows."""

    images: Float32[np.ndarray, "n e"]
    shown: tuple[tuple[str, ...], ...]


def check_several(layout: Layout, *, backbone: str, weights: str, classes: Sequence[str]) -> None:
    """Refuse what `embed_several` does, and a data set without images of two of the classes; loads no tower."""
    PromptedOptions(backbone=backbone, weights=weights).check()
    with TemporaryDirectory() as into:
        listing = layout.listing(Path(into)).or_raise()
    if not _several(listing, classes):
        raise DataError(f"{listing.root}: {NONE_SEVERAL}")


def embed_several(layout: Layout, *, backbone: str, weights: str, classes: Sequence[str]) -> Seen:
    """Embed the images of a data set that show two or more of some classes, at their own size.

    Backbone and weights are those of `PromptedOptions`. Raises `DataError` for a data set that a run would refuse, and
    `ModelError` for a tower that cannot be had.
    """
    options = PromptedOptions(backbone=backbone, weights=weights)
    options.check()
    with TemporaryDirectory() as into:
        listing = layout.listing(Path(into)).or_raise()
        several = _several(listing, classes)
        torch.manual_seed(0)  # of weights=none
        network = options.build(()).eval()
        found = []
        with bar("images of several classes", total=len(several), unit="images") as advance, torch.no_grad():
            for entry in several:
                pixels = read_image(listing.root / entry.image)
                (vector,) = network.embeddings(options.normalisation(pixels)[None])
                found.append(vector.numpy())
                advance()
    width = options.outline().tower.width
    images = np.stack(found) if found else np.zeros((0, width), dtype=np.float32)
    return Seen(images=images, shown=tuple(_own(entry, classes) for entry in several))


def _several(listing: Listing, classes: Sequence[str]) -> list[Entry]:
    return [entry for entry in listing.entries if len(_own(entry, classes)) > 1]


def _own(entry: Entry, classes: Sequence[str]) -> tuple[str, ...]:
    return tuple(name for name in dict.fromkeys(entry.names) if name in classes)
