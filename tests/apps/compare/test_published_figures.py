"""Published figures are of recipes that there are, of stages that they have, and say where they were read."""

import re

import pytest
from toy_runs import composed

from wsss.apps.compare.published_figures import FIGURES
from wsss.config.search import config_folder


@pytest.mark.parametrize("name", FIGURES)
def test_figures_are_of_a_recipe_s_own_stages_and_splits(name: str) -> None:
    config = composed(f"experiment={name}", "dataset.root=data", small=False)
    for figure in FIGURES[name]:
        assert figure.split in config["pipeline"][figure.stage]["splits"]
        assert re.match(r"\d\d", figure.published)
        assert len(figure.source) > 10


def test_every_recipe_has_some() -> None:
    recipes = {path.stem for path in (config_folder() / "experiment").glob("*.yaml")}
    assert {name for name in recipes if name.split("_")[0] in ("voc12", "coco14") and "mini" not in name} == set(
        FIGURES
    )
