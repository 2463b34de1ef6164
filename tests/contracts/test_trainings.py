"""What every training serves: images of the split that it is told, through its own transforms, by its own seed."""

import shutil
from typing import Any

import pytest
from members import concrete
from stored_networks import stored
from toy_runs import Run, made as complete, networks_of

from wsss.engine.fit import Fit
from wsss.engine.stage import Job
from wsss.methods.representatives.choose import CHOSEN
from wsss.run.plan import Step
from wsss.store.store import Artifact
from wsss.store.texts import write_json

WECLIP = (
    *("stages=weclip", "online.network.backbones.first.backbone=vit_xsmall_patch16_clip_224"),
    *("online.network.backbones.first.weights=none", "prompted.backbone=vit_xsmall_patch16_clip_224"),
    *("prompted.weights=none", "prompted.bank=images"),
)
ADDED = {
    "train_classifier": (),
    "train_segmenter": (),
    "train_recam": ("stages=recam",),
    "train_irn": ("stages=irn", "refine=irn"),
    "train_affinity": ("stages=psa", "refine=psa"),
    "train_representatives": ("stages=representatives", "pipeline.choose_representatives.count=1"),
    "retrain_segmenter": ("stages=selftrain",),
    "train_amn": ("stages=amn",),
    "train_weclip": WECLIP,
    "train_classifier of MCTformer+": (
        *("stages=mctformer", "cam=mctformer", "classifier.backbone=vit_tiny_patch16_224"),
        *("classifier.output_stride=16", "segmenter.encoder_weights=none"),
    ),
    "train_classifier of ToCo": (
        *("stages=toco", "classifier.backbone=vit_tiny_patch16_224", "segmenter.encoder_weights=none"),
        "classifier.output_stride=16",
        *("fit.toco.crop_side=32", "fit.toco.view_side=32", "fit.toco.crop_count=2", "fit.toco.scales=[1.0]"),
    ),
}
"""Trainings, with the overrides that add them to the pipeline."""


@pytest.fixture(scope="module")
def copy(toy_run: Run, tmp_path_factory: pytest.TempPathFactory) -> Run:
    return toy_run.copied(tmp_path_factory.mktemp("trainings"))


def prepared(name: str, run: Run, *overrides: str) -> Step:
    """The step of a training; what it reads is there, made by a run or by hand."""
    plan, made = run.plan(*ADDED[name], *overrides), run.plan()
    name = name.split(maxsplit=1)[0]
    for artifact in plan[name].inputs.values():
        if artifact.stage in made and not artifact.path.exists():
            shutil.copytree(made[artifact.stage].artifact.items, artifact.items)
            complete(artifact, plan[artifact.stage].stage.makes)
        elif isinstance(plan[artifact.stage].stage, Fit) and not artifact.items.exists():
            options = plan[artifact.stage].stage.planned_network(networks_of(plan, artifact.stage)).options  # type: ignore[attr-defined]
            stored(options, artifact, classes=4)
        elif artifact.stage == "choose_representatives":
            choose(artifact, plan[name].inputs["index"])
    return plan[name]


def choose(artifact: Artifact, index: Artifact) -> None:
    """Write for every class another that it is told apart from."""
    classes = Job(artifact=artifact, inputs={"index": index}).index().classes
    artifact.items.mkdir(parents=True, exist_ok=True)
    write_json(artifact.items / CHOSEN, dict(zip(classes, ([name] for name in reversed(classes)), strict=True)))


@pytest.mark.parametrize(("train", "val"), [("train", "val"), ("val", "train")])
@pytest.mark.parametrize("name", ADDED)
def test_a_training_serves_its_splits_through_its_transforms(name: str, train: str, val: str, copy: Run) -> None:
    step = prepared(name, copy, f"splits.train={train}", f"splits.val={val}", "random_seed=7", "limits.batch_size=2")
    stage: Any = step.stage
    job = Job(artifact=step.artifact, inputs=step.inputs)
    served: Any = stage.data(job)
    assert (stage.train_split, stage.val_split) == (train, val)
    learnt = getattr(served._train, "masked", served._train)
    assert (served._batch_size, served._random_seed, learnt.random_seed) == (2, 7, 7)
    assert learnt.transform == stage.fit.transform
    assert list(learnt.records) == list(job.index().split(train))
    if validated := getattr(stage.fit, "validation", None):
        assert served._val.transform == validated
        assert list(served._val.records) == list(job.index().split(val))
    else:
        assert served._val is None


def test_every_training_is_here(copy: Run) -> None:
    here = {type(copy.plan(*overrides)[name.split(maxsplit=1)[0]].stage).__name__ for name, overrides in ADDED.items()}
    one_for_each_pair = {"TrainOwnRepresentatives"}  # it draws from both sides of a pair: tests/methods has it
    assert here | one_for_each_pair == concrete(Fit).keys()
