"""Runs by hand for comparisons: their masks and scores are known."""

from collections.abc import Mapping
from pathlib import Path

import numpy as np
import yaml
from toy_runs import drawn_index, drawn_masks, made

from wsss.apps.compare.sheets import Masks
from wsss.metrics.image_confusions import sparse_rows
from wsss.run.run_file import manifest_hash
from wsss.store.image_confusions import FILE, confusions_key, write_image_confusions
from wsss.store.kinds import TABLE
from wsss.store.store import Store
from wsss.store.texts import write_json

TRUTH = {"a": [[1, 1, 0]], "b": [[1, 0, 0]], "c": [[2, 2, 2]], "d": [[2, 0, 0]]}
MASKS = Masks("make_masks", "train")
CURVE = [0.25, None]
"""mIoU at the thresholds 0.1 and 0.2."""
PIPELINE = {"evaluate": {"_target_": "wsss.stages.evaluate.Evaluate"}}
"""What is asked of its stages."""


def by_hand(
    folder: Path,
    *,
    images: dict[str, float | None],
    miou: float,
    dog: float | None = 0.5,
    jitter: float = 0.0,
    random_seed: int = 0,
    matrices: Mapping[str, list[list[int]]] | None = None,
) -> Path:
    """The folder of a run that made masks of four images, with every image's own IoU and confusions."""
    store = Store(root=folder / "store")
    index = drawn_index(store, TRUTH)
    masks = drawn_masks(store, "make_masks", TRUTH)
    evaluation = store.artifact("evaluate", "2" * 16)
    evaluation.items.mkdir(parents=True)
    scores = {
        "train_classifier": {"val": {"map": 0.8}},
        "make_masks": {"train": {"miou": miou, "iou": {"background": 0.9, "cat": 0.4, "dog": dog}}},
    }
    write_json(evaluation.items / "scores.json", scores)
    write_json(evaluation.items / "images.json", {"make_masks": {"train": images}})
    rows = sparse_rows((np.array((matrices or {}).get(image, np.eye(3, dtype=int))) for image in images), labels=3)
    write_image_confusions(evaluation.items / FILE, {confusions_key(*MASKS): rows})
    write_json(evaluation.items / "curves.json", {"extract_cams": {"train": {"thresholds": [0.1, 0.2], "miou": CURVE}}})
    artifacts = (index, masks, made(evaluation, TABLE))
    stages = {artifact.stage: artifact.fingerprint for artifact in artifacts}
    makes = {artifact.stage: artifact.kind for artifact in artifacts}
    manifests = {artifact.stage: manifest_hash(artifact) for artifact in artifacts}
    config = {
        "name": folder.name,
        "random_seed": random_seed,
        "fit": {"classifier": {"colour_jitter": jitter, "epochs": 12}},
        "pipeline": PIPELINE,
    }
    record = {
        "format": 1,
        "store": str(store.root),
        "stages": stages,
        "makes": makes,
        "manifests": manifests,
        "config": config,
    }
    (folder / "run.yaml").write_text(yaml.safe_dump(record), encoding="utf-8")
    return folder


def two_runs(folder: Path) -> list[Path]:
    """Two that differ in one option; of the second's four images, one is better and one is worse."""
    return [
        by_hand(folder / "first", images={"a": 0.5, "b": 0.5, "c": None, "d": 0.25}, miou=0.3),
        by_hand(folder / "other", images={"a": 0.9, "b": 0.504, "c": 1.0, "d": 0.125}, miou=0.42, dog=0.25, jitter=0.3),
    ]


def without_masks(folder: Path, *, agreement: float) -> Path:
    """Take the scored masks out of a run by hand, and leave a score that needs none."""
    evaluation = Store(root=folder / "store").artifact("evaluate", "2" * 16)
    write_json(evaluation.items / "scores.json", {"predict_masks": {"train": {"agreement": agreement}}})
    write_json(evaluation.items / "images.json", {})
    made(evaluation, TABLE)
    record = yaml.safe_load((folder / "run.yaml").read_text(encoding="utf-8"))
    record["manifests"]["evaluate"] = manifest_hash(evaluation)
    (folder / "run.yaml").write_text(yaml.safe_dump(record), encoding="utf-8")
    return folder
