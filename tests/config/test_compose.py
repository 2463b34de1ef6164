"""Overrides are checked all at once, and odd names survive."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest
import toy_runs

from wsss.config.compose import composed, searching
from wsss.errors import ConfigError
from wsss.run.plan import build_stages


def problems_of(*overrides: str, sweep: bool = False) -> tuple[str, ...]:
    with pytest.raises(ConfigError) as refused:
        composed(list(overrides), sweep=sweep, build=build_stages)
    return refused.value.problems


def test_good_overrides_pass() -> None:
    config = composed(["experiment=toy", "cam=gradcam", "random_seed=3"], build=build_stages)
    assert (config.name, config.random_seed) == ("toy", 3)


@pytest.mark.parametrize(
    ("chosen", "names"), [("[irn,crf]", ["walk", "background", "crf"]), ("[pamr,crf]", ["background", "pamr", "crf"])]
)
def test_refinements_are_put_one_after_another(chosen: str, names: list[str]) -> None:
    assert list(toy_runs.composed(f"refine={chosen}")["refine"]) == names


def test_every_bad_override_is_named_with_what_is_allowed() -> None:
    found = problems_of("cam=camm", "fit.classifier.epoch=3", "views.scales=[a]")
    assert any("camm" in each and "gradcam" in each for each in found)
    assert any("did you mean 'epochs'" in each for each in found)
    assert any(each.startswith("views.scales.0: ") for each in found)


def test_a_value_that_cannot_be_read_is_not_said_to_be_missing() -> None:
    found = problems_of("experiment=folder", "dataset.root=my photos {1}")
    assert len(found) == 1
    assert found[0].startswith("dataset.root=my photos {1}: ")
    assert found[0].endswith("""as a text, write 'dataset.root="my photos {1}"'""")


def test_a_key_of_a_choice_that_fails_is_not_held_against_it() -> None:
    (problem,) = problems_of("dataset=kitti", "dataset.root=x")
    assert problem.startswith("dataset=kitti: there is no option 'kitti'; there are coco, cvat, folder, ")


@pytest.mark.parametrize(
    ("override", "meant"),
    [
        ("expriment=toy", "did you mean 'experiment'?"),
        ("experiment=tooy", "did you mean 'toy'?"),
        ("epochs=5", "did you mean limits.epochs or fit.classifier.epochs or fit.segmenter.epochs?"),
        ("stage=recam", "did you mean 'stages'?"),
    ],
)
def test_what_was_meant_is_offered(override: str, meant: str) -> None:
    (problem,) = problems_of(override)
    assert meant in problem


@pytest.mark.parametrize("several", ["1,2", "interval(1, 2)", "range(3)"])
def test_several_values_need_a_sweep(several: str) -> None:
    (problem,) = problems_of(f"random_seed={several}")
    assert "add -m" in problem


def test_a_sweep_gives_the_config_of_its_first_combination() -> None:
    config = composed(["random_seed=range(5,8)", "cam=gradcam,cam"], sweep=True, build=build_stages)
    assert (config.random_seed, config.cam["_target_"]) == (5, "wsss.cams.GradCAM")


def test_every_value_of_a_sweep_is_tried_once_and_not_every_combination() -> None:
    tried: list[tuple[str, Any]] = []

    def build(pipeline: Mapping[str, Any]) -> None:
        tried.append((pipeline["extract_cams"]["cam"]["_target_"], pipeline["train_classifier"]["random_seed"]))

    composed(["cam=cam,gradcam,layercam", "random_seed=1,2,3,4"], sweep=True, build=build)
    cam, gradcam, layercam = (f"wsss.cams.{name}" for name in ("CAM", "GradCAM", "LayerCAM"))
    assert tried == [(cam, 1), (gradcam, 1), (layercam, 1), (cam, 2), (cam, 3), (cam, 4)]


def test_wrong_values_anywhere_in_a_sweep_are_all_named() -> None:
    found = problems_of("cam=cam,camm,camn", "random_seed=1,2,x", "views.scales=[1.0],[-1.0]", sweep=True)
    for value in ("camm", "camn"):
        assert any(each.startswith(f"cam={value}: ") for each in found)
    assert any(each.startswith("random_seed: ") and "'x'" in each for each in found)
    assert any(each.startswith("views: ") and "-1.0" in each for each in found)


def test_both_ends_of_an_interval_are_tried() -> None:
    key = "refine.background.threshold"
    composed([f"{key}=interval(0.1, 0.5)", "random_seed=tag(log, int(interval(1, 9)))"], sweep=True, build=build_stages)
    for ends in ("0.1, 2.0", "-2.0, 0.5"):
        assert any("threshold" in each for each in problems_of(f"{key}=interval({ends})", sweep=True))


def test_a_glob_stands_for_every_option() -> None:
    config = composed(["cam=glob(x*)"], sweep=True, build=build_stages)
    assert config.cam["_target_"] == "wsss.cams.XGradCAM"
    (problem,) = problems_of("cam=glob(nosuch*)", sweep=True)
    assert "stands for no value" in problem


@pytest.mark.parametrize("root", ["/a b/c (1)", "/it\\'s", "/epoch=3.ckpt", "/a,b", "2007_000033", "/ü"])
def test_paths_with_odd_names_survive(root: str) -> None:
    override = f"dataset.root='{root}'"
    composed(["dataset=voc", override], build=build_stages)
    assert toy_runs.composed("dataset=voc", override, small=False)["dataset"]["root"] == root.replace("\\'", "'")


@pytest.mark.parametrize("name", ["configs", "a b, (1)", 'it\'s "so"'])
def test_configs_of_other_folders_are_found(name: str, tmp_path: Path) -> None:
    folder = tmp_path / name
    (folder / "cam").mkdir(parents=True)
    (folder / "cam" / "mine.yaml").write_text("_target_: wsss.cams.GradCAM\nblock: last\n", encoding="utf-8")
    config = composed(searching(["cam=mine"], [folder]), build=build_stages)
    assert config.cam["_target_"] == "wsss.cams.GradCAM"
    (problem,) = problems_of(*searching(["cam=mine", "nosuch=1"], [folder]))
    assert problem.startswith("nosuch=1: "), "other problems do not hide what is found there"


def test_folders_stand_behind_those_that_were_typed() -> None:
    assert searching(["cam=mine"], []) == ["cam=mine"]
    typed = ["cam=mine", "hydra.searchpath=[pkg://theirs]"]
    assert searching(typed, [Path("/mine")]) == ['hydra.searchpath=["pkg://theirs","file:///mine"]', "cam=mine"]
    with pytest.raises(ConfigError, match=r"hydra\.searchpath=3: expected a list"):
        searching(["hydra.searchpath=3"], [])


@pytest.mark.parametrize(
    ("word", "group"), [("refine=[auto,rebalance]", "crf@refine.crf"), ("stages=[psa,irn]", "fit@fit.affinity")]
)
def test_options_that_bring_the_same_group_are_refused_in_words_of_the_command_line(word: str, group: str) -> None:
    said = f"several of the options bring {group}, which a run has once: leave all of them out but one"
    assert problems_of(word) == (f"{word}: {said}",)
