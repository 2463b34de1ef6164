"""What a training answers is handed over by image, whatever the order of batches; a torn epoch leaves nothing."""

from math import nan
from typing import Any, NamedTuple

import numpy as np
import pytest
import torch
from torch import Tensor

from wsss.training.kept_logits import KeptLogits


class Batch(NamedTuple):
    item: Tensor


class Trainer(NamedTuple):
    current_epoch: int = 3
    is_global_zero: bool = True


def test_logits_go_to_their_images():
    written: list[tuple[int, dict[str, Any]]] = []
    kept = KeptLogits(lambda epoch, **found: written.append((epoch, found)), images={"train": 4, "val": 2}, classes=1)
    trainer: Any = Trainer()
    module: Any = None
    lost = torch.tensor([[9.0]])
    kept.on_train_batch_end(trainer, module, {"logits": lost}, Batch(torch.tensor([1])), 0)
    kept.on_train_epoch_start(trainer, module)  # the epoch above was not finished
    kept.on_train_batch_end(trainer, module, {"logits": torch.tensor([[3.0], [0.5]])}, Batch(torch.tensor([3, 0])), 0)
    kept.on_train_batch_end(trainer, module, {"logits": torch.tensor([[2.0]])}, Batch(torch.tensor([2])), 1)
    kept.on_validation_batch_end(trainer, module, torch.tensor([[-1.0], [7.0]]), Batch(torch.tensor([0, 1])), 0)
    kept.on_train_epoch_end(trainer, module)
    ((epoch, found),) = written
    assert epoch == 3
    np.testing.assert_array_equal(found["train"], np.array([[0.5], [np.nan], [2.0], [3.0]], dtype=np.float16))
    np.testing.assert_array_equal(found["val"], np.array([[-1.0], [7.0]], dtype=np.float16))
    kept.on_train_epoch_end(Trainer(is_global_zero=False), module)  # type: ignore[arg-type]
    assert len(written) == 1


def test_an_epoch_that_goes_on_has_seen_what_it_saw_before():
    written: list[dict[str, Any]] = []
    first, later, other = (
        KeptLogits(lambda _, **found: written.append(found), images={"train": 3, "val": 1}, classes=1) for _ in range(3)
    )
    trainer: Any = Trainer()
    module: Any = None
    checkpoint: dict[str, Any] = {}
    first.on_train_batch_end(trainer, module, {"logits": torch.tensor([[3.0]])}, Batch(torch.tensor([2])), 0)
    first.on_save_checkpoint(trainer, module, checkpoint)
    later.on_load_checkpoint(trainer, module, checkpoint)
    other.on_load_checkpoint(Trainer(is_global_zero=False), module, checkpoint)
    for kept in (later, other):
        kept.on_train_batch_end(trainer, module, {"logits": torch.tensor([[0.5]])}, Batch(torch.tensor([0])), 1)
        kept.on_train_epoch_end(trainer, module)
    assert [found["train"].ravel().tolist()[::2] for found in written] == [
        [0.5, 3.0],
        [0.5, pytest.approx(nan, nan_ok=True)],
    ]
    later.on_save_checkpoint(trainer, module, checkpoint)
    assert checkpoint["logits"] == []
