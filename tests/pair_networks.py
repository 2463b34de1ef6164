"""Networks that judge pairs of cells, left in a folder as their stage would leave them."""

import json
from pathlib import Path
from typing import Final

import torch

from wsss.methods.affinity.networks import PairNetwork
from wsss.methods.affinity.stored import DESCRIPTION, description
from wsss.models.classifier import ClassifierOptions

SMALL: Final = ClassifierOptions(backbone="mobilenetv3_small_050", weights="none", output_stride=32)


def stored_pairs(kind: type[PairNetwork], folder: Path) -> PairNetwork:
    """An untrained network on `SMALL`; leave its mode alone."""
    network = kind(SMALL.skeleton(1)).eval()
    torch.save(network.state_dict(), folder / "w.pt")
    (folder / DESCRIPTION).write_text(json.dumps(description(SMALL, weights="w.pt")), encoding="utf-8")
    return network
