"""Training as a whole, on a network of 40 weights: an interruption leaves no trace, and a loss of nan stops."""

import time
from pathlib import Path
from typing import Any
from unittest.mock import patch

import pytest
import pytorch_lightning as pl
import torch
from pytorch_lightning.callbacks import Callback
from small_training import EPOCHS, STEPS, KillAt, Killed, Module, Noise, run
from tensorboard.backend.event_processing.event_accumulator import EventAccumulator
from torch.utils.data import DataLoader

from wsss.errors import DataError, WsssError
from wsss.training.length import Length
from wsss.training.loggers.guarded import Guarded
from wsss.training.loggers.history import HISTORY, HistoryRow, read_history
from wsss.training.loggers.options import CSVHistory, LoggerOptions, TensorBoard, history
from wsss.training.module import LOGGED_METRICS
from wsss.training.trainer import Bar, Devices, WholeCheckpoints, log_every, own_words, resume_from, trainer_for
from wsss.training.trainer_options import TrainerOptions, TrainerRuntime


@pytest.fixture(scope="module")
def unbroken(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("unbroken")
    module, metrics, trainer = run(folder)
    torch.save({"network": module.network.state_dict(), "metrics": metrics}, folder / "end.pt")
    assert trainer.global_step == EPOCHS * STEPS
    return folder


@pytest.mark.parametrize("killed_at", [STEPS + 2, 2 * STEPS + 1], ids=["in epoch 1", "in epoch 2"])
def test_killed_and_resumed_equals_unbroken_training_to_the_bit(unbroken: Path, tmp_path: Path, killed_at: int):
    with pytest.raises(Killed):
        run(tmp_path, KillAt(killed_at))
    kept = resume_from(tmp_path / "checkpoints")
    assert kept is not None
    assert kept.step == killed_at // STEPS * STEPS
    module, metrics, trainer = run(tmp_path)
    assert trainer.global_step == EPOCHS * STEPS
    end = torch.load(unbroken / "end.pt", weights_only=True)
    own = module.network.state_dict()
    assert own.keys() == end["network"].keys()
    assert all(torch.equal(own[name], tensor) for name, tensor in end["network"].items())
    assert metrics == end["metrics"]
    assert read_history(tmp_path / HISTORY) == read_history(unbroken / HISTORY)


def test_a_compiled_training_is_the_same_and_keeps_the_names_of_weights(unbroken: Path, tmp_path: Path):
    torch.manual_seed(5)  # as `run` does before it makes one
    module = Module()
    module.compiler = "eager"
    run(tmp_path, module=module)
    assert module.network in module._compiled
    end, own = torch.load(unbroken / "end.pt", weights_only=True)["network"], module.network.state_dict()
    assert own.keys() == end.keys()
    assert all(torch.equal(own[name], tensor) for name, tensor in end.items())


class Broken(LoggerOptions):
    """A history, and a logger that cannot even be opened."""

    def open(self, folder: Path) -> list[Guarded]:
        def make(step: int) -> Any:
            raise OSError(28, "No space left on device")

        return [history(folder), Guarded("broken", make)]


def test_a_logger_that_fails_changes_nothing(unbroken: Path, tmp_path: Path, caplog: pytest.LogCaptureFixture):
    module, metrics, trainer = run(tmp_path, logger=Broken())
    assert trainer.global_step == EPOCHS * STEPS
    end = torch.load(unbroken / "end.pt", weights_only=True)
    assert all(torch.equal(module.network.state_dict()[name], tensor) for name, tensor in end["network"].items())
    assert metrics == end["metrics"]
    assert read_history(tmp_path / HISTORY) == read_history(unbroken / HISTORY)
    assert sum("broken failed" in record.getMessage() for record in caplog.records) == 1


def test_tensorboard_shows_a_training_that_was_killed_once(unbroken: Path, tmp_path: Path):
    with pytest.raises(Killed):
        run(tmp_path, KillAt(STEPS + 2), logger=TensorBoard())
    run(tmp_path, logger=TensorBoard())
    expected = [row for row in read_history(unbroken / HISTORY) if row.name in ("train/loss", "val/map")]
    events = EventAccumulator(str(tmp_path / "logs" / "tensorboard"))
    late = time.monotonic() + 30
    while shown_by(events.Reload()) != sorted(expected) and time.monotonic() < late:
        time.sleep(0.1)  # a thread of TensorBoard's writes, and may be late
    assert shown_by(events) == sorted(expected)


def shown_by(events: EventAccumulator) -> list[HistoryRow]:
    tags = [tag for tag in events.Tags()["scalars"] if tag in ("train/loss", "val/map")]
    return sorted(HistoryRow(event.step, tag, event.value) for tag in tags for event in events.Scalars(tag))


def test_killed_before_the_first_epoch_s_end_it_begins_again(unbroken: Path, tmp_path: Path):
    with pytest.raises(Killed):
        run(tmp_path, KillAt(2))
    assert resume_from(tmp_path / "checkpoints") is None
    run(tmp_path)
    assert read_history(tmp_path / HISTORY) == read_history(unbroken / HISTORY)


def made(
    folder: Path, *, devices: Devices | None = None, length: Length | None = None, **options: Any
) -> dict[str, Any]:
    """What Lightning's Trainer is given for options, by the names of its arguments."""
    with patch.object(pl.Trainer, "__init__", return_value=None) as trainer:
        trainer_for(
            options=TrainerOptions(**options),
            devices=devices or Devices(),
            length=length or Length(epochs=EPOCHS),
            folder=folder / "checkpoints",
            logger=CSVHistory(),
            callbacks=[],
            validate=False,
        )
    (call,) = trainer.call_args_list
    given: dict[str, Any] = call.kwargs
    return given


def test_devices_and_strategy_are_handed_to_lightning(tmp_path: Path):
    asked = ("accelerator", "devices", "num_nodes", "strategy", "max_epochs", "limit_val_batches")
    plain = made(tmp_path)
    assert [plain[name] for name in asked] == ["cpu", 1, 1, "auto", EPOCHS, 0]
    devices = Devices(accelerator="gpu", each_machine=4, machines=3)
    whole, part = made(tmp_path), made(tmp_path, length=Length(epochs=3, steps=10, passes=2))
    assert (whole["accumulate_grad_batches"], part["max_epochs"], part["accumulate_grad_batches"]) == (1, 3, 2)
    many = made(tmp_path, devices=devices, runtime=TrainerRuntime(strategy="fsdp"))
    assert [many[name] for name in asked] == ["gpu", 4, 3, "fsdp", EPOCHS, 0]


@pytest.mark.parametrize("precision", ["32-true", "16-mixed", "bf16-mixed"])
def test_a_trainer_has_the_precision_that_was_asked_for(tmp_path: Path, precision: Any):
    assert made(tmp_path, precision=precision)["precision"] == precision


class Gradients(Callback):
    """Notes the norm of the gradient of every step, as the optimiser gets it."""

    def __init__(self) -> None:
        self.norms = list[float]()

    def on_before_zero_grad(self, trainer: pl.Trainer, module: pl.LightningModule, *_: Any) -> None:
        gradients = [parameter.grad.flatten() for parameter in module.parameters() if parameter.grad is not None]
        if gradients:
            self.norms.append(float(torch.cat(gradients).norm()))


def test_gradients_are_clipped_to_the_norm_that_was_asked_for(tmp_path: Path):
    free, clipped = Gradients(), Gradients()
    run(tmp_path / "free", free)
    run(tmp_path / "clipped", clipped, options=TrainerOptions(gradient_clip=0.05))
    assert min(free.norms) > 0.06
    assert clipped.norms == [pytest.approx(0.05, rel=1e-3)] * len(free.norms)


class Dtypes(Callback):
    """Notes in which type the layers compute."""

    def __init__(self) -> None:
        self.seen = set[torch.dtype]()

    def on_fit_start(self, trainer: pl.Trainer, module: Any) -> None:
        module.network[0].register_forward_hook(lambda _layer, _given, answer: self.seen.add(answer.dtype))


@pytest.mark.parametrize(("precision", "dtype"), [("32-true", torch.float32), ("bf16-mixed", torch.bfloat16)])
def test_layers_compute_in_the_precision_that_was_asked_for(tmp_path: Path, precision: Any, dtype: torch.dtype):
    dtypes = Dtypes()
    run(tmp_path, dtypes, options=TrainerOptions(precision=precision))
    assert dtypes.seen == {dtype}


def test_every_step_and_every_validation_is_in_the_history(unbroken: Path):
    rows = read_history(unbroken / HISTORY)
    assert [row.step for row in rows if row.name == "train/loss"] == list(range(EPOCHS * STEPS))
    assert [row.step for row in rows if row.name == "val/map"] == [STEPS * (epoch + 1) - 1 for epoch in range(EPOCHS)]
    assert {row.name for row in rows} == {"train/loss", "val/map"}


def test_metrics_that_are_no_number_are_left_out(unbroken: Path):
    metrics = torch.load(unbroken / "end.pt", weights_only=True)["metrics"]
    assert metrics.keys() == {"train/loss", "val/map"}


def test_one_checkpoint_is_kept(unbroken: Path):
    assert [path.name for path in (unbroken / "checkpoints").iterdir()] == ["last.ckpt"]


def test_a_loss_of_nan_says_where_and_keeps_the_last_epoch(tmp_path: Path):
    with pytest.raises(WsssError, match=r"the loss is nan at epoch 1, step 7, in .*: lower fit.*is kept"):
        run(tmp_path, module=Module(nan_at=STEPS + 2))
    kept = resume_from(tmp_path / "checkpoints")
    assert kept is not None
    checkpoint = torch.load(kept.path, weights_only=True)
    assert checkpoint["global_step"] == STEPS
    assert all(tensor.isfinite().all() for tensor in checkpoint["state_dict"].values())


def test_a_loss_of_nan_in_the_first_epoch_leaves_nothing(tmp_path: Path):
    with pytest.raises(WsssError, match=r"the loss is nan at epoch 0, step 2, in .*; no epoch was finished$"):
        run(tmp_path, module=Module(nan_at=1))
    assert resume_from(tmp_path / "checkpoints") is None


class Spoil(Callback):
    """Makes the gradients of one step infinite, and with them the weights."""

    def __init__(self, step: int) -> None:
        self.step = step

    def on_after_backward(self, trainer: pl.Trainer, module: pl.LightningModule) -> None:
        if trainer.global_step == self.step:
            for parameter in module.parameters():
                parameter.grad = torch.full_like(parameter, torch.inf)


def test_weights_that_are_no_numbers_do_not_take_the_place_of_a_good_checkpoint(tmp_path: Path):
    with pytest.raises(
        WsssError, match=r"weights are not numbers any more at epoch 1, step 8, in .*the last good state is"
    ):
        run(tmp_path, Spoil(2 * STEPS - 1))
    kept = resume_from(tmp_path / "checkpoints")
    assert kept is not None
    assert kept.step == STEPS
    state = torch.load(kept.path, weights_only=True)["state_dict"]
    assert all(tensor.isfinite().all() for tensor in state.values())


@pytest.mark.parametrize("workers", [0, 1])
def test_what_a_loader_process_says_comes_without_its_traceback(workers: int):
    class Damaged(Noise):
        def __getitem__(self, asked: Any) -> Any:
            raise DataError("a.png is damaged (cut: off): copy it again")

    with pytest.raises(DataError) as caught:
        list(DataLoader(Damaged(), num_workers=workers))
    assert own_words(caught.value) == "a.png is damaged (cut: off): copy it again"
    assert ("Traceback" in str(caught.value)) == bool(workers)


def test_the_bar_moves_by_the_step_with_the_loss_beside_it(tmp_path: Path):
    seen: list[tuple[int, str]] = []
    run(tmp_path, Bar(lambda count, *, note: seen.append((count, note))))
    assert len(seen) == EPOCHS * STEPS
    assert {count for count, _ in seen} == {1}
    assert all(note.startswith(("loss 0.", "loss 1.")) for _, note in seen)


def test_no_folder_has_no_checkpoint(tmp_path: Path):
    assert resume_from(tmp_path / "nowhere") is None


def test_a_torn_checkpoint_is_said_and_the_training_starts_again(
    unbroken: Path, tmp_path: Path, caplog: pytest.LogCaptureFixture
):
    with pytest.raises(Killed):
        run(tmp_path, KillAt(STEPS + 1))
    path = tmp_path / "checkpoints" / "last.ckpt"
    path.write_bytes(path.read_bytes()[:1000])
    with caplog.at_level("WARNING", logger="wsss"):
        run(tmp_path)
    assert "last.ckpt is torn: the training starts again" in caplog.text
    assert read_history(tmp_path / HISTORY) == read_history(unbroken / HISTORY)


def test_a_kill_in_the_middle_of_a_write_leaves_the_epoch_before(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    path = tmp_path / "last.ckpt"
    WholeCheckpoints().save_checkpoint({"global_step": 3, LOGGED_METRICS: {}}, path)
    monkeypatch.setattr("pathlib.Path.replace", lambda *_: (_ for _ in ()).throw(Killed()))
    with pytest.raises(Killed):
        WholeCheckpoints().save_checkpoint({"global_step": 6}, path)
    kept = resume_from(tmp_path)
    assert kept is not None
    assert kept.step == 3
    assert [file.name for file in tmp_path.iterdir()] == ["last.ckpt"]


class KillAtTheEnd(Callback):
    def on_fit_end(self, *_: Any) -> None:
        raise Killed


def test_killed_after_the_last_epoch_nothing_is_trained_again_and_no_metric_is_lost(unbroken: Path, tmp_path: Path):
    with pytest.raises(Killed):
        run(tmp_path, KillAtTheEnd())
    seen: list[str] = []
    module, metrics, _ = run(tmp_path, Bar(lambda _, *, note: seen.append(note)))
    end = torch.load(unbroken / "end.pt", weights_only=True)
    assert seen == []
    assert metrics == end["metrics"]
    assert all(torch.equal(module.network.state_dict()[name], tensor) for name, tensor in end["network"].items())


class Interrupt(Callback):
    def on_train_batch_end(self, *_: Any) -> None:
        raise KeyboardInterrupt


def test_ctrl_c_stops_in_order(tmp_path: Path, capsys: pytest.CaptureFixture[str]):
    with pytest.raises(KeyboardInterrupt):
        run(tmp_path, Interrupt())
    assert capsys.readouterr().out == ""


class Validated(Callback):
    """Notes the epochs after which there was a validation."""

    def __init__(self) -> None:
        self.epochs: list[int] = []

    def on_validation_end(self, trainer: pl.Trainer, *_: Any) -> None:
        self.epochs.append(trainer.current_epoch)


@pytest.mark.parametrize(("every", "expected"), [(1, [0, 1, 2, 3, 4]), (2, [0, 2, 4]), (3, [1, 4]), (9, [4])])
def test_validation_may_be_left_out_after_all_epochs_but_some_and_the_last(
    tmp_path: Path, every: int, expected: list[int]
):
    seen = Validated()
    module, _, _ = run(tmp_path, seen, options=TrainerOptions(validate_every=every), length=Length(epochs=5))
    assert seen.epochs == expected
    kept = resume_from(tmp_path / "checkpoints")
    assert kept is not None
    assert kept.step == 5 * STEPS
    usual, _, _ = run(tmp_path / "usual", length=Length(epochs=5))
    assert all(map(torch.equal, module.network.parameters(), usual.network.parameters()))


def test_a_training_that_is_killed_where_nothing_is_validated_goes_on(tmp_path: Path):
    options = TrainerOptions(validate_every=3)
    with pytest.raises(Killed):
        run(tmp_path, KillAt(2 * STEPS + 1), options=options, length=Length(epochs=5))
    kept = resume_from(tmp_path / "checkpoints")
    assert kept is not None
    assert kept.step == 2 * STEPS
    seen = Validated()
    run(tmp_path, seen, options=options, length=Length(epochs=5))
    assert seen.epochs == [4]


@pytest.mark.parametrize(
    ("accelerator", "each", "asked", "every"),
    [("cpu", 100, None, 1), ("gpu", 100, None, 50), ("gpu", 7, None, 7), ("gpu", 100, 3, 3), ("cpu", 100, 3, 3)],
)
def test_a_gpu_is_asked_for_its_loss_less_often(accelerator: Any, each: int, asked: int | None, every: int):
    options = TrainerOptions(runtime=TrainerRuntime(log_every=asked))
    assert log_every(options, Devices(accelerator=accelerator), Length(epochs=1, each=each)) == every
