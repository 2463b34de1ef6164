"""Weights of a transformer that stays as its maker trained it: `pretrained`, a file, or `none`."""

import sys
from pathlib import Path
from typing import Any

from torch import nn

from wsss.models.weights.initial import PRETRAINED, UNTRAINED, Weights, check_downloadable, check_file, read_weights


def tower_file(weights: str) -> Path | None:
    """Return the file that `weights` names, None where it is one of the words."""
    return None if weights in (PRETRAINED, UNTRAINED) else Path(weights).expanduser()


def check_tower(weights: str, *, backbone: str) -> None:
    """Refuse with a `ModelError` weights that the backbone cannot get; reads no file and asks no server."""
    file = tower_file(weights)
    if file is not None:
        check_file(file, words="`pretrained` or `none`")
    elif weights == PRETRAINED:
        check_downloadable(backbone, word=PRETRAINED)


def read_tower(file: Path, *, net: nn.Module) -> Weights:
    """Return the state dict of a file under timm's names, also where it has OpenAI's or open_clip's.

    Raises a `ModelError` for a file without one.
    """
    family: Any = sys.modules[type(net).__module__]
    renamed: Weights = family.checkpoint_filter_fn(dict(read_weights(file)), net)
    return renamed
