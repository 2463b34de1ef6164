"""choose_representatives: what every class is told apart from, by what its images look like to the classifier."""

from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from toy_runs import Run, drawn_index, made

from wsss.data.images import read_image
from wsss.data.index import Record
from wsss.engine.stage import Job, read_index
from wsss.errors import ConfigError
from wsss.methods.representatives.choose import (
    CHOSEN,
    ChooseRepresentatives,
    read_representatives,
    shown,
    typical,
)
from wsss.methods.representatives.network import Representatives, candidates, choose
from wsss.run.plan import Step
from wsss.store.kinds import CHOICE
from wsss.store.store import Store
from wsss.store.texts import read_json, write_json
from wsss.types import Size


@pytest.fixture
def step(toy_run: Run) -> Step:
    return toy_run.plan("stages=representatives", "pipeline.choose_representatives.count=1")["choose_representatives"]


@pytest.fixture
def stage(step: Step) -> Any:
    return step.stage


@pytest.fixture
def job(step: Step, tmp_path: Path) -> Job:
    artifact = Store(root=tmp_path).artifact("choose_representatives", "0" * 16)
    return Job(artifact=artifact, inputs=step.inputs)


def record(name: str, *classes: int) -> Record:
    return Record(id=name, image=name, size=Size(height=2, width=3), classes=classes)


def test_a_class_is_described_by_images_of_nothing_else():
    records = [record("a", 0), record("b", 0, 1), record("c", 1, 2), record("d", 0), record("e")]
    assert [r.id for r in typical(records, cls=0)] == ["a", "d"]
    assert [r.id for r in typical(records, cls=1)] == ["b", "c"]
    assert typical(records, cls=3) == ()


def test_what_is_chosen_follows_from_the_mean_of_pooled_features(stage: ChooseRepresentatives, job: Job):
    stage = replace(stage, images=2)
    summary = stage.run(job)
    index, trained = job.index(), job.network("classifier")
    means = []
    for cls in range(len(index.classes)):
        records = typical(index.split("train"), cls=cls)[:2]
        seen = [trained.normalisation(stage.transform(read_image(index.image_path(r)))) for r in records]
        with torch.no_grad():
            pooled = [trained.module.until("last", image[None]).maps.mean(dim=(2, 3))[0] for image in seen]
        means.append(torch.stack(pooled).mean(dim=0).double().numpy())
    among = candidates(shown(index, split="train"))
    expected = choose(np.stack(means), among=among, count=1, random_seed=0)
    found = Representatives.named(read_representatives(made(job.artifact, CHOICE)), classes=index.classes)
    assert found == expected
    assert all(len(others) == 1 and cls not in others for cls, others in enumerate(found.of))
    assert summary == {"pairs": len(found.pairs)}


def test_it_is_the_same_again(stage: ChooseRepresentatives, job: Job):
    stage.run(job)
    before = (job.artifact.items / CHOSEN).read_bytes()
    stage.run(job)
    assert (job.artifact.items / CHOSEN).read_bytes() == before


def test_names_of_classes_are_written_and_read(tmp_path: Path):
    artifact = Store(root=tmp_path).artifact("choose_representatives", "0" * 16)
    artifact.items.mkdir(parents=True)
    write_json(artifact.items / CHOSEN, {"cat": ["cow"], "dog": ["cat"], "cow": ["dog"]})
    made(artifact, CHOICE)
    names = read_representatives(artifact)
    assert names == {"cat": ("cow",), "dog": ("cat",), "cow": ("dog",)}
    assert Representatives.named(names, classes=("cat", "dog", "cow")) == Representatives(of=((2,), (0,), (1,)))
    assert list(read_json(artifact.items / CHOSEN, dict)) == ["cat", "dog", "cow"]


def test_more_representatives_than_there_are_others_are_refused(stage: ChooseRepresentatives, tmp_path: Path):
    store = Store(root=tmp_path)
    stage.check()
    stage.check_index(read_index(drawn_index(store, {"a": [[1]], "b": [[2]]})))
    with pytest.raises(
        ConfigError, match=r"count: 2 .* 'cat' can be told apart from 1 other classes .*: use at most 1"
    ):
        replace(stage, count=2).check_index(read_index(drawn_index(store, {"a": [[1]], "b": [[2]]})))
    # A dog is never seen without a cat.
    with pytest.raises(ConfigError, match=r"'cat' can be told apart from 0 other classes by its images: add images"):
        stage.check_index(read_index(drawn_index(store, {"a": [[1]], "b": [[1, 2]]})))


@pytest.mark.parametrize("option", ["count", "images"])
def test_numbers_that_choose_nothing_are_refused(stage: ChooseRepresentatives, option: str):
    with pytest.raises(ConfigError, match="count and images must be at least 1"):
        replace(stage, **{option: 0}).check()
