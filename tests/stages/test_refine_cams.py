"""refine_cams: refiners one after another, and what they read."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import ClassVar

import pytest
import torch
from toy_runs import Run

from wsss.artifacts.formats import read_scores
from wsss.errors import ConfigError
from wsss.refine import ConstantBackground
from wsss.refine.base import Refine, Refiner
from wsss.stages.refine_cams import RefineCams


@dataclass(frozen=True, kw_only=True)
class Walk(Refiner):
    needs: ClassVar[tuple[str, ...]] = ("affinity", "maps")

    def open(self, inputs: Mapping[str, Path], device: torch.device) -> Refine:
        return lambda images, every: list(every)

    def check(self) -> None:
        raise ConfigError(["refine.walk: not here"])


def test_what_refiners_read_is_needed_once():
    stage = RefineCams(refine={"background": ConstantBackground(), "walk": Walk()})
    assert stage.needed_roles() == ("index", "maps", "affinity")
    with pytest.raises(ConfigError, match="no stage plays the role 'affinity'"):
        RefineCams(refine={"walk": Walk()}, reads={"index": "a", "maps": "b"}).check()


def test_refiners_are_checked():
    with pytest.raises(ConfigError, match=r"refine\.walk: not here"):
        RefineCams(refine={"walk": Walk()}, reads={"index": "a", "maps": "b", "affinity": "c"}).check()


def test_no_refiner_is_refused():
    with pytest.raises(ConfigError, match="give at least a background rule, as refine=background does"):
        RefineCams(refine={}, reads={"index": "a", "maps": "b"}).check()


def test_items_have_a_background_and_keep_their_labels(toy_run: Run):
    step = toy_run.plan()["refine_cams"]
    for path in step.artifact.items.iterdir():
        raw, refined = read_scores(step.inputs["maps"].items / path.name), read_scores(path)
        assert refined.labels.tolist() == [0, *raw.labels.tolist()]
        assert refined.size == raw.size
