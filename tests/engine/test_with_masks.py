from collections.abc import Sequence
from pathlib import Path

import pytest

from wsss.data.index import Index, Record
from wsss.engine.with_masks import with_masks
from wsss.types import Size


def index_of(*masks: str | None) -> Index:
    records = [
        Record(id=str(place), image=f"{place}.png", size=Size(height=2, width=3), classes=(0,), mask=mask)
        for place, mask in enumerate(masks)
    ]
    return Index.of(records, classes=("cat",), splits={"train": tuple(record.id for record in records)}, root=Path())


@pytest.mark.parametrize(
    ("masks", "ids", "said"),
    [
        (("a.png", "b.png"), ["0", "1"], []),
        ((None, "b.png"), ["1"], ["make_masks on train is scored on 1 of 2 images: the others have no true mask."]),
        ((None, None), [], ["make_masks on train cannot be scored: none of its 2 images has a true mask."]),
    ],
)
def test_images_without_a_true_mask_are_left_out_and_counted(
    masks: Sequence[str | None], ids: list[str], said: list[str]
):
    notes: list[str] = []
    known = with_masks(index_of(*masks), split="train", stage="make_masks", notes=notes)
    assert [record.id for record in known] == ids
    assert notes == said
