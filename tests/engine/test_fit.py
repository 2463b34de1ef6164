"""Fit: what a training leaves, and one that was killed and goes on."""

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import torch
from stored_networks import tensors_of
from toy_runs import Run, contents, made

from wsss.engine.stage import Job, read_index
from wsss.errors import ConfigError
from wsss.store.kinds import NETWORK
from wsss.store.networks import load, read_record
from wsss.store.store import Store
from wsss.training import classifier, trainer as training
from wsss.training.loggers.history import HISTORY, read_history
from wsss.training.trainer_options import TrainerOptions


@pytest.mark.parametrize("random_seed", [-1, 2**32])
def test_seeds_that_generators_do_not_take_are_refused(toy_run: Run, random_seed: int):
    stage: Any = toy_run.plan()["train_classifier"].stage
    with pytest.raises(ConfigError, match=f"random_seed: {random_seed} is not in 0"):
        replace(stage, random_seed=random_seed).check()


def test_a_training_leaves_its_weights_and_what_it_takes_to_open_them(toy_run: Run):
    step = toy_run.plan()["train_classifier"]
    assert sorted(path.name for path in step.artifact.items.iterdir()) == [
        "logits",
        "network.json",
        "weights.safetensors",
    ]
    stage: Any = step.stage
    record = read_record(step.artifact)
    assert record.options == stage.classifier
    assert record.normalisation == stage.classifier.normalisation
    assert record.classes == read_index(step.inputs["index"]).classes
    assert record.weights == {"last": ("weights.safetensors",)}
    assert list(step.artifact.checkpoints.iterdir()) == []


class Asked(Exception):  # noqa: N818 - not an error: the training need not begin
    pass


