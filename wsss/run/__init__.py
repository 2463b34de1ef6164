"""Runs: planned, made stage by stage, recorded. The package can be called: `wsss.run("experiment=toy")`."""

import sys
from collections.abc import Sequence
from pathlib import Path
from types import ModuleType
from typing import TYPE_CHECKING

import lazy_loader

if TYPE_CHECKING:
    from wsss.run.in_process import FinishedRun

__getattr__, __dir__, __all__ = lazy_loader.attach_stub(__name__, __file__)


class CallablePackage(ModuleType):
    """This package; a function of its name would be replaced by it wherever one of its modules is imported."""

    def __call__(self, overrides: str | Sequence[str] = (), *, config_dir: str | Path | None = None) -> "FinishedRun":
        """Run the pipeline in this process: see `wsss.run.in_process.run_in_process`."""
        finished: FinishedRun = self.run_in_process(overrides, config_dir=config_dir)
        return finished


sys.modules[__name__].__class__ = CallablePackage
