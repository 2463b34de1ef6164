"""Representative-class CAM (Meng et al., 2019, arXiv 1901.07683): a class against a few others, at several blocks."""

from dataclasses import dataclass, field, replace
from typing import Literal, assert_never

import torch
from jaxtyping import Float
from torch import Tensor

from wsss.cams.base import CAMMethod
from wsss.cams.fusion import Fusion, fused, peak_is_one
from wsss.cams.hirescam import HiResCAM
from wsss.errors import ModelError
from wsss.protocols import Binary, CutClassifier
from wsss.types import Images, RawMaps, Targets


@dataclass(frozen=True, kw_only=True)
class RepresentativeCAM(CAMMethod):
    """The mean of a class's maps against each of its representatives; at several blocks, brought to the finest.

    Reconstructed from the abstract: which maps are taken, their scaling and how they are fused are not confirmed. Each
    map loses its negative part and is divided by its maximum before it is merged with others, so what comes out is
    neither signed nor raw. Where each pair has a network of its own, a class costs a forward pass of each of them.
    """

    shallow: tuple[str, ...] = ()
    """Earlier blocks whose finer maps are fused with those after `block`."""
    method: CAMMethod = field(default_factory=HiResCAM)
    """How the maps of one classifier are made. On a GAP network's last block HiResCAM is CAM."""
    over: Literal["mean", "max"] = "mean"
    """How the maps against all representatives become one."""
    fusion: Fusion = "mean"
    """How the maps of all blocks become one."""

    def __call__(self, model: CutClassifier, images: Images, targets: Targets) -> RawMaps:
        """See `CAMMethod`."""
        blocks = (self.block, *self.shallow)
        return fused([self._at(block, model, images=images, targets=targets) for block in blocks], how=self.fusion)

    def check(self, model: CutClassifier) -> None:
        """Refuse a model that has no binary classifiers, and what the method of their maps refuses."""
        super().check(model)
        if not isinstance(model, Binary):
            raise ModelError("RepresentativeCAM asks binary classifiers: use stages=representatives, or another cam")
        for block in (self.block, *self.shallow):
            replace(self.method, block=block).check(model)

    def _at(self, block: str, model: CutClassifier, *, images: Images, targets: Targets) -> RawMaps:
        """Return the maps after one block, those against all representatives as one."""
        assert isinstance(model, Binary), "check() comes first"
        method = replace(self.method, block=block)
        if len(targets) == 0:
            return method(model, images, targets)
        asked = [model.binary(cls) for cls in targets.cls.tolist()]
        every = [(image, *pair) for image, own in zip(targets.image.tolist(), asked, strict=True) for pair in own]
        maps: dict[int, Tensor] = {}
        for network in {id(network): network for _, network, _ in every}.values():
            own = [position for position, (_, asked_for, _) in enumerate(every) if asked_for is network]
            wanted = sorted({every[position][0] for position in own})
            leads = Targets(
                image=targets.image.new_tensor([wanted.index(every[position][0]) for position in own]),
                cls=targets.cls.new_tensor([every[position][2] for position in own]),
            )
            maps |= zip(own, method(network, images[wanted], leads), strict=True)
        found = torch.stack([maps[position] for position in range(len(every))])
        return self._merged(found.reshape(len(targets), -1, *found.shape[1:]))

    def _merged(self, maps: Float[Tensor, "n r y x"]) -> RawMaps:
        match self.over:
            case "mean":
                return peak_is_one(maps).mean(dim=1)
            case "max":
                return peak_is_one(maps).amax(dim=1)
            case _:
                assert_never(self.over)
