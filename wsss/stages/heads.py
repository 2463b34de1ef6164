"""Alternative heads for reading CAMs from a trained backbone."""

from abc import ABC, abstractmethod
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, ClassVar

from torch import nn

from wsss.configurable import Configurable
from wsss.engine.stage import Job
from wsss.models.classifier import ClassifierOptions
from wsss.protocols import CutClassifier
from wsss.store.kinds import Kind

MapNetwork = Any
"""What maps can be read from: a module that is a `CutClassifier`."""


@dataclass(frozen=True, kw_only=True)
class Heads(Configurable, ABC):
    """Make a network for CAM methods out of what the stages before have trained."""

    needs: ClassVar[Mapping[str, Kind]] = {}
    """What `open` reads beyond the index and the classifier, by role."""

    @abstractmethod
    def open(self, options: ClassifierOptions, job: Job) -> nn.Module:
        """Return the network, in eval mode on the CPU; a job's `classifier` is the stage that trained it."""

    @abstractmethod
    def outline(self, options: ClassifierOptions) -> CutClassifier:
        """Return a network that takes no memory: enough to see what can be done with it."""
