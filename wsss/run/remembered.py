"""Costs of trainings that a store remembers: a plan that is shown again measures nothing again on the same machine."""

import hashlib
import json
from collections.abc import Callable
from pathlib import Path
from typing import Annotated, Final

from pydantic import Field

from wsss.engine.machine import machine
from wsss.errors import StoreError
from wsss.run.plan import Step
from wsss.run.screen import Expectation
from wsss.store.schema import Strict
from wsss.store.texts import read_json, write_json

MEASURED: Final = "measured.json"
"""The file in a store."""
MOST: Final = 1000
"""How many are remembered: the latest."""


class _Cost(Strict):
    seconds: Annotated[float, Field(ge=0, allow_inf_nan=False)]
    size: Annotated[float, Field(ge=0, allow_inf_nan=False)]
    memory: Annotated[int, Field(ge=0)] | None


class _Costs(Strict):
    costs: dict[str, _Cost | None]


class Remembered:
    """What was measured of trainings on this machine, by all that they depend on; None for one that cannot be tried."""

    def __init__(self, place: Path) -> None:
        self._place = place
        try:
            self._costs = read_json(place, _Costs).costs
        except StoreError:  # none yet, or torn
            self._costs = {}

    def of(self, step: Step, measure: Callable[[], Expectation | None]) -> Expectation | None:
        """Return what a step's training takes, as it was measured before or as it is now."""
        device = step.stage.runtime.torch_device()
        here = machine(device)
        parts = [step.artifact.fingerprint, repr(step.stage), device.type, here.cores, here.memory]
        key = hashlib.sha256(json.dumps(parts).encode()).hexdigest()[:32]
        if key not in self._costs:
            cost = measure()
            fields = None if cost is None else _Cost(seconds=cost.seconds, size=cost.size, memory=cost.memory)
            self._costs[key] = fields
            self._place.parent.mkdir(parents=True, exist_ok=True)
            latest = dict(list(self._costs.items())[-MOST:])
            write_json(self._place, _Costs(costs=latest).model_dump(mode="json"))
        known = self._costs[key]
        return None if known is None else Expectation(**known.model_dump(), like=0)
