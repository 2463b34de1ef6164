"""Words of `wsss sweep` that are about the sweep itself; all others are those of `wsss run`."""

from collections.abc import Sequence
from dataclasses import dataclass, fields
from importlib.util import find_spec
from typing import Any, Final, Literal

import yaml

from wsss.config.build import TARGET, build
from wsss.errors import ConfigError
from wsss.run.ray_waiting import MINUTES, refuse_wait


@dataclass(frozen=True, kw_only=True)
class SweepOptions:
    """How a sweep is made. None of it changes the result of a stage."""

    jobs: int | None = None
    """Stages that are made at once; without it one a GPU and one more, or one where there is no GPU."""
    ray_address: str | None = None
    """The Ray cluster that makes them: auto, host:port, or local for one that ends with the sweep."""
    ray_wait_minutes: float | None = MINUTES
    """Minutes without a machine that could do any of what waits, after which the sweep ends; None waits for ever."""
    slurm_cluster: Literal["slurm", "local"] | None = None
    """SLURM makes each stage as a job of its own; local tries that out on this machine."""
    slurm_partition: str | None = None
    slurm_minutes: int = 60
    """The time limit of a job, after which it is put back into the queue and goes on."""
    slurm_cpus: int = 4
    """Cores of a job."""
    slurm_gpus: bool = True
    """Whether stages that compute on GPUs ask for them."""
    search: Literal["optuna"] | None = None
    """Who chooses the runs; without it they are all combinations of values."""
    trials: int = 20
    """How many choices a search makes."""
    seeds: int = 1
    """Random seeds over whose runs the value of a choice is the mean."""

    def __post_init__(self) -> None:
        for name in ("jobs", "trials", "seeds", "slurm_minutes", "slurm_cpus"):
            value = getattr(self, name)
            if value is not None and value < 1:
                raise ValueError(f"{name}: must be at least 1, got {value}")
        refuse_wait(self.ray_wait_minutes, name="ray_wait_minutes")
        if self.ray_address is None and self.ray_wait_minutes != MINUTES:
            raise ValueError("ray.wait_minutes belongs to ray.address: leave it out")
        if self.slurm_cluster is not None and self.ray_address is not None:
            raise ValueError("ray.address and slurm.cluster: choose one of them")
        if self.search is None and (self.trials, self.seeds) != (SweepOptions.trials, SweepOptions.seeds):
            raise ValueError("trials and seeds belong to search=optuna; a grid takes random_seed=0,1,2")
        if self.search is not None and find_spec("optuna") is None:
            raise ValueError("search=optuna: Optuna is not installed: pip install 'wsss[search]'")

    @property
    def asked(self) -> list[str]:
        """The words that a sweep is known by, as those for its runs are: a search may be made longer, and elsewhere."""
        return [] if self.search is None else [f"search={self.search}", f"seeds={self.seeds}"]


KEYS: Final = {field.name.replace("_", ".", 1): field.name for field in fields(SweepOptions)}
"""The field of each key."""


def divided(words: Sequence[str]) -> tuple[SweepOptions, list[str]]:
    """Return the options of a sweep among words, and the words that are for its runs.

    Raises `ConfigError` for a value of another type, and for a key that is given twice.
    """
    given: dict[str, Any] = {TARGET: f"{SweepOptions.__module__}.{SweepOptions.__name__}"}
    rest = []
    for word in words:
        key, equals, value = word.partition("=")
        if not equals or key not in KEYS:
            rest.append(word)
        elif KEYS[key] in given:
            raise ConfigError([f"{key}: it is given twice: {word}"])
        else:
            given[KEYS[key]] = _plain(word, value)
    try:
        return build(given, SweepOptions), rest
    except ConfigError as error:
        raise ConfigError([_as_typed(problem) for problem in error.problems]) from error


def _as_typed(problem: str) -> str:
    text = problem.removeprefix(": ")
    for key, name in KEYS.items():
        text = f"{key}{text.removeprefix(name)}" if text.startswith(f"{name}:") else text
    return text


def _plain(word: str, value: str) -> Any:
    if not value.strip():  # such as that of a shell's variable that is not set, which YAML takes for null
        raise ConfigError([f"{word}: the value is empty: write one, or null, or leave the key out"])
    try:
        return yaml.safe_load(value)
    except yaml.YAMLError as error:
        raise ConfigError([f"{word}: the value cannot be read"]) from error
