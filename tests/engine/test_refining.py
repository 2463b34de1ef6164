"""What refiners need, and how a list of them is opened."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, ClassVar

import torch
from builders import score_maps
from toy_runs import job, made

from wsss.engine.batch import Batch
from wsss.engine.refining import needs_of, opened, reads_items
from wsss.refine.base import Inputs, Refine, Refiner
from wsss.store.kinds import CHOICE, NETWORK
from wsss.store.store import Store

ASKED = list[str]()


@dataclass(frozen=True, kw_only=True)
class Named(Refiner):
    """Notes when it is asked, and leaves maps as they are."""

    needs: ClassVar[Mapping[str, str]] = {"edges": "network", "threshold": "choice"}

    name: str

    def open(self, inputs: Inputs, device: torch.device) -> Refine:
        def note(images: Any, maps: Any) -> Any:
            ASKED.append(self.name)
            return maps

        return note


def test_needs_of_several_refiners_are_named_once():
    assert needs_of([Named(name="1"), Named(name="2")]) == {"edges": NETWORK, "threshold": CHOICE}


def test_refiners_are_applied_in_their_order(tmp_path: Path):
    ASKED.clear()
    chain = {"second": Named(name="b"), "first": Named(name="a")}
    store = Store(root=tmp_path)
    read = {role: made(store.artifact(role, "0" * 16), CHOICE) for role in Named.needs}
    refine = opened(chain, job=job(store, "refine_cams", **read), device=torch.device("cpu"))
    maps = score_maps([1], [[[0.5]]])
    assert refine(Batch(records=(), items={"maps": (maps,)}))[0] is maps
    assert ASKED == ["b", "a"]


@dataclass(frozen=True, kw_only=True)
class Itemised(Refiner):
    """Notes the items of the images, and leaves maps as they are."""

    needs: ClassVar[Mapping[str, str]] = {"threshold": "choice", "regions": "regions"}

    def open(self, inputs: Inputs, device: torch.device) -> Refine:
        assert isinstance(inputs["threshold"], Path)
        ASKED.append(str(inputs["regions"]))
        return lambda images, maps: list(maps)


def test_a_refiner_of_items_gets_those_of_each_batch(tmp_path: Path):
    ASKED.clear()
    store = Store(root=tmp_path)
    read = {role: made(store.artifact(role, "0" * 16), kind) for role, kind in {"threshold": CHOICE}.items()}
    assert reads_items(Itemised()) == ["regions"]
    assert reads_items(Named(name="a")) == []
    refine = opened({"items": Itemised()}, job=job(store, "refine_cams", **read), device=torch.device("cpu"))
    for item in ("first", "second"):
        refine(Batch(records=(), items={"maps": (), "regions": (item,)}))
    assert ASKED == ["('first',)", "('second',)"]
