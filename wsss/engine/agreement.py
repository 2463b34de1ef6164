"""Agreement of a network's masks with those that it learnt from: what tells good images from bad without any truth."""

from collections.abc import Sequence

from wsss.data.index import Index, Record
from wsss.draw.outcome import learnt_from
from wsss.engine.threads import in_threads
from wsss.labels import label_count
from wsss.metrics.confusion import confusion, image_miou
from wsss.store.kinds import MASKS
from wsss.store.store import Artifact

Agreements = dict[str, dict[str, dict[str, float | None]]]
"""A number an image, by stage and split."""


def agreements(artifacts: Sequence[Artifact], *, index: Index) -> Agreements:
    """Return every image's mIoU of the network's mask against the mask that the network learnt from.

    None where both hold nothing but background. Images that were not learnt from are not in it.
    """
    predicted, learnt = learnt_from(artifacts)
    if predicted is None or learnt is None:
        return {}
    count = label_count(index.classes)
    theirs, own = MASKS.items(learnt, index), MASKS.items(predicted, index)

    def agreement(record: Record) -> tuple[str, float | None]:
        return record.id, image_miou(confusion(theirs.read(record), own.read(record), labels=count))

    shared = [split for split in predicted.summary["splits"] if split in learnt.summary["splits"]]
    by_split = {split: dict(in_threads(agreement, index.split(split))) for split in shared}
    return {predicted.stage: by_split} if shared else {}
