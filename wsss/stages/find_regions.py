"""find_regions: one image in, its class-agnostic regions out."""

from dataclasses import dataclass
from typing import ClassVar, final

import numpy as np
import torch

from wsss.data.index import Index
from wsss.engine.batch import Batch, Compute
from wsss.engine.map import Map
from wsss.engine.stage import Job
from wsss.errors import ConfigError
from wsss.regions import RegionFinder
from wsss.regions.base import Layers
from wsss.store.kinds import REGIONS, Kind


@final
@dataclass(frozen=True, kw_only=True)
class FindRegions(Map):
    """Keep the regions of several finders, one after another; their names in the config are for people."""

    makes: ClassVar[Kind] = REGIONS
    needs_images: ClassVar[bool] = True
    items_stand_alone: ClassVar[bool] = True

    regions: dict[str, RegionFinder]

    @property
    def processes(self) -> bool:
        """Spread over processes of the CPU, unless there is a GPU for a finder that works there."""
        gains = any(finder.on_device for finder in self.regions.values())
        return not (gains and self.runtime.torch_device().type != "cpu")

    def check(self) -> None:
        """Also refuse finders that cannot work here, and none at all."""
        super().check()
        if not self.regions:
            raise ConfigError(["regions: name at least one way of finding them, as regions=superpixels does"])
        for finder in self.regions.values():
            finder.check()

    def check_index(self, index: Index) -> None:
        """Also refuse finders that have nothing on some images."""
        super().check_index(index)
        ids = [record.id for record in index.union(self.splits)]
        for finder in self.regions.values():
            finder.check_images(ids)

    def open(self, job: Job, device: torch.device) -> Compute:
        """Open every finder."""
        finders = [finder.open(device) for finder in self.regions.values()]

        def found(batch: Batch) -> list[Layers]:
            pairs = zip(batch.records, batch.images, strict=True)
            return [np.concatenate([find(record.id, image) for find in finders]) for record, image in pairs]

        return found
