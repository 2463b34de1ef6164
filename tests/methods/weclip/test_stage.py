"""WeCLIP as a run: one training from labels to a network, and no mask has a part in it."""

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import torch
from stored_networks import SMALL, tensors_of
from toy_runs import Run, finished, networks_of

from wsss.cams.gradcam import GradCAM
from wsss.engine.stage import Job, read_index
from wsss.errors import ConfigError, ModelError
from wsss.methods.affinity import IRNWalk
from wsss.models.base import PlannedNetwork, PlannedNetworks
from wsss.refine import PAR
from wsss.run.record import read_record

TOWER = "vit_xsmall_patch16_clip_224"
OVERRIDES = (
    *("stages=weclip", "online.network.width=16", "online.network.heads=2", "online.network.layers=1"),
    *(f"online.network.backbones.first.backbone={TOWER}", "online.network.backbones.first.weights=none"),
    *(f"prompted.backbone={TOWER}", "prompted.weights=none", "prompted.bank=images"),
    "online.refine.par.at=maps",
)


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> Run:
    folder = tmp_path_factory.mktemp("weclip")
    return finished(folder / "store", folder / "out", OVERRIDES)


def test_a_run_is_one_training_and_its_scores(run: Run):
    record = read_record(run.out)
    assert list(record.manifests) == [
        *("index_data", "prompt_network", "train_weclip", "predict_masks", "evaluate", "report"),
    ]
    scores = json.loads((run.out / "scores.json").read_text(encoding="utf-8"))
    assert 0 <= scores["predict_masks"]["val"]["miou"] <= 1
    tensors = tensors_of(record.artifact("train_weclip"))
    assert not any("tower" in name or "patch_embed" in name for name in tensors)


def test_masks_of_the_training_split_have_no_part_in_it(run: Run, tmp_path: Path):
    """They are deleted from the disk, and the training makes the same bytes."""
    copy = run.copied(tmp_path)
    step = copy.plan(*OVERRIDES)["train_weclip"]
    index = read_index(step.inputs["index"])
    before = (step.artifact.items / "weights.safetensors").read_bytes()
    masks = [index.mask_path(record) for record in index.split("train")]
    assert len(masks) == 8
    for path in masks:
        path.unlink()
    job = Job(artifact=replace(step.artifact, path=tmp_path / "again"), inputs=step.inputs)
    step.stage.run(job)
    assert (job.artifact.items / "weights.safetensors").read_bytes() == before


@pytest.fixture
def stage(run: Run) -> Any:
    return run.plan(*OVERRIDES)["train_weclip"].stage


@pytest.fixture
def read(run: Run) -> PlannedNetworks:
    return networks_of(run.plan(*OVERRIDES), "train_weclip")


def test_other_networks_and_cells_are_refused(stage: Any, read: PlannedNetworks):
    stage.check_inputs(read)
    with pytest.raises(ModelError, match="knows no words: let it be prompt_network"):
        stage.check_inputs(PlannedNetworks(prompted=PlannedNetwork(options=SMALL)))
    (first,) = stage.segmenter.backbones.values()
    other = replace(first, backbone="vit_small_patch14_dinov2")
    with pytest.raises(ModelError, match="the first has patches of 14 pixels, and the prompted network of 16"):
        replace(stage, segmenter=replace(stage.segmenter, backbones={"first": other})).check_inputs(read)
    other = replace(first, backbone="vit_tiny_patch16_224")
    with pytest.raises(ModelError, match="normalised in another way"):
        replace(stage, segmenter=replace(stage.segmenter, backbones={"first": other})).check_inputs(read)
    alone = replace(stage.fit, exchange_weight=0.1)
    with pytest.raises(ModelError, match="exchange_weight: a lone backbone has no other to learn from"):
        replace(stage, fit=alone).check_inputs(read)
    two = replace(stage.segmenter, backbones={"first": first, "second": first})
    replace(stage, fit=alone, segmenter=two).check_inputs(read)
    with pytest.raises(ModelError, match=r"blocks: 99 is not in 1 \.\. "):
        replace(stage, blocks=99).check_inputs(read)
    uneven = replace(stage.fit, transform=replace(stage.fit.transform, crop=60))
    with pytest.raises(ModelError, match="60 pixels are not whole patches of 16"):
        replace(stage, limits=replace(stage.limits, side=None), fit=uneven).check_inputs(read)
    with pytest.raises(ModelError, match="layers=99"):
        replace(stage, cam=replace(stage.cam, layers=99)).check_inputs(read)
    replace(stage, cam=replace(stage.cam, base=GradCAM())).check_inputs(read)


def test_refiners_that_leave_no_background_are_refused(stage: Any):
    stage.check()
    with pytest.raises(ConfigError, match="refine: no refiner adds a background"):
        replace(stage, refine={"par": PAR()}).check()
    with pytest.raises(ConfigError, match=r"refine\.walk: it reads what another stage made"):
        replace(stage, refine={**stage.refine, "walk": IRNWalk()}).check()


def test_the_teacher_is_the_prompted_network(run: Run):
    step = run.plan(*OVERRIDES)["train_weclip"]
    job = Job(artifact=step.artifact, inputs=step.inputs)
    module = step.stage.module(job)  # type: ignore[attr-defined]
    own = job.network("prompted").module.state_dict()
    teacher = module._labels.network.state_dict()
    assert all(torch.equal(teacher[key], own[key]) for key in own)
    assert module._labels.blocks == 6
