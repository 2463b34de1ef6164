"""A decoder on a frozen backbone, from images to answers: what is stored, and how it is opened again."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from safetensors.torch import save_file
from stored_networks import tensors_of
from toy_runs import Run, finished

from wsss.apps.export.graphs import exported
from wsss.apps.model import write_model
from wsss.apps.predict import Predictor
from wsss.engine.stage import Job
from wsss.errors import ModelError
from wsss.models.segmenters.frozen_backbone import FrozenBackbone
from wsss.run.foreseen import downloads_of
from wsss.run.record import read_record
from wsss.store.store import Store
from wsss.training import trainer as training

WEIGHTS = "segmenter.backbones.first.weights"
OVERRIDES = (
    *("segmenter=frozen_vit", "segmenter.backbones.first.backbone=vit_tiny_patch16_224"),
    *("segmenter.backbones.first.weights=none", "segmenter.width=16", "segmenter.heads=2", "segmenter.layers=1"),
    "fit@fit.segmenter=segmenter_adamw",
)


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> Run:
    folder = tmp_path_factory.mktemp("frozen")
    return finished(folder / "store", folder / "out", OVERRIDES)


def image() -> Any:
    return np.random.default_rng(0).integers(0, 256, size=(50, 37, 3), dtype=np.uint8)


def test_the_decoder_alone_is_stored(run: Run):
    tensors = tensors_of(read_record(run.out).artifact("train_segmenter"))
    assert sum(tensor.numel() for tensor in tensors.values()) < 100_000
    assert tensors["network.encoder.backbones.0.digest"].any()
    assert not any("patch_embed" in name for name in tensors)


def test_the_run_is_scored_and_asked_again_and_a_model_file_answers_the_same(run: Run, tmp_path: Path):
    assert "predict_masks" in run.printed
    write_model(run.out, tmp_path / "a.wsss")
    one, other = (Predictor.of(model, device="cpu")(image()) for model in (run.out, tmp_path / "a.wsss"))
    assert one.labels.shape == (50, 37)
    assert np.array_equal(one.labels, other.labels)
    assert np.array_equal(one.confidence, other.confidence)


def test_its_graph_answers_as_the_network(run: Run):
    made = exported(run.out, "segmenter")
    labels, confidence = made.graph(torch.from_numpy(image())[None])
    assert labels.shape == confidence.shape == (1, 50, 37)


def test_another_backbone_in_its_place_is_refused(run: Run, monkeypatch: pytest.MonkeyPatch):
    opened = FrozenBackbone.opened

    def other(self: FrozenBackbone) -> torch.nn.Module:
        net = opened(self)
        next(net.parameters()).data += 1
        return net

    monkeypatch.setattr(FrozenBackbone, "opened", other)
    with pytest.raises(ModelError, match="backbone vit_tiny_patch16_224, weights 'none': the weights that are there"):
        Predictor.of(run.out, device="cpu")


def test_a_file_of_weights_may_be_moved_and_nothing_is_trained_anew(tmp_path: Path):
    before, after = tmp_path / "a.safetensors", tmp_path / "b.safetensors"
    save_file(FrozenBackbone(backbone="vit_tiny_patch16_224", weights="none").opened().state_dict(), before)
    made = finished(tmp_path / "store", tmp_path / "out", (*OVERRIDES, f"{WEIGHTS}={before}"))
    wanted = Predictor.of(made.out, device="cpu")(image()).labels
    before.rename(after)
    with pytest.raises(ModelError, match="run the command of the run again with their new path"):
        Predictor.of(made.out, device="cpu")
    again = finished(tmp_path / "store", tmp_path / "out", (*OVERRIDES, f"{WEIGHTS}={after}"))
    assert "train_segmenter" not in again.printed
    write_model(made.out, tmp_path / "a.wsss")
    for model in (made.out, tmp_path / "a.wsss"):
        assert np.array_equal(Predictor.of(model, device="cpu")(image()).labels, wanted)


class Killed(Exception):  # noqa: N818 - it is what happens, not an error of ours
    pass


def test_a_killed_training_goes_on_to_the_same_weights(run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    overrides = (*OVERRIDES, "trainer.runtime.checkpoint_seconds=0", "limits.batch_size=2")
    step = run.plan(*overrides)["train_segmenter"]
    inputs = run.plan(*OVERRIDES)["train_segmenter"].inputs
    jobs = [
        Job(artifact=Store(root=tmp_path / name).artifact("train_segmenter", "0" * 16), inputs=inputs)
        for name in ("unbroken", "killed")
    ]
    step.stage.run(jobs[0])
    advance, moved = training.Bar.on_train_batch_end, []

    def dies(self: training.Bar, trainer: Any, *rest: Any) -> None:
        moved.append(trainer.global_step)
        if len(moved) == 3:
            raise Killed
        advance(self, trainer, *rest)

    monkeypatch.setattr(training.Bar, "on_train_batch_end", dies)
    with pytest.raises(Killed):
        step.stage.run(jobs[1])
    (checkpoint,) = jobs[1].artifact.checkpoints.glob("*.ckpt")
    state = torch.load(checkpoint, map_location="cpu", weights_only=False)["state_dict"]
    assert not any("patch_embed" in name for name in state)
    step.stage.run(jobs[1])
    unbroken, resumed = (tensors_of(job.artifact) for job in jobs)
    assert all(torch.equal(unbroken[name], resumed[name]) for name in unbroken)


def test_a_plan_names_what_a_run_downloads(run: Run):
    steps = run.plan(*OVERRIDES, "segmenter.backbones.first.weights=pretrained").values()
    assert [each.name for each in downloads_of(list(steps))] == ["vit_tiny_patch16_224"]
