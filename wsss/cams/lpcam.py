"""LPCAM (Chen and Sun, CVPR 2023): cells that look like parts of a class, and unlike its surroundings."""

from dataclasses import dataclass
from typing import ClassVar, final

import torch
from jaxtyping import Float
from torch import Tensor
from torch.nn import functional

from wsss.cams.base import CAMMethod
from wsss.errors import ModelError
from wsss.protocols import CutClassifier, Prototyped
from wsss.types import Images, RawMaps, Targets


@final
@dataclass(frozen=True, kw_only=True)
class LPCAM(CAMMethod):
    """mean_k cos(A, F_k) - mean_q cos(A, B_q), F_k prototypes of the class's parts and B_q of its surroundings.

    A classifier's weights favour the parts that tell a class from others; prototypes of all its parts, clusters of
    cells of many images, have the same say. They are found by stages=lpcam. A class without surroundings is not
    compared with any. The authors add the features of an image and its mirror image; here views add the maps.
    """

    differentiates: ClassVar[bool] = False

    def __call__(self, model: CutClassifier, images: Images, targets: Targets) -> RawMaps:
        """See `CAMMethod`."""
        assert isinstance(model, Prototyped), "check() comes first"
        with torch.no_grad():
            maps = model.until(self.block, images).maps.float()
            with torch.autocast(images.device.type, enabled=False):
                directions = functional.normalize(maps, dim=1)
                likeness = {cls: axis(*model.prototypes(cls)) for cls in set(targets.cls.tolist())}
                raw = maps.new_zeros(len(targets), *maps.shape[2:])
                for place, (image, cls) in enumerate(zip(targets.image.tolist(), targets.cls.tolist(), strict=True)):
                    raw[place] = torch.einsum("dyx,d->yx", directions[image], likeness[cls])
        return raw

    def check(self, model: CutClassifier) -> None:
        """Refuse a network without prototypes, and a block other than the last, of which they are."""
        super().check(model)
        if not isinstance(model, Prototyped):
            raise ModelError("LPCAM compares cells with prototypes: use stages=lpcam, or another cam")
        if self.block != model.blocks[-1]:
            raise ModelError(f"LPCAM's prototypes are of the last block: set cam.block=last, not {self.block}")


def axis(parts: Float[Tensor, "k d"], surroundings: Float[Tensor, "q d"]) -> Float[Tensor, " d"]:
    """Return the vector whose product with a direction is its mean cosine with the parts less the surroundings'.

    >>> axis(torch.tensor([[2.0, 0.0], [0.0, 1.0]]), torch.zeros(0, 2))
    tensor([0.5000, 0.5000])
    """
    along = functional.normalize(parts.float(), dim=1).sum(dim=0) / max(1, len(parts))
    return along - functional.normalize(surroundings.float(), dim=1).sum(dim=0) / max(1, len(surroundings))
