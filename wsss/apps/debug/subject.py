"""Read what is debugged: a finished run's data, its classifier, and the masks that it made."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import final

import numpy as np
import torch
from jaxtyping import Bool, Float, UInt8
from torch import Tensor

from wsss.apps.debug.network import DebugNetwork, at
from wsss.apps.explain.explainer import Explainer
from wsss.apps.explain.methods import fitting
from wsss.apps.model.answering import extraction
from wsss.data.index import Index, Record
from wsss.engine.stage import Device
from wsss.errors import ModelError, StoreError
from wsss.labels import label_of
from wsss.run.record import RunRecord, read_record
from wsss.stages.evaluate import Evaluate
from wsss.stages.extract_cams import ExtractCams
from wsss.store.items import Items
from wsss.store.kinds import MASKS, RAW_MAPS, TABLE
from wsss.store.store import Artifact
from wsss.store.verify import refuse_changed

ON_OBJECT = 0.3
"""Score from which a map counts as the object, where there is no mask."""

Labels = UInt8[np.ndarray, "h w"]


@final
@dataclass(frozen=True, kw_only=True, eq=False)
class Subject:
    """A data set with the network that learnt from it."""

    index: Index
    network: DebugNetwork
    train: str
    val: str
    masks: Mapping[str, tuple[Artifact, Items]] = field(default_factory=dict)
    """The last masks that the run made, by split."""
    record: RunRecord | None = None
    classifier: str = ""
    """The run's stage that trained the network which maps are read from."""

    @classmethod
    def of(cls, run: Path, *, store: Path | None = None, device: Device = "auto", side: int) -> "Subject":
        """Open a finished run.

        Raises `StoreError` for anything else, and where its maps are not finished; `ModelError` for a run whose classes
        are words and not learnt.
        """
        record = read_record(run, store=store)
        if RAW_MAPS.name not in record.makes.values():
            raise StoreError(
                f"{run}: no classifier is asked for maps in this run, and debugging looks at one that is: see what its "
                f"segmentation network looks at with `wsss explain IMAGE --model {run} --network segmenter`, and its "
                "labels with `wsss data audit`, or debug a run with extract_cams"
            )
        explainer = Explainer.of(record, device=device, side=side)
        if explainer.subjects is not None:
            raise ModelError(
                f"{run}: its classes are words that compete with each other, and debugging asks a trained classifier, "
                "which judges each class by itself: look at its maps with `wsss explain`, or debug one that trains"
            )
        name = extraction(record)
        stage, job = record.stage(name, ExtractCams), record.job(name)
        index = job.index()
        ((method, network),) = fitting({"run": stage.cam}, explainer.networks).methods.values()
        train, val = _splits(record, index)
        return cls(
            index=index,
            network=DebugNetwork(
                classifier=explainer.classifier,
                maps=network,
                cam=method,
                normalisation=explainer.normalisation,
                device=explainer.device,
                side=side,
            ),
            train=train,
            val=val,
            masks=_masks(record, index),
            record=record,
            classifier=job.inputs["classifier"].stage,
        )

    @property
    def classes(self) -> tuple[str, ...]:
        """Names of the classes, by their indices."""
        return self.index.classes

    def evaluation(self) -> Artifact | None:
        """Return the scores of the run; None where it was not evaluated."""
        if self.record is None:
            return None
        try:
            return self.record.artifact(self.record.last(TABLE, by=Evaluate))
        except StoreError:  # stopped before its end
            return None

    def truth(self, record: Record) -> Labels | None:
        """Return an image's true mask, None where it has none."""
        return self.index.truth(record)

    def own(self, record: Record, *, split: str) -> Labels | None:
        """Return the mask that the run made of an image of a split, None where it made none.

        Raises `StoreError` for a mask that is not as it was made.
        """
        if split not in self.masks:
            return None
        artifact, items = self.masks[split]
        refuse_changed(artifact, items.file(record))
        mask: Labels = items.read(record)
        return mask

    def objects(
        self, record: Record, *, split: str, cls: int, heat: Float[Tensor, "y x"]
    ) -> dict[str, Bool[Tensor, "y x"]]:
        """Return where a class's object is at the size of its map: by the `run`, and by the `truth` if it has a mask.

        The run's mask, or where that has no pixel of the class, its map.
        """
        height, width = heat.shape

        def pixels(labels: Labels | None) -> Bool[Tensor, "y x"] | None:
            if labels is None:
                return None
            region = torch.from_numpy(at(labels, height=height, width=width) == label_of(cls))
            return region if region.any() else None

        own, truth = pixels(self.own(record, split=split)), pixels(self.truth(record))
        found = {"run": heat > ON_OBJECT if own is None else own}
        return found if truth is None else {**found, "truth": truth}


def _splits(record: RunRecord, index: Index) -> tuple[str, str]:
    """Return the names of the splits that were learnt from and judged on."""
    said = record.config.get("splits")
    said = said if isinstance(said, dict) else {}
    names = list(index.splits)
    train = said.get("train") if said.get("train") in names else names[0]
    val = said.get("val") if said.get("val") in names else names[-1]
    return str(train), str(val)


def _masks(record: RunRecord, index: Index) -> dict[str, tuple[Artifact, Items]]:
    found: dict[str, tuple[Artifact, Items]] = {}
    for name in record.stages:
        if record.makes.get(name) == MASKS.name and name in record.manifests:
            artifact = record.artifact(name)
            items = MASKS.items(artifact, index)
            found |= dict.fromkeys(artifact.summary["splits"], (artifact, items))
    return found
