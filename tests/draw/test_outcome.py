"""The outcome: which scores are those of maps, masks and network, by what was made of what."""

from pathlib import Path

import numpy as np
import pytest
from toy_runs import made

from wsss.draw.outcome import Mistake, Outcome, Result, outcome_of
from wsss.store.kinds import MASKS, NETWORK, RAW_MAPS, TABLE, Kind
from wsss.store.store import Artifact, Store

CLASSES = ("cat", "dog")


def pipeline(store: Store) -> list[Artifact]:
    """Masks, a network that learnt from them, others that nothing learnt from, and the network's own."""

    def artifact(stage: str, kind: Kind, *splits: str, **inputs: Artifact) -> Artifact:
        empty = store.artifact(stage, f"{len(list(store.root.glob('*'))):016x}")
        empty.path.mkdir(parents=True)
        return made(empty, kind, summary={"splits": splits}, **inputs)

    maps = artifact("extract_cams", RAW_MAPS, "train")
    masks = artifact("make_masks", MASKS, "train", maps=maps)
    network = artifact("train_segmenter", NETWORK, masks=masks)
    unused = artifact("extract_half", RAW_MAPS, "train")
    table = artifact("evaluate", TABLE, half=unused)
    aside = artifact("erode_masks", MASKS, "train", masks=masks)
    return [
        maps,
        unused,
        masks,
        network,
        aside,
        table,
        artifact("predict_masks", MASKS, "train", "val", segmenter=network),
    ]


SCORES = {
    "train_classifier": {"val": {"map": 0.9}},
    "extract_cams": {"train": {"miou": 0.3}},
    "extract_half": {"train": {"miou": 0.2}},
    "make_masks": {"train": {"miou": 0.5, "iou": {"background": 0.9, "cat": 0.5, "dog": None}}},
    "erode_masks": {"train": {"miou": 0.1}},
    "predict_masks": {"train": {"miou": 0.6}, "val": {"miou": 0.4}},
}


def test_results_are_found_by_what_was_made_of_what(tmp_path: Path):
    artifacts = pipeline(Store(root=tmp_path))
    counts = {"make_masks": {"train": [[1, 0], [0, 1]]}}
    found = outcome_of(artifacts, scores=SCORES, counts=counts, classes=CLASSES, images={"cat": 3})
    results = (found.raw, found.masks, found.trained, found.unseen)
    assert [(each.stage, each.split, each.miou) for each in results if each] == [
        ("extract_cams", "train", 0.3),
        ("make_masks", "train", 0.5),
        ("predict_masks", "train", 0.6),
        ("predict_masks", "val", 0.4),
    ]
    assert found.map == 0.9
    assert found.last is found.unseen
    assert found.masks is not None
    assert found.masks.classes == {"cat": 0.5}
    assert found.masks.counts is not None
    assert found.raw is not None
    assert found.raw.counts is None


def test_nothing_scored_is_no_result(tmp_path: Path):
    found = outcome_of(pipeline(Store(root=tmp_path)), scores={}, counts={}, classes=CLASSES, images={})
    assert (found.raw, found.masks, found.trained, found.unseen, found.map) == (None,) * 5
    assert outcome_of([], scores={}, counts={}, classes=CLASSES, images={}).last is None


@pytest.mark.parametrize("without", [RAW_MAPS, MASKS])
def test_a_pipeline_without_maps_or_without_masks_has_the_rest(tmp_path: Path, without: Kind):
    artifacts = [each for each in pipeline(Store(root=tmp_path)) if each.kind != without.name]
    found = outcome_of(artifacts, scores=SCORES, counts={}, classes=CLASSES, images={})
    assert (found.raw is None, found.masks is None) == (without is RAW_MAPS, without is MASKS)


def test_missed_pixels_by_what_they_were_taken_for():
    counts = np.array([[9, 1, 0], [6, 10, 4], [0, 0, 7]])
    result = Result(stage="s", split="val", scores={"miou": 0.5}, counts=counts)
    outcome = Outcome(classes=CLASSES, unseen=result)
    assert outcome.mistakes(result, of="cat") == [
        Mistake(name="cat", other="background", share=0.3),
        Mistake(name="cat", other="dog", share=0.2),
    ]
    assert outcome.mistakes(result, of="dog") == []
    assert outcome.mistakes(result, of="cow") == []
    assert outcome.mistakes(Result(stage="s", split="val", scores={"miou": 0.5}), of="cat") == []
