"""refine_cams: refiners one after another, and what they read."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import ClassVar

import pytest
import torch
from toy_runs import Run

from wsss.errors import ConfigError
from wsss.refine import ConstantBackground, DenseCRF
from wsss.refine.base import Refine, Refiner
from wsss.stages.refine_cams import RefineCams
from wsss.store.files import read_scores
from wsss.store.kinds import INDEX, NETWORK, RAW_MAPS


@dataclass(frozen=True, kw_only=True)
class Walk(Refiner):
    needs: ClassVar[Mapping[str, str]] = {"affinity": "network", "maps": "raw_maps"}

    def open(self, inputs: Mapping[str, Path], device: torch.device) -> Refine:
        return lambda images, every: list(every)

    def check(self) -> None:
        raise ConfigError(["refine.walk: not here"])


CHECKED = RefineCams(
    refine={"background": ConstantBackground(), "walk": Walk()}, reads={"index": "a", "maps": "b", "affinity": "c"}
)


def test_what_refiners_read_is_needed_once():
    stage = RefineCams(refine={"background": ConstantBackground(), "walk": Walk()})
    assert stage.needed_roles() == {"index": INDEX, "maps": RAW_MAPS, "affinity": NETWORK}


def test_refiners_are_checked():
    with pytest.raises(ConfigError, match=r"refine\.walk: not here"):
        CHECKED.check()


def test_no_refiner_is_refused():
    with pytest.raises(ConfigError, match="give at least a rule for it, as refine=background does"):
        RefineCams(refine={}, reads={"index": "a", "maps": "b"}).check()


def test_a_crf_without_a_background_is_refused():
    with pytest.raises(ConfigError, match=r"refine\.crf: it chooses between labels: put a background rule before it"):
        RefineCams(refine={"crf": DenseCRF()}, reads={"index": "a", "maps": "b"}).check()


def test_items_have_a_background_and_keep_their_labels(toy_run: Run):
    step = toy_run.plan()["refine_cams"]
    for path in step.artifact.items.iterdir():
        raw, refined = read_scores(step.inputs["maps"].items / path.name), read_scores(path)
        assert refined.labels.tolist() == [0, *raw.labels.tolist()]
        assert refined.size == raw.size


def test_the_threshold_of_the_raw_maps_is_told(toy_run: Run):
    step = toy_run.plan()["refine_cams"]
    first, *_, last = step.stage.refine.values()
    assert isinstance(first, ConstantBackground)
    assert not isinstance(last, ConstantBackground)
    assert step.artifact.summary["threshold"] == first.threshold


def test_a_stage_that_no_refiner_reads_is_refused():
    reads = {"index": "a", "maps": "b", "edges": "train_irn"}
    with pytest.raises(ConfigError, match=r"reads\.edges: no refiner reads train_irn"):
        RefineCams(refine={"background": ConstantBackground()}, reads=reads).check()


@pytest.mark.parametrize(("on_device", "gpus", "processes"), [(True, 1, False), (True, 0, True), (False, 1, True)])
def test_a_gpu_is_used_where_a_refiner_works_there(
    on_device: bool, gpus: int, processes: bool, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(torch.cuda, "device_count", lambda: gpus)
    monkeypatch.setattr(Walk, "on_device", on_device)
    assert RefineCams(refine={"background": ConstantBackground(), "walk": Walk()}).processes == processes


def test_the_log_says_where_refiners_worked_and_what_they_chose(toy_run: Run):
    log = (toy_run.plan()["refine_cams"].artifact.path / "log.txt").read_text(encoding="utf-8")
    assert len(re.findall(r"on (cpu|cuda:0): DenseCRF\(backend='(torch|pydensecrf)'", log)) == 1
    assert len(re.findall(r"on (cpu|cuda:0): ConstantBackground\(", log)) == 1
