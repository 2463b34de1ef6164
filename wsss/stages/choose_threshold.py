"""choose_threshold: one background threshold for all images, from the images and their maps alone."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, ClassVar, Final

import numpy as np
from jaxtyping import Float

from wsss.data.index import Index, Record
from wsss.engine.log import logger
from wsss.engine.progress import bar
from wsss.engine.stage import Job, Reduce
from wsss.engine.threads import in_threads
from wsss.errors import DataError
from wsss.metrics.separation import THRESHOLDS, separation
from wsss.refine.auto import CHOSEN
from wsss.store.kinds import CHOICE, INDEX, RAW_MAPS, Kind
from wsss.store.texts import write_json

BAND: Final = 0.8
"""What share of the best evidence the thresholds of the band have at least."""


@dataclass(frozen=True, kw_only=True)
class ChooseThreshold(Reduce):
    """Choose the threshold that separates the images best in the mean; see `wsss.metrics.separation`. Reads no mask.

    Its `band` holds the lowest and the highest threshold that are nearly as good: below the one little foreground is
    left out, above the other little background is taken in.
    """

    version: ClassVar[int] = 2
    makes: ClassVar[Kind] = CHOICE
    roles: ClassVar[Mapping[str, Kind]] = {"index": INDEX, "maps": RAW_MAPS}

    splits: tuple[str, ...] = ("train",)

    def check_index(self, index: Index) -> None:
        """Refuse a split that is not there."""
        index.union(self.splits)

    def run(self, job: Job) -> dict[str, Any]:
        """Write the threshold, the band, and the evidence for every threshold that was tried."""
        index = job.index()
        records = [record for record in index.union(self.splits) if record.classes]
        if not records:
            raise DataError("no image has a label, so nothing tells foreground from background: give images labels")
        total = np.zeros(len(THRESHOLDS))
        with bar(job.artifact.stage, total=len(records), unit="images") as advance:
            for evidence in self._evidence(records, job=job, index=index):
                total += evidence
                advance()
        if not total.any():
            problem = "maps or images are the same everywhere, so no threshold separates anything"
            remedy = "look at the classifier's mAP, or run without stages=threshold (and band), with refine=background"
            raise DataError(f"{job.inputs['maps'].items}: {problem}: {remedy}")
        best = int(total.argmax())
        low, high = band(total)
        chosen = {"threshold": THRESHOLDS[best], "band": [THRESHOLDS[low], THRESHOLDS[high]]}
        curve = {"thresholds": THRESHOLDS, "evidence": (total / len(records)).tolist()}
        job.artifact.items.mkdir(parents=True, exist_ok=True)
        write_json(job.artifact.items / CHOSEN, {**chosen, **curve})
        logger.info("chose threshold %s, band %s", chosen["threshold"], chosen["band"])
        return {**chosen, "evidence": curve["evidence"][best], "splits": list(self.splits)}

    def _evidence(self, records: Sequence[Record], *, job: Job, index: Index) -> Iterator[Float[np.ndarray, " t"]]:
        items = RAW_MAPS.items(job.inputs["maps"], index)

        def of(record: Record) -> Float[np.ndarray, " t"]:
            image = index.pixels(record)
            return separation(image, items.read(record).scores.amax(dim=0).numpy())

        return in_threads(of, records)


def band(evidence: Float[np.ndarray, " t"]) -> tuple[int, int]:
    """Return the first and the last position around the best one where the evidence is at least `BAND` of it."""
    enough = evidence >= BAND * evidence.max()
    best = int(evidence.argmax())
    low, high = best, best
    while low > 0 and enough[low - 1]:
        low -= 1
    while high < len(evidence) - 1 and enough[high + 1]:
        high += 1
    return low, high
