"""Every benchmark's recipe runs from its data to its scores, on drawn stand-ins, inline and on two processes."""

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import toy_runs
from recipe_data import COCO, coco_stand_in, voc_stand_in

from wsss.config.search import config_folder
from wsss.data.layouts.voc import VOC_CLASSES
from wsss.models.clip.prompted_options import PromptedOptions
from wsss.models.clip.text_bank import TextBank, write_bank
from wsss.run.pipeline import run

RECIPES = sorted(
    path.stem
    for path in (config_folder() / "experiment").glob("*.yaml")
    if path.stem.split("_")[0] in ("voc12", "coco14") and "mini" not in path.stem
)
SMALL = ("debug=fast", "limits.batch_size=2", "limits.side=64", "runtime.device=cpu", "runtime.workers=1")
UNTRAINED = ("classifier.weights=none", "segmenter.encoder_weights=none")
WORDS = ("prompted.backbone=vit_xsmall_patch16_clip_224", "prompted.weights=none", "prompted.bank=words.npz")
DECODER = ("width=16", "heads=2", "layers=1")
SECOND = ("backbones.second.backbone=vit_tiny_patch16_224", "backbones.second.weights=none")
PROMPTED = {
    "clip_es": ("segmenter.encoder_weights=none",),
    "clip_es_frozen": tuple(f"segmenter.{each}" for each in DECODER),
    "weclip": tuple(f"online.network.{each}" for each in DECODER),
    "weclip_plus": tuple(f"online.network.{each}" for each in (*DECODER, *SECOND)),
}
"""Recipes on CLIP, whose weights and words are random here."""
LAUNCHERS = {
    "inline": ("launcher=inline",),
    "two processes": ("launcher=torchrun", "launcher.nproc=2", "launcher.threads=1"),
}


def test_there_are_recipes() -> None:
    assert {"voc12_cam", "voc12_irn", "voc12_recam", "voc12_recam_advcam", "coco14_recam"} <= set(RECIPES)


@pytest.mark.slow
@pytest.mark.parametrize("launcher", LAUNCHERS)
@pytest.mark.parametrize("recipe", RECIPES)
def test_a_recipe_runs_to_its_scores(recipe: str, launcher: str, tmp_path: Path) -> None:
    coco = recipe.startswith("coco")
    root = (coco_stand_in if coco else voc_stand_in)(tmp_path / "data")
    scores = scored(recipe, *UNTRAINED, *LAUNCHERS[launcher], f"dataset.root={root}", folder=tmp_path)
    learnt = "train" if coco else "train_aug"
    assert 0 <= scores["make_masks"][learnt]["miou"] <= 1
    assert coco or 0 <= scores["make_masks"]["train"]["miou"] <= 1
    for stage in ("predict_masks", "predict_crf"):
        assert 0 <= scores[stage]["val"]["miou"] <= 1
    assert scores["predict_masks"]["val"].keys() == scores["predict_crf"]["val"].keys()


@pytest.mark.slow
@pytest.mark.parametrize("launcher", LAUNCHERS)
@pytest.mark.parametrize("recipe", PROMPTED)
def test_a_recipe_on_clip_runs_to_its_scores(recipe: str, launcher: str, tmp_path: Path) -> None:
    root = voc_stand_in(tmp_path / "data")
    width = PromptedOptions(backbone="vit_xsmall_patch16_clip_224", weights="none").outline().tower.width
    vectors = np.random.default_rng(0).normal(size=(len(VOC_CLASSES) + 1, width)).astype(np.float32)
    bank = TextBank(classes=VOC_CLASSES, backgrounds=("ground",), vectors=vectors, scale=30.0)
    write_bank(tmp_path / "words.npz", bank)
    own = (*WORDS, *PROMPTED[recipe], *LAUNCHERS[launcher])
    scores = scored(recipe, *own, f"dataset.root={root}", folder=tmp_path)
    for stage in ("predict_masks", "predict_alone"):
        assert 0 <= scores[stage]["val"]["miou"] <= 1
    if "weclip" in recipe:
        assert "make_masks" not in scores, "labels are made as the network learns"
    else:
        assert 0 <= scores["make_masks"]["train"]["miou"] <= 1


def scored(recipe: str, *overrides: str, folder: Path) -> dict[str, Any]:
    """Run a recipe as its users do, and return its scores."""
    where = (f"store={folder / 'store'}", f"out={folder / 'out'}")
    command = [sys.executable, "-m", "wsss", "run", f"experiment={recipe}", *SMALL, *overrides, *where]
    ran = subprocess.run(command, check=False, capture_output=True, text=True, timeout=900, cwd=folder)
    assert ran.returncode == 0, ran.stdout[-3000:] + ran.stderr[-3000:]
    scores: dict[str, Any] = json.loads((folder / "out" / "scores.json").read_text(encoding="utf-8"))
    return scores


def test_coco_runs_from_its_annotations_to_scores(tmp_path: Path) -> None:
    root = coco_stand_in(tmp_path / "data", train=5, val=4)
    own = [each for each in toy_runs.SMALL if not each.startswith(("dataset.", "views.", "refine"))]
    where = (f"dataset.root='{root}'", f"store='{tmp_path / 'store'}'", f"out='{tmp_path / 'out'}'")
    quick = ("views=single", "refine=background", "pipeline.predict_masks.splits=[val]")
    run(toy_runs.composed("dataset=coco", *own, *quick, *where, small=False))
    scores = json.loads((tmp_path / "out" / "scores.json").read_text(encoding="utf-8"))
    assert 0 <= scores["train_classifier"]["val"]["map"] <= 1
    for stage, split in (("make_masks", "train"), ("predict_masks", "val")):
        known = {name for name, iou in scores[stage][split]["iou"].items() if iou is not None}
        # All 80 categories are classes, and those that an image shows or a mask holds have a score.
        assert known >= {"background", *COCO.values()}, stage
        assert len(scores[stage][split]["iou"]) == 81, stage
