"""SIGKILL at any moment, start again: what comes out is what an undisturbed run makes."""

import random
import signal
import sys
import time
from pathlib import Path

import pytest
import torch
from killable import start
from safetensors.torch import load_file
from toy_runs import Run, composed, contents

from wsss.run.launch import Here
from wsss.run.pipeline import make
from wsss.run.plan import Step
from wsss.store.networks import WEIGHTS

FITS = ("train_classifier", "train_segmenter")
EQUAL_BYTES = ("index_data", "extract_cams", "refine_cams", "make_masks", "predict_masks", "evaluate")


def until_done(store: Path, out: Path, *, random_seed: int, kills: int) -> list[str]:
    """Run and kill so many times, by the clock or in the middle of a write, then run to the end; tell what was hit."""
    config = composed(f"store='{store}'", f"out='{out}'")
    rng = random.Random(random_seed)
    hit = []
    longest = 1.0
    while len(hit) < kills:
        write = rng.randrange(1, 40) if rng.random() < 0.5 else None
        started = time.monotonic()
        process = start(config, write=write)
        process.join(600 if write else rng.uniform(0, 2 * longest))
        process.kill()
        process.join()
        longest = max(longest, time.monotonic() - started)
        if process.exitcode == 0:
            _forget(store, rng)
        else:
            assert process.exitcode == -signal.SIGKILL
            hit.append(_stage_at_work(store))
    process = start(config)
    process.join(600)
    assert process.exitcode == 0
    return hit


def _stage_at_work(store: Path) -> str:
    begun = [path.parent for path in store.glob("*/*/stage.yaml") if not (path.parent / "manifest.json").exists()]
    return begun[-1].parent.name if begun else "between"


def _forget(store: Path, rng: random.Random) -> None:
    """Take finished stages away, so that there is something to do again; what reads them goes too."""
    stages = sorted(store.glob("*/*/manifest.json"), key=lambda path: path.stat().st_mtime_ns)
    for manifest in stages[rng.randrange(len(stages)) :]:
        manifest.unlink()
        items = sorted((manifest.parent / "items").rglob("*"))
        for path in rng.sample(items, len(items) // 2):
            if path.is_file() and manifest.parents[1].name not in ("index_data", *FITS):
                path.unlink()


def same(store: Path, undisturbed: Run) -> None:
    for name, step in undisturbed.plan().items():
        made = store / name / step.artifact.fingerprint
        assert (made / "manifest.json").is_file(), name
        if name in EQUAL_BYTES:
            assert contents(made / "items") == contents(step.artifact.items), name
        if name in FITS:
            before, after = (load_file(folder / "items" / WEIGHTS) for folder in (step.artifact.path, made))
            assert before.keys() == after.keys()
            assert all(torch.equal(before[key], after[key]) for key in before), name


@pytest.mark.parametrize("random_seed", [0, 1])
def test_a_run_that_was_killed_ends_as_an_undisturbed_one(random_seed: int, toy_run: Run, tmp_path: Path) -> None:
    until_done(tmp_path / "store", tmp_path / "out", random_seed=random_seed, kills=4)
    same(tmp_path / "store", toy_run)


def test_packs_of_stages_that_were_killed_are_those_of_undisturbed_ones(toy_run: Run, tmp_path: Path) -> None:
    config = composed(
        f"store='{tmp_path / 'store'}'", f"out='{tmp_path / 'out'}'", "runtime.pack=3", "until=make_masks"
    )
    copy = toy_run.copied(tmp_path)
    steps = [copy.plan("runtime.pack=3")[name] for name in ("extract_cams", "make_masks")]
    whole: list[dict[str, bytes]] = []
    for step in steps:
        emptied(step)
        make(step, crew=Here())
        whole.append(contents(step.artifact.items))
    hits, half_packed = 0, False
    for write in range(3, 33, 5):
        for step in steps:
            emptied(step)
        process = start(config, write=write)
        process.join(600)
        hits += process.exitcode == -signal.SIGKILL
        for step, expected in zip(steps, whole, strict=True):
            left = {name: data for name, data in contents(step.artifact.items).items() if "/." not in name}
            assert left.items() <= expected.items(), "only hidden files are half made"
            half_packed |= 0 < len(left) < len(expected)
            make(step, crew=Here())
            assert contents(step.artifact.items) == expected
    assert hits > 1
    assert half_packed


def emptied(step: Step) -> None:
    """Take what a stage made away."""
    step.artifact.discard()
    step.artifact.manifest_path.unlink()


@pytest.mark.endurance
def test_fifty_kills(toy_run: Run, tmp_path: Path) -> None:
    hit = until_done(tmp_path / "store", tmp_path / "out", random_seed=7, kills=50)
    sys.stdout.write(f"{ {stage: hit.count(stage) for stage in sorted(set(hit))} }\n")
    same(tmp_path / "store", toy_run)
