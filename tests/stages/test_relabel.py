"""relabel: the network's answer, among what an image is known to show."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from toy_runs import Run

from wsss.engine.stage import Job, read_index
from wsss.labels import BACKGROUND, label_of
from wsss.run.launch import Here
from wsss.run.pipeline import make
from wsss.run.plan import Step
from wsss.stages.deciding import note
from wsss.stages.relabel import known_class_maps
from wsss.store.files import write_mask
from wsss.store.kinds import MASKS
from wsss.types import ScoreMaps, Size

SIZE = Size(height=1, width=2)
MAPS = ScoreMaps(
    labels=torch.arange(4),
    scores=torch.tensor([[[0.1, 0.2]], [[0.3, 0.2]], [[0.4, 0.0]], [[0.2, 0.6]]]),
    size=SIZE,
)


def test_probabilities_among_what_an_image_shows_are_divided_by_their_maximum():
    maps = known_class_maps(MAPS, classes=(2, 0))
    assert maps.labels.tolist() == [1, 3]
    # Given that the second class is out: 3 / 6 and 2 / 10 of the first, 2 / 6 and 6 / 10 of the third.
    assert torch.allclose(maps.scores, torch.tensor([[[1.0, 0.4]], [[5 / 9, 1.0]]]), atol=1e-4)


def test_an_image_without_a_class_has_no_maps():
    maps = known_class_maps(MAPS, classes=())
    assert maps.labels.tolist() == []
    assert maps.scores.shape == (0, 1, 2)


def test_a_network_that_is_sure_of_something_else_makes_no_nan():
    sure = ScoreMaps(labels=torch.arange(3), scores=torch.tensor([[[0.0, 0.0]], [[1.0, 1.0]], [[0.0, 0.0]]]), size=SIZE)
    assert torch.equal(known_class_maps(sure, classes=(1,)).scores, torch.zeros(1, 1, 2))


@pytest.fixture
def plan(toy_run: Run, tmp_path: Path) -> dict[str, Step]:
    return toy_run.copied(tmp_path).plan("stages=selftrain")


def test_masks_hold_the_images_own_classes_only(plan: dict[str, Step]):
    make(plan["relabel"], crew=Here())
    index = read_index(plan["index_data"].artifact)
    items = MASKS.items(plan["relabel"].artifact, index)
    for record in index.split("train"):
        found = items.read(record)
        assert set(np.unique(found)) <= {BACKGROUND, *map(label_of, record.classes)}


def test_annotated_masks_stay_what_they_are(toy_run: Run, tmp_path: Path):
    run, folder = toy_run.copied(tmp_path), tmp_path / "corrected"
    folder.mkdir()
    index = read_index(run.plan()["index_data"].artifact)
    record = index.split("train")[0]
    drawn = np.zeros((record.size.height, record.size.width), dtype=np.uint8)
    drawn[3:9, 2:7] = label_of(record.classes[0])
    write_mask(folder / f"{record.id}.png", drawn)
    plan = run.plan("stages=selftrain", f"masks.annotated='{folder}'")
    for name in ("make_masks", "train_segmenter", "relabel"):
        make(plan[name], crew=Here())
    assert np.array_equal(MASKS.items(plan["relabel"].artifact, index).read(record), drawn)
    manifest = plan["relabel"].artifact.manifest()
    assert manifest.oracle
    assert manifest.summary["notes"] == [note(1, images=manifest.summary["images"])]


def test_the_second_network_learns_from_them_and_is_the_one_that_predicts(plan: dict[str, Step]):
    assert plan["retrain_segmenter"].inputs["masks"] == plan["relabel"].artifact
    assert plan["predict_masks"].inputs["segmenter"] == plan["retrain_segmenter"].artifact
    assert plan["retrain_segmenter"].artifact != plan["train_segmenter"].artifact


def test_the_second_network_goes_on_from_the_first(plan: dict[str, Step]):
    step = plan["retrain_segmenter"]
    assert step.inputs["segmenter"] == plan["train_segmenter"].artifact
    stage: Any = step.stage
    job = Job(artifact=step.artifact, inputs=step.inputs)
    first, begun = job.network("segmenter").module.state_dict(), stage.module(job).network.state_dict()
    assert all(torch.equal(tensor, first[name]) for name, tensor in begun.items())
