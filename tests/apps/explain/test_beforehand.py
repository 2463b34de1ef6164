"""The first look: maps at once, and an expected time that grows with the work."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image
from toy_runs import Run

from wsss.apps.batch.inputs import find_inputs
from wsss.apps.explain import Explainer, beforehand
from wsss.apps.explain.beforehand import FirstLook, first_look, long_wait
from wsss.apps.explain.methods import fitting
from wsss.apps.explain.scoring import Scoring
from wsss.apps.explain.task import Explain, explanations


@pytest.fixture(scope="module")
def task(toy_run: Run) -> Explain:
    explainer = replace(Explainer.of(toy_run.out, device="cpu"), scoring=Scoring(steps=2, percentiles=(50,), chunk=2))
    return Explain(explainer=explainer, methods=fitting(["cam", "layercam"], explainer.networks), classes=("bee",))


def photos(folder: Path, *, count: int) -> Path:
    folder.mkdir()
    (folder / "0.png").touch()  # cannot be read
    for place in range(1, count + 1):
        Image.fromarray(np.full((32, 40, 3), 9 * place, dtype=np.uint8)).save(folder / f"{place}.png")
    return folder


def test_a_sheet_is_there_before_anything_is_scored(task: Explain, tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(beforehand, "_seconds_a_pass", lambda *_: 10.0)
    inputs, output = find_inputs([photos(tmp_path / "photos", count=2)]), explanations(tmp_path / "out")
    found = first_look(task, inputs, output=output, head={"model": "m"})
    assert found is not None
    assert found.sheet == tmp_path / "out/sheets/1.png"
    assert found.sheet.is_file()
    output.check()  # a call that ends here has left a folder that the next one takes
    # Two methods of one class, each with 2 * 2 + 2 * 1 + 4 passes of ten seconds, for three images.
    passes = 3 * 2 * 10 * 10.0
    assert passes < found.seconds < passes + 60
    assert 0 < found.without_scores < 60
    assert "the first maps: " in found.words


def test_a_pass_is_timed(task: Explain, tmp_path: Path):
    inputs, output = find_inputs([photos(tmp_path / "photos", count=1)]), explanations(tmp_path / "out")
    found = first_look(task, inputs, output=output, head={})
    assert found is not None
    assert found.seconds > found.without_scores > 0


def test_a_long_wait_is_told(task: Explain, tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    inputs = find_inputs([photos(tmp_path / "photos", count=2)])
    rise = replace(task, methods=fitting(["rise", "cam"], task.explainer.networks))
    monkeypatch.setattr(beforehand, "_seconds_a_pass", lambda *_: 0.02)
    # Three images of 1,000 masks at 0.02 s.
    assert long_wait(rise, inputs).startswith(
        "for each image, rise asks the network 1,000 times, about 1 min 00 s for all maps; "
    )
    both = replace(task, methods=fitting(["rise", "scorecam"], task.explainer.networks))
    channels = task.explainer.networks[0].until("last", torch.zeros(1, 3, 64, 64)).maps.shape[1]
    asked = f"rise asks the network 1,000 times and scorecam asks the network {channels:,} times, about "
    assert asked in long_wait(both, inputs)
    assert long_wait(task, inputs) == ""
    monkeypatch.setattr(beforehand, "_seconds_a_pass", lambda *_: 0.003)
    assert long_wait(rise, inputs) == ""


def test_where_nothing_can_be_read_there_is_none(task: Explain, tmp_path: Path):
    inputs, output = find_inputs([photos(tmp_path / "photos", count=0)]), explanations(tmp_path / "out")
    assert first_look(task, inputs, output=output, head={}) is None
    assert not output.folder.exists()


def test_words_tell_both_times():
    look = FirstLook(sheet=Path("s.png"), seconds=200, without_scores=4)
    assert look.words == (
        "with scores this takes about 3 min 20 s, maps alone (--no-scores) about 4.0 s; the first maps: s.png"
    )
