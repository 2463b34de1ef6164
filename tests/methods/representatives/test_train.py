"""train_representatives: binary classifiers on one backbone, or a network for each, and maps read from them."""

from dataclasses import replace
from pathlib import Path
from typing import Any, Literal

import pytest
import torch
from stored_networks import SMALL, tensors_of
from toy_runs import Run, limited, made, networks_of

from wsss.data.index import Record
from wsss.engine.stage import Job
from wsss.errors import ModelError
from wsss.methods.representatives.choose import CHOSEN
from wsss.methods.representatives.network import BinaryOptions
from wsss.methods.representatives.train import (
    TrainOwnRepresentatives,
    TrainRepresentatives,
    keep_pair,
    pair_file,
    sides,
)
from wsss.protocols import Classifies, CutClassifier, LinearHead
from wsss.run.plan import Step
from wsss.store.files import read_scores
from wsss.store.kinds import CHOICE, NETWORK
from wsss.store.networks import RECORD, WEIGHTS
from wsss.store.store import Artifact, Store
from wsss.store.texts import write_json
from wsss.training import trainer as training
from wsss.types import Size

PAIRS = ((0, 1), (2, 3))
OWN = (
    "stages=representatives_own",
    *("fit.representatives.batch_size=2", "fit.representatives.images=4"),
    limited("train_representatives", epochs=2, batch_size=2),
)


def plan(toy_run: Run, *overrides: str) -> dict[str, Step]:
    return toy_run.plan(*(overrides or ("stages=representatives",)))


@pytest.fixture
def chosen(toy_run: Run, tmp_path: Path) -> Artifact:
    """Class 0 against 1, and 2 against 3."""
    artifact = Store(root=tmp_path).artifact("choose_representatives", "0" * 16)
    artifact.items.mkdir(parents=True)
    names = plan(toy_run)["choose_representatives"].inputs["index"]
    classes = Job(artifact=artifact, inputs={"index": names}).index().classes
    write_json(artifact.items / CHOSEN, {classes[c]: [classes[c ^ 1]] for c in range(4)})
    return made(artifact, CHOICE)


def job_of(step: Step, chosen: Artifact, folder: Path) -> Job:
    artifact = Store(root=folder).artifact("train_representatives", "1" * 16)
    return Job(artifact=artifact, inputs={**step.inputs, "representatives": chosen})


def record(name: str, *classes: int) -> Record:
    return Record(id=name, image=name, size=Size(height=2, width=3), classes=classes)


def test_the_sides_of_a_pair_have_no_image_in_common():
    records = (record("a", 0), record("b", 0, 1), record("c", 1, 2), record("d", 0, 2), record("e", 2))
    first, second = sides(records, (0, 1))
    assert [r.id for r in first] == ["a", "d"]
    assert [r.id for r in second] == ["c"]


def test_shared_heads_stand_on_the_trained_backbone(toy_run: Run, chosen: Artifact, tmp_path: Path):
    step = plan(toy_run)["train_representatives"]
    stage: Any = step.stage
    job = job_of(step, chosen, tmp_path / "here")
    assert isinstance(stage, TrainRepresentatives)
    summary = stage.run(job)
    assert sorted(path.name for path in job.artifact.items.iterdir()) == [RECORD, WEIGHTS]
    state = tensors_of(job.artifact)
    backbone = job.network("classifier").module.backbone.state_dict()
    assert all(torch.equal(state[f"networks.0.backbone.{name}"], tensor) for name, tensor in backbone.items())
    head = state["networks.0.head.weight"]
    assert head.shape[0] == 2 * len(PAIRS)
    assert torch.equal(head[::2], -head[1::2]), "the leads of a pair are each other's negative"
    assert head.shape == stage.module(job).network.head.weight.shape
    assert summary["steps"] == 2  # 8 images in batches of 4
    assert 0 < summary["metrics"]["train/loss"] < 5


class Killed(Exception):  # noqa: N818 - it is what happens, not an error of ours
    pass


