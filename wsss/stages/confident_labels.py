"""confident_labels: raw maps and the image in, a mask of what is certain out; AffinityNet and IRNet learn from it."""

from dataclasses import dataclass
from typing import ClassVar, final

import numpy as np
import torch
from numpy.typing import NDArray

from wsss.engine.batch import Batch, Compute
from wsss.engine.refining import Refining, opened
from wsss.engine.stage import Job
from wsss.errors import ConfigError
from wsss.masks import confident
from wsss.refine.base import Refiner
from wsss.store.kinds import MASKS, Kind


@final
@dataclass(frozen=True, kw_only=True)
class ConfidentLabels(Refining):
    """Refine every image's maps twice, and keep what both agree on; see `wsss.masks.confident`."""

    makes: ClassVar[Kind] = MASKS

    foreground: dict[str, Refiner]
    """With much background: what is still a class here is one."""
    background: dict[str, Refiner]
    """With little background: what is still background here is background."""

    def chains(self) -> dict[str, dict[str, Refiner]]:
        """See `Refining`."""
        return {"foreground": self.foreground, "background": self.background}

    def check(self) -> None:
        """Also refuse a foreground with less background than the background has: pixels would be both."""
        super().check()
        for name, strict in self.foreground.items():
            lenient = self.background.get(name)
            if type(strict) is not type(lenient) or lenient is None:
                continue
            much, little = strict.strictness, lenient.strictness
            if much is not None and little is not None and much < little:
                problem = f"it draws less background than background.{name} does"
                raise ConfigError([f"foreground.{name}: {problem}, so that pixels would be both: exchange the two"])

    def open(self, job: Job, device: torch.device) -> Compute:
        """Open every refiner."""
        strict, lenient = (opened(chain, job=job, device=device) for chain in self.chains().values())

        def labels(batch: Batch) -> list[NDArray[np.uint8]]:
            pairs = zip(strict(batch), lenient(batch), strict=True)
            return [confident(foreground=much, background=little) for much, little in pairs]

        return labels
