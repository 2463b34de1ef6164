"""Groups of runs that are compared: as they are separated on the command line, or by the value of options."""

from collections.abc import Sequence
from dataclasses import dataclass
from os.path import commonpath
from pathlib import Path
from typing import Any, Final

from wsss.apps.compare.compared import Compared, flat
from wsss.errors import StoreError, one_of

SEED: Final = "random_seed"


@dataclass(frozen=True, kw_only=True)
class Group:
    """Runs that are taken together, under the name that the tables give them."""

    name: str
    runs: tuple[Compared, ...]

    @property
    def seeds(self) -> tuple[Any, ...]:
        """The random seed of every run."""
        return tuple(run.record.config.get(SEED) for run in self.runs)

    @property
    def title(self) -> str:
        """The name, with the number of runs where there are several."""
        return self.name if len(self.runs) == 1 else f"{self.name} (n = {len(self.runs)})"


def separated(runs: Sequence[Compared], sizes: Sequence[int]) -> tuple[Group, ...]:
    """Return groups of so many runs each, in their order, named by the folders that they have in common."""
    starts = [sum(sizes[:place]) for place in range(len(sizes))]
    parts = [tuple(runs[start : start + size]) for start, size in zip(starts, sizes, strict=True)]
    names = [_common_name(part) for part in parts]
    if len(set(names)) < len(names):
        names = [f"{name} {letter}" for name, letter in zip(names, "ABCDEFGHIJKLMNOPQRSTUVWXYZ", strict=False)]
    return tuple(_ordered(name, part) for name, part in zip(names, parts, strict=True))


def grouped_by(runs: Sequence[Compared], keys: Sequence[str]) -> tuple[Group, ...]:
    """Return groups of runs in which the options `keys` are the same, in the order in which they come.

    A key is dotted, and names an option or all those below it, such as `cam`. Where nothing differs by it, all runs are
    one group. Raises `StoreError` where no run has it.
    """
    configs = [flat(run.record.config) for run in runs]
    below = [[key for key in dict.fromkeys(k for c in configs for k in c) if _belongs(key, wanted)] for wanted in keys]
    for wanted, found in zip(keys, below, strict=True):
        if not found:
            known = sorted({key.partition(".")[0] for config in configs for key in config})
            raise StoreError(f"--group-by {wanted}: no run has this option; they have {one_of(known)}")
    differing = [key for found in below for key in found if len({str(config.get(key)) for config in configs}) > 1]
    if not differing:
        return (_ordered(_common_name(runs), runs),)
    parts: dict[str, list[Compared]] = {}
    for run, config in zip(runs, configs, strict=True):
        parts.setdefault(", ".join(_worded(key, config.get(key)) for key in differing), []).append(run)
    return tuple(_ordered(name, part) for name, part in parts.items())


def _belongs(key: str, wanted: str) -> bool:
    return key == wanted or key.startswith(f"{wanted}.")


def _worded(key: str, value: Any) -> str:
    if key.endswith("._target_"):
        return f"{key.removesuffix('._target_')}={str(value).rpartition('.')[2]}"
    return f"{key}={value}"


def _ordered(name: str, runs: Sequence[Compared]) -> Group:
    """Order runs by their random seeds, so that those of two groups stand at the same place."""
    return Group(name=name, runs=tuple(sorted(runs, key=lambda run: str(run.record.config.get(SEED)))))


def _common_name(runs: Sequence[Compared]) -> str:
    if len(runs) == 1:
        return runs[0].name
    return Path(commonpath([run.record.folder.absolute() for run in runs])).name or runs[0].name