def test_what_a_step_asks_of_the_network_is_compiled_where_that_is_wanted(
    toy_run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    step = toy_run.plan("trainer.compile=eager", "logger=none")["train_classifier"]
    seen: list[Any] = []

    def note(_: Any, module: Any, **__: Any) -> None:
        seen.append(module.compiler)
        raise Asked

    monkeypatch.setattr("wsss.training.fit", note)
    with pytest.raises(Asked):
        step.stage.run(Job(artifact=Store(root=tmp_path).artifact("train_classifier", "0" * 16), inputs=step.inputs))
    assert seen == ["eager"]
    stage: Any = step.stage
    with pytest.raises(ConfigError, match=r"trainer\.compile: torch knows no compiler 'turbo'"):
        replace(stage, trainer=TrainerOptions(compile="turbo")).check()


@pytest.mark.parametrize(
    ("gpus", "environment", "expected"),
    [
        (0, {}, ("cpu", 1, 1)),
        (4, {}, ("gpu", 1, 1)),
        (4, {"WORLD_SIZE": "8", "RANK": "5", "LOCAL_RANK": "1", "LOCAL_WORLD_SIZE": "4"}, ("gpu", 4, 2)),
        (0, {"WORLD_SIZE": "6", "RANK": "0", "LOCAL_RANK": "0", "LOCAL_WORLD_SIZE": "2"}, ("cpu", 2, 3)),
    ],
)
def test_a_training_runs_on_the_devices_of_its_workers(
    gpus: int,
    environment: dict[str, str],
    expected: tuple[str, int, int],
    toy_run: Run,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
):
    step = toy_run.plan("runtime.device=auto", "trainer=mixed", "trainer.gradient_clip=3", "logger=none")[
        "train_classifier"
    ]
    given: dict[str, Any] = {}

    def note(**options: Any) -> None:
        given.update(options)
        raise Asked

    for name, value in environment.items():
        monkeypatch.setenv(name, value)
    monkeypatch.setattr("torch.cuda.device_count", lambda: gpus)
    monkeypatch.setattr("wsss.training.trainer_for", note)
    artifact = Store(root=tmp_path).artifact("train_classifier", "0" * 16)
    with pytest.raises(Asked):
        step.stage.run(Job(artifact=artifact, inputs=step.inputs))
    stage: Any = step.stage
    assert stage.runtime.device == "auto"
    assert (given["devices"].accelerator, given["devices"].each_machine, given["devices"].machines) == expected
    assert given["options"] is stage.trainer
    assert (given["options"].precision, given["options"].gradient_clip) == ("bf16-mixed", 3)
    assert given["logger"] is stage.runtime.logger
    assert given["length"].epochs == stage.fit.epochs
    assert given["folder"] == artifact.checkpoints


@pytest.mark.parametrize("name", ["train_classifier", "train_segmenter"])
def test_the_bytes_of_a_batch_are_known_before_there_is_one(toy_run: Run, name: str):
    step = toy_run.plan()[name]
    stage: Any = step.stage
    data = stage.data(Job(artifact=step.artifact, inputs=step.inputs))
    sample = data._train[0, 0]
    pixels = [tensor for tensor in sample if tensor.ndim >= 2]
    assert stage.fit.batch_bytes == stage.fit.batch_size * sum(tensor.nbytes for tensor in pixels)


def test_a_batch_for_which_loaders_have_no_room_is_refused_with_the_index(
    toy_run: Run, monkeypatch: pytest.MonkeyPatch
):
    step = toy_run.plan()["train_classifier"]
    stage: Any = step.stage
    index = read_index(step.inputs["index"])
    asked = []
    monkeypatch.setattr("wsss.engine.fit.check_shared_memory", lambda batch, **words: asked.append((batch, words)))
    stage.check_index(index)
    # 4 images of 64 x 64 pixels, a byte a colour; 8 images are two steps.
    assert asked == [(4 * 3 * 64 * 64, {"workers": 1, "steps": 2})]


def test_steps_and_passes_reach_the_trainer_and_the_loader(
    toy_run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    step = toy_run.plan()["train_classifier"]
    whole: Any = step.stage
    stage = replace(whole, fit=replace(whole.fit, steps=3, accumulate=2), limits=type(whole.limits)())
    given: dict[str, Any] = {}

    def note(**options: Any) -> None:
        given.update(options)
        raise Asked

    monkeypatch.setattr("wsss.training.trainer_for", note)
    job = Job(artifact=Store(root=tmp_path).artifact("train_classifier", "0" * 16), inputs=step.inputs)
    with pytest.raises(Asked):
        stage.run(job)
    assert (given["length"].epochs, given["length"].steps, given["length"].passes) == (2, 3, 2)
    assert stage.data(job)._passes == 2


class Killed(Exception):  # noqa: N818 - it is what happens, not an error of ours
    pass


@pytest.mark.parametrize(("seconds", "killed_at"), [(300, 3), (0, 4)], ids=["after an epoch", "within an epoch"])
def test_a_killed_stage_goes_on_and_leaves_no_trace(
    seconds: int, killed_at: int, toy_run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    step = toy_run.plan("limits.epochs=3", f"trainer.runtime.checkpoint_seconds={seconds}")["train_classifier"]
    jobs = [
        Job(artifact=Store(root=tmp_path / name).artifact("train_classifier", "0" * 16), inputs=step.inputs)
        for name in ("unbroken", "killed")
    ]
    whole = step.stage.run(jobs[0])
    advance, moved = training.Bar.on_train_batch_end, []

    def dies(self: training.Bar, trainer: Any, *rest: Any) -> None:
        moved.append(trainer.global_step)
        if len(moved) == killed_at:  # of 2 steps an epoch
            raise Killed
        advance(self, trainer, *rest)

    monkeypatch.setattr(training.Bar, "on_train_batch_end", dies)
    with pytest.raises(Killed):
        step.stage.run(jobs[1])
    assert list(contents(jobs[1].artifact.items)) == ["logits/00000.npz"]  # of the epoch that was finished
    assert step.stage.run(jobs[1]) == whole
    assert moved == [*range(1, killed_at + 1), *range(killed_at, 7)]
    unbroken, resumed = (tensors_of(job.artifact) for job in jobs)
    assert all(torch.equal(unbroken[name], resumed[name]) for name in unbroken)
    logits = [contents(job.artifact.items / "logits") for job in jobs]
    assert logits[0] == logits[1]
    assert len(logits[0]) == 3
    histories = [read_history(job.artifact.path / HISTORY) for job in jobs]
    assert histories[0] == histories[1]
    assert len(histories[0]) == 3 * 2 + 3


def test_the_best_epochs_weights_are_given_to_readers(toy_run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    """Of three epochs whose mAP is 0.2, 0.7 and 0.5 the second, also where the training was killed in the third."""
    step = toy_run.plan("limits.epochs=3", "fit.classifier.keep=best")["train_classifier"]
    monkeypatch.setattr(classifier, "mean_average_precision", lambda *_: scores.pop(0))
    job = Job(artifact=Store(root=tmp_path).artifact("train_classifier", "0" * 16), inputs=step.inputs)
    scores, epochs = [0.2, 0.7, 0.5], list[dict[str, torch.Tensor]]()
    end, deaths = classifier.MultiLabelModule.on_validation_epoch_end, [Killed]

    def noted(self: Any) -> None:
        end(self)
        epochs.append({name: tensor.clone() for name, tensor in self.network.state_dict().items()})

    advance = training.Bar.on_train_batch_end

    def dies(self: training.Bar, trainer: Any, *rest: Any) -> None:
        advance(self, trainer, *rest)
        if trainer.global_step == 5 and deaths:
            raise deaths.pop()

    monkeypatch.setattr(classifier.MultiLabelModule, "on_validation_epoch_end", noted)
    monkeypatch.setattr(training.Bar, "on_train_batch_end", dies)
    with pytest.raises(Killed):
        step.stage.run(job)
    assert scores == [0.5]
    summary = step.stage.run(job)
    assert summary["metrics"]["val/map"] == pytest.approx(0.7)
    made(job.artifact, NETWORK)
    assert read_record(job.artifact).weights.keys() == {*step.stage.planned_network(job.networks()).weights}
    for name, epoch in (("best", 1), ("last", 2), (None, 1)):
        state = load(job.artifact, weights=name).module.state_dict()
        assert all(torch.equal(tensor, epochs[epoch][key]) for key, tensor in state.items()), name
    assert list(job.artifact.checkpoints.iterdir()) == []


def test_a_summary_counts_the_images_that_were_looked_at(toy_run: Run):
    for name in ("train_classifier", "train_segmenter"):
        step = toy_run.plan()[name]
        summary = step.artifact.summary
        assert summary["images"] == summary["steps"] * step.stage.fit.batch_size > summary["steps"]
