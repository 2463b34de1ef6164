"""Every benchmark's recipe runs from its data to its scores, on drawn stand-ins, inline and on two processes."""

import json
import subprocess
import sys
from pathlib import Path

import pytest
from recipe_data import coco_stand_in, voc_stand_in

from wsss.config.search import config_folder

RECIPES = sorted(
    path.stem
    for path in (config_folder() / "experiment").glob("*.yaml")
    if path.stem.split("_")[0] in ("voc12", "coco14") and "mini" not in path.stem
)
SMALL = (
    *("debug=fast", "limits.batch_size=2", "limits.side=64", "classifier.weights=none"),
    *("segmenter.encoder_weights=none", "runtime.device=cpu", "runtime.workers=1"),
)
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
    where = (f"dataset.root={root}", f"store={tmp_path / 'store'}", f"out={tmp_path / 'out'}")
    command = [sys.executable, "-m", "wsss", "run", f"experiment={recipe}", *SMALL, *LAUNCHERS[launcher], *where]
    ran = subprocess.run(command, check=False, capture_output=True, text=True, timeout=900, cwd=tmp_path)
    assert ran.returncode == 0, ran.stdout[-3000:] + ran.stderr[-3000:]
    scores = json.loads((tmp_path / "out" / "scores.json").read_text(encoding="utf-8"))
    scored = "train" if coco else "train_aug"
    assert 0 <= scores["make_masks"][scored]["miou"] <= 1
    assert coco or 0 <= scores["make_masks"]["train"]["miou"] <= 1
    for stage in ("predict_masks", "predict_crf"):
        assert 0 <= scores[stage]["val"]["miou"] <= 1
    assert scores["predict_masks"]["val"].keys() == scores["predict_crf"]["val"].keys()
