"""MCTformer+ (Xu et al., TPAMI 2024): what class tokens attend to, times patch maps, along the patches' affinity."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar, Literal, final

import torch

from wsss.cams.base import CAMMethod, by_image
from wsss.errors import ModelError
from wsss.protocols import ClassAttentive, CutClassifier
from wsss.types import Images, RawMaps, Targets


@final
@dataclass(frozen=True, kw_only=True)
class MCTformer(CAMMethod):
    """A sqrt(a_c * relu(p_c)): a_c is the attention of the class's token, p_c its patch map, A that among patches.

    a_c is averaged over heads and the last blocks, A over heads and added up over all blocks, whose rows are left as
    they are. Maps are not negative.
    """

    differentiates: ClassVar[bool] = False

    layers: int | Literal["all"] = "all"
    """How many of the blocks the attention of class tokens is averaged over, counted from the last."""
    affinity: bool = True
    """Whether maps are carried along the attention among patches."""

    def __post_init__(self) -> None:
        if self.layers != "all" and self.layers < 1:
            raise ValueError(f"layers must be at least 1, or all; got {self.layers}")

    def __call__(self, model: CutClassifier, images: Images, targets: Targets) -> RawMaps:
        """See `CAMMethod`."""
        assert isinstance(model, ClassAttentive), "check() comes first"
        with torch.no_grad(), torch.autocast(images.device.type, enabled=False):
            seen = model.class_attention(images, blocks=self._blocks(model))
            patches = seen.patches[targets.image, targets.cls].float()
            attended = seen.classes[targets.image, targets.cls].float().reshape(patches.shape)
            maps = (attended * patches.relu()).sqrt()
            if self.affinity:
                for image, mine in by_image(targets):
                    maps[mine] = (maps[mine].flatten(1) @ seen.among[image[0]].float().mT).reshape(maps[mine].shape)
        return maps

    def check(self, model: CutClassifier) -> None:
        """Refuse a network without class tokens, another block than the last, and more layers than there are."""
        super().check(model)
        if not isinstance(model, ClassAttentive):
            raise ModelError("MCTformer+ needs a token for each class: use stages=mctformer, or another cam")
        if self.block != model.blocks[-1]:
            raise ModelError(f"cam.block={self.block}: patch maps come after the last block: set it to last")
        if self.layers != "all" and self.layers > len(model.attending):
            raise ModelError(f"cam.layers={self.layers}: only {len(model.attending)} of this network's blocks attend")

    def _blocks(self, model: ClassAttentive) -> Sequence[str]:
        return model.attending if self.layers == "all" else model.attending[-self.layers :]
