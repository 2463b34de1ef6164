"""Keep what a classifier answers while it is trained: wrong labels are learnt late, and forgotten."""

from collections.abc import Callable, Mapping
from typing import Any, Final, final

import numpy as np
from jaxtyping import Float16
from pytorch_lightning.callbacks import Callback
from torch import Tensor

from wsss.training.module import gathered

SEEN: Final = "logits"
"""Where a checkpoint holds what its epoch has seen."""

Seen = list[tuple[Tensor, Tensor]]
"""Positions of images in their split, and their logits, batch by batch."""


@final
class KeptLogits(Callback):
    """Hands over the logits of every epoch before its checkpoint is written, so that what is resumed is not missing.

    Training images are seen as they are augmented, validation images as they are. What an epoch leaves out, since its
    batches are whole ones, is nan. An epoch that is trained again after an interruption gives the same again. Nothing
    is kept of a module whose steps return no `logits`. Of an epoch that is not validated, validation images are nan.
    """

    def __init__(self, write: Callable[..., None], *, images: Mapping[str, int], classes: int) -> None:
        """Take what is called with the epoch and, as `train` and `val`, arrays `[n c]` in the splits' order."""
        self._write, self._images, self._classes = write, images, classes
        self._seen: dict[str, Seen] = {split: [] for split in images}

    def on_save_checkpoint(self, _: Any, __: Any, checkpoint: dict[str, Any]) -> None:
        """Also keep what this epoch has seen until now, of all processes: it may go on from here."""
        seen = [(items.cpu(), logits.cpu()) for items, logits in self._seen["train"]]
        checkpoint[SEEN] = gathered(seen)

    def on_load_checkpoint(self, trainer: Any, _: Any, checkpoint: dict[str, Any]) -> None:
        """See `on_save_checkpoint`; the first process goes on with what all have seen."""
        self._seen["train"] = [*checkpoint[SEEN]] if trainer.is_global_zero else []

    def on_train_epoch_start(self, *_: Any) -> None:
        """Begin with nothing: an epoch that was not finished leaves something."""
        for seen in self._seen.values():
            seen.clear()

    def on_train_batch_end(self, _: Any, __: Any, outputs: Any, batch: Any, *___: Any) -> None:
        """Keep the logits under which a step was made."""
        if "logits" in outputs:
            self._seen["train"].append((batch.item, outputs["logits"].half()))

    def on_validation_batch_end(self, _: Any, __: Any, outputs: Any, batch: Any, *___: Any) -> None:
        """Keep the logits of a batch."""
        if outputs is not None:
            self._seen["val"].append((batch.item, outputs.half()))

    def on_train_epoch_end(self, trainer: Any, _: Any) -> None:
        """Bring the processes' shares together and hand them over; checkpoints are written after this."""
        known = any(self._seen.values())
        found = {split: self._gathered(split) for split in self._seen}
        if trainer.is_global_zero and known:
            self._write(trainer.current_epoch, **found)
        self.on_train_epoch_start()

    def _gathered(self, split: str) -> Float16[np.ndarray, "n c"]:
        own = [(items.cpu().numpy(), logits.cpu().numpy()) for items, logits in self._seen[split]]
        found = np.full((self._images[split], self._classes), np.nan, dtype=np.float16)
        for items, logits in gathered(own):
            found[items] = logits
        return found