def test_a_network_for_each_pair_and_a_kill_in_the_second(
    toy_run: Run, chosen: Artifact, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    step = plan(toy_run, *OWN)["train_representatives"]
    stage: Any = step.stage
    assert isinstance(stage, TrainOwnRepresentatives)
    unbroken, killed = (job_of(step, chosen, tmp_path / name) for name in ("unbroken", "killed"))
    assert stage.epochs(unbroken) == 4
    whole = stage.run(unbroken)
    advance, moved = training.Bar.on_train_batch_end, []

    def dies(self: training.Bar, trainer: Any, *rest: Any) -> None:
        moved.append(trainer.global_step)
        if len(moved) == 8:  # of 2 steps an epoch and 2 epochs a pair: the last of all
            raise Killed
        advance(self, trainer, *rest)

    monkeypatch.setattr(training.Bar, "on_train_batch_end", dies)
    with pytest.raises(Killed):
        stage.run(killed)
    assert [path.name for path in killed.artifact.items.iterdir()] == [pair_file(PAIRS[0])]
    assert stage.run(killed) == whole
    assert moved == [*range(1, 9), 7, 8]
    files = sorted(pair_file(pair) for pair in PAIRS)
    networks = []
    for name in files:
        first, second = (tensors_of(job.artifact, name) for job in (unbroken, killed))
        assert all(torch.equal(first[key], second[key]) for key in first), name
        networks.append(first)
    assert sorted(path.name for path in killed.artifact.items.iterdir()) == [*files, RECORD]
    assert not any(killed.artifact.checkpoints.iterdir())
    assert networks[0]["networks.0.head.weight"].shape[0] == 2
    assert not torch.equal(networks[0]["networks.0.head.weight"], networks[1]["networks.1.head.weight"])

    maps = plan(toy_run, *OWN)["extract_cams"]
    assert_reads(maps, made(killed.artifact, NETWORK), tmp_path / "maps")


def test_maps_are_read_from_shared_heads(toy_run: Run, chosen: Artifact, tmp_path: Path):
    steps = plan(toy_run)
    job = job_of(steps["train_representatives"], chosen, tmp_path / "here")
    steps["train_representatives"].stage.run(job)
    assert_reads(steps["extract_cams"], made(job.artifact, NETWORK), tmp_path / "maps")


def assert_reads(step: Step, trained: Artifact, folder: Path) -> None:
    """Every image has maps of its own classes, and they are not empty."""
    stage: Any = step.stage
    stage.check()
    artifact = Store(root=folder).artifact("extract_cams", "2" * 16)
    job = Job(artifact=artifact, inputs={**step.inputs, "classifier": trained})
    stage.run(job)
    peaks = []
    for each in job.index().split("train"):
        maps = read_scores(artifact.items / f"{each.id}.npz")
        assert maps.classes == each.classes
        peaks += maps.scores.amax(dim=(1, 2)).tolist()
    assert peaks
    assert max(peaks) > 0.99


@pytest.mark.parametrize("networks", ["shared", "own"])
def test_a_class_is_asked_for_its_leads(networks: Literal["shared", "own"]):
    classes = ("a", "b", "c", "d")
    # a and b against each other, c and d against a: pairs (a, b), (a, c), (a, d).
    names = {"a": ("b",), "b": ("a",), "c": ("a",), "d": ("a",)}
    options = BinaryOptions(classifier=SMALL, representatives=names, networks=networks)
    found = options.skeleton(classes)
    assert len(found.networks) == (1 if networks == "shared" else 3)
    weight = torch.cat([network.head_weight for network in found.networks])
    for cls, row in enumerate((0, 1, 3, 5)):
        ((network, logit),) = found.binary(cls)
        assert torch.equal(network.head_weight[logit], weight[row])


def test_a_network_is_kept_with_the_lead_of_each_class_over_the_other(tmp_path: Path):
    artifact = Store(root=tmp_path).artifact("train_representatives", "0" * 16)
    network = SMALL.skeleton(("a", "b"))
    first, second = network.head_weight.detach()
    keep_pair(artifact, 1, network, pairs=PAIRS)
    state = tensors_of(artifact, pair_file(PAIRS[1]))
    assert torch.equal(state["networks.1.head.weight"], torch.stack([first - second, second - first]))
    assert state.keys() == {f"networks.1.{name}" for name in network.state_dict()}


def test_another_method_than_its_own_can_ask_them_and_its_own_asks_nothing_else(toy_run: Run):
    steps = plan(toy_run)
    stage: Any = steps["extract_cams"].stage
    read = networks_of(steps, "extract_cams")
    stage.check_inputs(read)
    with pytest.raises(ModelError, match="RepresentativeCAM asks binary classifiers"):
        stage.check_inputs(networks_of(steps, "train_representatives"))
    other: Any = plan(toy_run, "stages=representatives", "cam=gradcam")["extract_cams"].stage
    other.check_inputs(read)
    outline = read["classifier"].options.outline()
    assert isinstance(outline, CutClassifier)
    assert not isinstance(outline, Classifies | LinearHead), "its logits do not say what an image shows"


def test_blocks_that_are_not_there_are_refused(toy_run: Run):
    steps = plan(toy_run, *OWN)
    stage: Any = steps["train_representatives"].stage
    read = networks_of(steps, "train_representatives")
    stage.check_inputs(read)
    with pytest.raises(ModelError, match="no 'block77'"):
        replace(stage, fit=replace(stage.fit, frozen_until="block77")).check_inputs(read)


def test_frozen_blocks_of_own_networks_keep_the_classifier_s_weights(toy_run: Run, chosen: Artifact, tmp_path: Path):
    step = plan(toy_run, *OWN)["train_representatives"]
    stage: Any = step.stage
    job = job_of(step, chosen, tmp_path / "here")
    module = replace(stage, fit=replace(stage.fit, frozen_until="block1")).module(job)
    assert not all(p.requires_grad for p in module.network.backbone_parameters())
    assert all(p.requires_grad for p in stage.module(job).network.parameters())
