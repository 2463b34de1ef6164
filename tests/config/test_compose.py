"""Overrides are checked all at once, and odd names survive."""

import pytest
from toy_runs import composed

from wsss.config.compose import config_folder, configs_of
from wsss.errors import ConfigError
from wsss.run.plan import build_stages


def problems_of(*overrides: str, sweep: bool = False) -> tuple[str, ...]:
    with pytest.raises(ConfigError) as refused:
        configs_of(list(overrides), sweep=sweep, build=build_stages)
    return refused.value.problems


def test_configs_are_found() -> None:
    assert (config_folder() / "run.yaml").is_file()


def test_good_overrides_pass() -> None:
    configs_of(["experiment=toy", "cam=gradcam", "random_seed=3"], sweep=False, build=build_stages)


@pytest.mark.parametrize(
    ("chosen", "names"), [("[irn,crf]", ["walk", "background", "crf"]), ("[pamr,crf]", ["background", "pamr", "crf"])]
)
def test_refinements_are_put_one_after_another(chosen: str, names: list[str]) -> None:
    assert list(composed(f"refine={chosen}")["refine"]) == names


def test_every_bad_override_is_named_with_what_is_allowed() -> None:
    found = problems_of("cam=camm", "fit.classifier.epoch=3", "views.scales=[a]")
    assert any("camm" in each and "gradcam" in each for each in found)
    assert any("did you mean 'epochs'" in each for each in found)
    assert any(each.startswith("views.scales.0: ") for each in found)


def test_commas_need_a_sweep_and_every_value_of_a_sweep_is_checked() -> None:
    (problem,) = problems_of("random_seed=1,2")
    assert "add -m" in problem
    configs_of(["random_seed=1,2", "cam=cam,gradcam"], sweep=True, build=build_stages)
    assert any("camm" in each for each in problems_of("cam=cam,camm", sweep=True))


@pytest.mark.parametrize("root", ["/a b/c (1)", "/it\\'s", "/epoch=3.ckpt", "/a,b", "2007_000033", "/ü"])
def test_paths_with_odd_names_survive(root: str) -> None:
    override = f"dataset.root='{root}'"
    configs_of(["dataset=voc", override], sweep=False, build=build_stages)
    assert composed("dataset=voc", override, small=False)["dataset"]["root"] == root.replace("\\'", "'")
