"""Segment Anything (Kirillov et al., ICCV 2023) and its successors, asked for masks of everything."""

from dataclasses import dataclass
from importlib import import_module
from importlib.util import find_spec
from pathlib import Path
from typing import Any, Final, final

import numpy as np
import torch
from jaxtyping import UInt8
from PIL import Image

from wsss.errors import ModelError, first_line
from wsss.regions.base import Find, Layers, RegionFinder
from wsss.regions.layers import layered

FILES: Final = ("*.json", "*.safetensors")
"""What is downloaded of a model."""


@final
@dataclass(frozen=True, kw_only=True)
class SegmentAnything(RegionFinder):
    """Masks around a grid of points, as `SamAutomaticMaskGenerator` makes them, by the pipeline of transformers.

    Takes every model of its task `mask-generation`: SAM, SAM-HQ, SAM 2. Masks that the model itself judges bad or that
    depend on the cutoff are left out, and of those that are nearly the same one is kept. Seconds an image on a GPU,
    and minutes on a CPU.
    """

    model: str = "facebook/sam-vit-base"
    """The name on the Hugging Face Hub, or a folder that `save_pretrained` wrote, with the image processor."""
    revision: str = "main"
    """Of the model on the hub: a commit, where others may change it later."""
    points_a_side: int = 32
    """The grid has the square of it: fewer points find fewer small things in less time."""
    points_a_batch: int = 64
    """Points that the network answers at once: more take more memory, and change nothing."""
    least_iou: float = 0.88
    """Of a mask with the object, as the model predicts it."""
    least_stability: float = 0.95
    """IoU of the masks at a lower and a higher cutoff."""

    def __post_init__(self) -> None:
        if min(self.points_a_side, self.points_a_batch) < 1:
            raise ValueError("points_a_side and points_a_batch must be at least 1")
        if not (0 <= self.least_iou <= 1 and 0 <= self.least_stability <= 1):
            raise ValueError("least_iou and least_stability lie in [0, 1]")

    @property
    def on_device(self) -> bool:
        """A GPU serves the network."""
        return True

    def content(self) -> dict[str, tuple[Path, ...]]:
        """A folder counts by its bytes; what lies on the hub by its name and revision."""
        folder = Path(self.model).expanduser().absolute()
        return {"model": (folder,)} if folder.is_dir() else {}

    def check(self) -> None:
        """Refuse to begin without transformers or without the model, which is downloaded here."""
        if find_spec("transformers") is None:
            raise ModelError("regions: Segment Anything is run by transformers: `pip install 'wsss[sam]'`")
        self._folder()

    def open(self, device: torch.device) -> Find:
        """Load the model; raises `ModelError` for a folder that holds none of its task."""
        folder = self._folder()
        transformers = import_module("transformers")
        transformers.utils.logging.disable_progress_bar()  # of the files that it loads
        try:
            generate = transformers.pipeline("mask-generation", model=str(folder), device=device)
        except (OSError, ValueError, KeyError, RuntimeError) as error:
            why = first_line(error)
            raise ModelError(f"regions: {self.model} does not generate masks ({why}): name SAM or SAM 2") from error
        return lambda _, image: self.find(generate, image)

    def find(self, generate: Any, image: UInt8[np.ndarray, "h w 3"]) -> Layers:
        """Return the masks that a pipeline finds in an image."""
        found = generate(
            Image.fromarray(image),
            points_per_crop=self.points_a_side,
            points_per_batch=self.points_a_batch,
            pred_iou_thresh=self.least_iou,
            stability_score_thresh=self.least_stability,
        )
        masks = [np.asarray(mask, dtype=bool) for mask in found["masks"]]
        return layered(masks, height=image.shape[0], width=image.shape[1])

    def _folder(self) -> Path:
        """Return where the model lies, downloaded where need be; raises `ModelError` where it cannot be."""
        folder = Path(self.model).expanduser()
        if folder.is_dir():
            return folder
        hub = import_module("huggingface_hub")
        try:
            return Path(hub.snapshot_download(self.model, revision=self.revision, allow_patterns=FILES))
        except (OSError, ValueError, hub.errors.HfHubHTTPError) as error:
            raise ModelError(
                f"regions: {self.model} cannot be downloaded ({first_line(error)}): save {' and '.join(FILES)} from "
                f"https://huggingface.co/{self.model} in a folder, and name that in regions.sam.model"
            ) from error
