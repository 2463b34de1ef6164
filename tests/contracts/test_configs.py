"""Every file below conf/ composes, and builds what it names."""

from pathlib import Path

import pytest
import yaml
from toy_runs import composed

from wsss.config.build import build
from wsss.config.search import config_folder
from wsss.engine.fit import Fit
from wsss.run.launch import Launcher
from wsss.run.plan import build_stages
from wsss.stages.predict_masks import PredictMasks

FOLDER = config_folder()
DEFAULTS = yaml.safe_load((FOLDER / "run.yaml").read_text(encoding="utf-8"))["defaults"]
GROUPS = {group for entry in DEFAULTS if isinstance(entry, dict) for group in entry} - {"experiment"}
"""Groups of which a run chooses one by its name; others are parts of these, and of what they choose."""
LEAVES = sorted(path.relative_to(FOLDER) for group in GROUPS for path in (FOLDER / group).glob("*.yaml"))
TRAINING = sorted(path.stem for path in (FOLDER / "stages").glob("*.yaml") if "fit: ${fit." in path.read_text())
"""Choices of `stages` that add a training."""
EXPERIMENTS = sorted(path.stem for path in (FOLDER / "experiment").glob("*.yaml"))
# Not every classifier's backbone is the default segmenter's encoder; what follows chooses one that is.
ON_DISK = [path.stem for path in (FOLDER / "dataset").glob("*.yaml") if path.stem != "toy"]
WITH = {
    **{name: ["dataset.root=data"] for name in ON_DISK},
    "prompted": ["prompted.bank=images"],
    "weclip": ["prompted.bank=images"],
}


@pytest.mark.parametrize("leaf", LEAVES, ids=str)
def test_a_leaf_composes_and_builds(leaf: Path) -> None:
    config = composed(f"{leaf.parent}={leaf.stem}", *WITH.get(leaf.stem, []), small=False)
    build_stages(config["pipeline"])
    build(config["launcher"], Launcher, key="launcher")  # type: ignore[type-abstract]


@pytest.mark.parametrize("name", EXPERIMENTS)
def test_an_experiment_composes_and_builds(name: str) -> None:
    root = "dataset.root=data" if name != "toy" else "random_seed=1"
    bank = ["prompted.bank=images"] if "clip" in name else []
    config = composed(f"experiment={name}", root, *bank, small=False)
    assert config["name"] == name
    stages = build_stages(config["pipeline"]).values()
    refined = [len(stage.refine) for stage in stages if isinstance(stage, PredictMasks)]
    assert refined[-1] == max(refined), "the last prediction is what `predict`, `model` and the report take"


@pytest.mark.parametrize("debug", ["fast", "overfit"])
@pytest.mark.parametrize("stages", TRAINING)
def test_debug_has_its_say_over_an_experiment_and_the_trainings_of_any_method(debug: str, stages: str) -> None:
    overrides = ("experiment=toy", f"stages={stages}", *WITH.get(stages, []))
    plain = composed(*overrides, small=False)
    changed = composed(*overrides, f"debug={debug}", small=False)
    assert changed["dataset"]["limit"] is not None
    before, after = (
        {name: stage.fit for name, stage in build_stages(each["pipeline"]).items() if isinstance(stage, Fit)}
        for each in (plain, changed)
    )
    assert before.keys() == after.keys()
    assert changed["limits"]["augment"] is (debug != "overfit")
    assert {fit.epochs for fit in after.values()} == {changed["limits"]["epochs"]}
    assert {fit.batch_size for fit in after.values()} == {changed["limits"]["batch_size"]}
    assert all(before[name] != after[name] for name in after)


@pytest.mark.parametrize(
    "part", ["refine=crf_psa", "refine=background", "segmenter=unet", "cam=gradcam", "masks=confident"]
)
def test_parts_of_an_experiment_can_be_exchanged(part: str) -> None:
    build_stages(composed("experiment=toy", part, small=False)["pipeline"])
