"""Stages that passed their checks, as a store remembers them: they are not asked again on the same machine and code."""

import hashlib
import json
from collections.abc import Iterable
from dataclasses import asdict
from pathlib import Path
from typing import Any, Final

import torch

from wsss.engine.processes import world
from wsss.engine.stage import Stage
from wsss.errors import StoreError
from wsss.models.base import PlannedNetworks
from wsss.store.fingerprint import CODE
from wsss.store.schema import Strict
from wsss.store.sources import Outside
from wsss.store.stamp import stamp
from wsss.store.texts import read_json, write_json

MOST: Final = 10_000
"""How many are remembered: the latest."""


class _Note(Strict):
    here: list[Any]
    passed: list[str]


class Checked:
    """Stages whose checks passed. What `Stage.check` says depends on nothing but what is compared here.

    These are all options of the stage and of the networks that it reads, the bytes of files that they name, the code
    and the packages, the GPUs, and which of several processes this is.
    """

    def __init__(self, place: Path) -> None:
        self._place = place
        self._here = [stamp(), torch.cuda.device_count(), torch.backends.mps.is_available(), asdict(world())]
        self._passed = dict.fromkeys(self._read())
        self._new = False

    def has(self, stage: Stage, *, fingerprint: str, networks: PlannedNetworks) -> bool:
        """Tell whether a stage of this fingerprint has passed before."""
        return _key(stage, fingerprint, networks) in self._passed

    def add(self, stage: Stage, *, fingerprint: str, networks: PlannedNetworks, outside: Iterable[Outside]) -> None:
        """Note that a stage has passed, unless code from outside the package takes part in it."""
        key = _key(stage, fingerprint, networks)
        if key not in self._passed and not any(each.key.endswith(CODE) for each in outside):
            self._passed[key] = None
            self._new = True

    def save(self) -> None:
        """Keep what was added for the next time."""
        if self._new:
            self._place.parent.mkdir(parents=True, exist_ok=True)
            write_json(self._place, {"here": self._here, "passed": list(self._passed)[-MOST:]})

    def _read(self) -> list[str]:
        """Return what passed here before; what passed elsewhere does not count."""
        try:
            note = read_json(self._place, _Note)
        except StoreError:  # none yet, or torn
            return []
        return note.passed if note.here == self._here else []


def _key(stage: Stage, fingerprint: str, networks: PlannedNetworks) -> str:
    # The fingerprint holds what files hold; the options in full also say where those lie, and how a stage is run.
    parts = [fingerprint, repr(stage), repr(networks)]
    return hashlib.sha256(json.dumps(parts).encode()).hexdigest()[:32]
