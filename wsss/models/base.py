"""NetworkOptions: how a kind of network is built, as a config spells it and a trained network's record keeps it."""

from abc import ABC, abstractmethod
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from torch import nn

from wsss.configurable import Configurable
from wsss.errors import ConfigError
from wsss.models.normalisation import Normalisation
from wsss.models.weights.downloads import Download

LAST: Final = "last"
"""The name of the weights that a training ends with."""


@dataclass(frozen=True, kw_only=True)
class NetworkOptions(Configurable, ABC):
    """Options of one kind of network. What they build satisfies the protocols of `wsss.protocols` that fit it.

    They are stored beside trained weights, so that whoever finds these can build the network again.
    """

    @abstractmethod
    def build(self, classes: tuple[str, ...]) -> nn.Module:
        """Return a network for these classes with its first weights.

        Raises a `ModelError` where the weights cannot be had or do not fit.
        """

    @abstractmethod
    def skeleton(self, classes: tuple[str, ...]) -> nn.Module:
        """Return the network without weights, for stored ones to fill."""

    @abstractmethod
    def outline(self) -> nn.Module:
        """Return a network for looking at, of one class or label; it takes no memory where that is possible.

        It may be made once for all that ask: leave it as it is.
        """

    @property
    @abstractmethod
    def normalisation(self) -> Normalisation:
        """How pixels must be normalised for the first weights."""

    @abstractmethod
    def check(self) -> None:
        """Refuse with a `ModelError` what cannot be built, and weights that cannot be had."""

    def complete(self, network: nn.Module) -> None:
        """Fill what is not among the stored weights of a network; raises a `ModelError` where it cannot be had."""
        del network

    def files(self) -> dict[str, Path]:
        """Return the files that `complete` reads, by names of their own."""
        return {}

    def with_files(self, files: Mapping[str, Path]) -> "NetworkOptions":
        """Return the options with such files where they lie today; names that they do not have count for nothing."""
        del files
        return self

    def downloads(self) -> tuple[Download, ...]:
        """Return the weights that are downloaded when the network is built, unless a cache has them; asks no server."""
        return ()


@dataclass(frozen=True, kw_only=True)
class Network:
    """A trained network in eval mode, with what it takes to ask it and to know what it answers."""

    module: nn.Module
    classes: tuple[str, ...]
    normalisation: Normalisation
    options: NetworkOptions


@dataclass(frozen=True, kw_only=True)
class PlannedNetwork:
    """What is known of a network before it is trained: how it is built, and the names of the weights it will have."""

    options: NetworkOptions
    weights: tuple[str, ...] = (LAST,)


class PlannedNetworks(dict[str, PlannedNetwork]):
    """The networks that a stage reads, by role; raises `ConfigError` for a role whose stage makes none."""

    def __missing__(self, role: str) -> PlannedNetwork:
        """See the class."""
        raise ConfigError([f"reads.{role}: this stage makes no network; let it be one that trains one"])
