"""Every file below conf/ composes, and builds what it names."""

from pathlib import Path

import pytest
from toy_runs import composed

from wsss.config.build import build
from wsss.config.search import config_folder
from wsss.run.launch import Launcher
from wsss.run.plan import build_stages

FOLDER = config_folder()
LEAVES = sorted(path.relative_to(FOLDER) for path in FOLDER.glob("*/*.yaml") if path.parent.name != "experiment")
EXPERIMENTS = sorted(path.stem for path in (FOLDER / "experiment").glob("*.yaml"))
FITS = {"irn": "affinity", "psa": "affinity"}
"""What a file of the group `fit` is for, where its name does not begin with it."""
# Not every classifier's backbone is the default segmenter's encoder; what follows chooses one that is.
WITH = {"voc": ["dataset.root=data"], "folder": ["dataset.root=data"]}


@pytest.mark.parametrize("leaf", LEAVES, ids=str)
def test_a_leaf_composes_and_builds(leaf: Path) -> None:
    group = str(leaf.parent)
    if group == "fit":
        group = f"fit@fit.{FITS.get(leaf.stem, leaf.stem.split('_')[0])}"
    config = composed(f"{group}={leaf.stem}", *WITH.get(leaf.stem, []), small=False)
    build_stages(config["pipeline"])
    build(config["launcher"], Launcher, key="launcher")  # type: ignore[type-abstract]


@pytest.mark.parametrize("name", EXPERIMENTS)
def test_an_experiment_composes_and_builds(name: str) -> None:
    config = composed(f"experiment={name}", "dataset.root=data" if name != "toy" else "random_seed=1", small=False)
    assert config["name"] == name
    build_stages(config["pipeline"])


@pytest.mark.parametrize("debug", ["fast", "overfit"])
def test_debug_has_its_say_over_an_experiment(debug: str) -> None:
    plain = composed("experiment=toy", small=False)
    changed = composed("experiment=toy", f"debug={debug}", small=False)
    assert changed["fit"]["classifier"]["epochs"] != plain["fit"]["classifier"]["epochs"]
    assert changed["dataset"]["limit"] is not None


@pytest.mark.parametrize(
    "part", ["refine=crf_psa", "refine=background", "segmenter=unet", "cam=gradcam", "masks=confident"]
)
def test_parts_of_an_experiment_can_be_exchanged(part: str) -> None:
    build_stages(composed("experiment=toy", part, small=False)["pipeline"])
