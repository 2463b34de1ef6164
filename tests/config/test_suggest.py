"""Words that name nothing are answered with what was probably meant."""

from pathlib import Path

import pytest

from wsss.config import suggest
from wsss.config.help import groups
from wsss.config.search import config_folder

OWN = (config_folder(),)


def test_a_name_that_is_nearly_right_is_offered_among_all() -> None:
    said = suggest.unknown("option", "gradcamm", ["cam", "layercam", "gradcam"])
    assert said == "there is no option 'gradcamm'; did you mean 'gradcam'? there are cam, gradcam, layercam"
    assert suggest.unknown("option", "x", ["cam"]) == "there is no option 'x'; there are cam"


@pytest.mark.parametrize(
    ("word", "meant"),
    [
        ("toy", "did you mean experiment=toy"),
        ("gradcam", "did you mean cam=gradcam?"),
        ("gradcamm", "did you mean cam=gradcam?"),
        ("folder", "did you mean experiment=folder or dataset=folder?"),
        ("qqqq", "wsss run --help lists the keys"),
    ],
)
def test_a_word_alone_is_the_choice_that_it_names(word: str, meant: str) -> None:
    said = suggest.for_word(word, OWN)
    assert said.startswith(f"{word}: options are written key=value, as in experiment=toy; ")
    assert meant in said


def test_a_folder_alone_is_a_data_set(tmp_path: Path) -> None:
    assert suggest.for_word(str(tmp_path), OWN).endswith(f"experiment=folder dataset.root={tmp_path}")
    (tmp_path / "JPEGImages").mkdir()
    assert suggest.for_word(str(tmp_path), OWN).endswith(f"dataset=voc dataset.root={tmp_path}")


@pytest.mark.parametrize(
    ("option", "value", "meant"),
    [
        ("--epochs", "5", "did you mean fit.classifier.epochs=5 or fit.segmenter.epochs=5?"),
        ("--random-seed", "1", "did you mean random_seed=1?"),
        ("--cam", "", "did you mean cam=VALUE?"),
        ("--stor", "x", "did you mean 'store'?"),
        ("--qqqq", "", "wsss run --help lists the keys"),
    ],
)
def test_an_option_is_written_as_the_key_that_it_names(option: str, value: str, meant: str) -> None:
    said = suggest.for_option(option, value, OWN)
    assert said.startswith(f"{option}: options are written key=value; ")
    assert meant in said


def test_nothing_is_answered_with_all_experiments() -> None:
    said = suggest.for_nothing(OWN)
    for path in (config_folder() / "experiment").glob("*.yaml"):
        assert path.stem in said


def test_keys_are_the_groups_the_settings_and_what_the_defaults_hold() -> None:
    keys = list(suggest.keys(OWN))
    assert len(keys) == len(set(keys))
    assert {group.key for group in groups(OWN)} <= set(keys)
    assert {"random_seed", "runtime.device", "fit.classifier.transform.crop", "dataset.size"} <= set(keys)
    assert not [key for key in keys if "_target_" in key or key.startswith("pipeline")]
