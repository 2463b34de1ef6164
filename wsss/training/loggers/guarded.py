"""Loggers that cannot abort training: the first error disables them."""

import logging
from argparse import Namespace
from collections.abc import Callable
from typing import Any

from pytorch_lightning.loggers import Logger
from pytorch_lightning.utilities import rank_zero_only

log = logging.getLogger(__name__)


def attempt(title: str, call: Callable[[], object]) -> bool:
    """Call, and return whether it went well; what it raises is logged as a warning, and forgotten."""
    try:
        call()
    except Exception as error:  # noqa: BLE001 - a logger's libraries raise whatever they like
        reason = str(error).strip().splitlines() or ["no reason given"]
        log.warning("%s failed and is left out from here on (%s: %s)", title, type(error).__name__, reason[0])
        return False
    return True


class Guarded(Logger):
    """Any Lightning logger, opened when a training starts, on its first process; it is left alone once it has failed.

    `make` gets the step that the training goes on from: what was logged at that step or later will be logged again.
    """

    def __init__(self, title: str, make: Callable[[int], Logger]) -> None:
        super().__init__()
        self._title, self._make = title, make
        self._logger: Logger | None = None
        self._step = 0
        self._works = True

    @property
    def name(self) -> str:
        """See Lightning."""
        return self._title

    @property
    def version(self) -> str:
        """See Lightning."""
        return ""

    @rank_zero_only
    def rewind(self, step: int) -> None:
        """Open the log of a training that goes on after `step` steps."""
        self._step = step
        self._try(lambda _: None)

    @rank_zero_only
    def log_metrics(self, metrics: dict[str, float], step: int | None = None) -> None:
        """See Lightning."""
        self._try(lambda logger: logger.log_metrics(metrics, step))

    @rank_zero_only
    def log_hyperparams(self, params: dict[str, Any] | Namespace, *args: Any, **kwargs: Any) -> None:
        """See Lightning."""
        self._try(lambda logger: logger.log_hyperparams(params, *args, **kwargs))

    @rank_zero_only
    def save(self) -> None:
        """See Lightning."""
        self._try(lambda logger: logger.save())

    @rank_zero_only
    def finalize(self, status: str) -> None:
        """See Lightning."""
        self._try(lambda logger: logger.finalize(status))

    def _try(self, call: Callable[[Logger], object]) -> None:
        self._works = self._works and attempt(self._title, lambda: call(self._opened()))

    def _opened(self) -> Logger:
        if self._logger is None:
            self._logger = self._make(self._step)
        return self._logger
