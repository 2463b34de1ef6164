"""Tables with a column a run."""

from dataclasses import replace
from pathlib import Path

from compared_runs import by_hand
from rich.table import Table

from wsss.apps.compare.compared import read_runs
from wsss.apps.compare.groups import Group, separated
from wsss.apps.compare.tables import compared_classes, compared_scores, option_table


def lines(table: Table) -> list[list[str]]:
    """The cells of every row."""
    return [list(row) for row in zip(*(column.cells for column in table.columns), strict=True)]


def test_scores_stand_side_by_side(groups: tuple[Group, ...]):
    assert lines(compared_scores(groups)) == [
        ["train_classifier", "val", "map", "80.0", "80.0", "+0.0", ""],
        ["make_masks", "train", "miou", "30.0", "42.0", "+12.0", ""],
    ]


def test_an_agreement_of_maps_is_not_an_oracle(groups: tuple[Group, ...]):
    found = {"miou": 0.25, "threshold": 0.5, "oracle": True, "agreement": 0.5}
    runs = tuple(replace(run, scores={"extract_half": {"train": found}}) for group in groups for run in group.runs)
    rows = lines(compared_scores([Group(name="both", runs=runs)]))
    assert [(row[2], row[-1]) for row in rows] == [("miou", "oracle (uses masks)"), ("agreement", "")]


def test_evidence_has_no_unit_and_is_not_an_oracle(groups: tuple[Group, ...]):
    found = ({"evidence": value, "threshold": 0.5, "oracle": True} for value in (0.0123, 0.0064))
    runs = [replace(group.runs[0], scores={"choose_threshold": {"train": next(found)}}) for group in groups]
    both = [Group(name=name, runs=(run,)) for name, run in zip("ab", runs, strict=True)]
    assert lines(compared_scores(both)) == [
        ["choose_threshold", "train", "evidence", "0.0123", "0.0064", "-0.0059", ""]
    ]


def test_classes_that_change_most_come_first(groups: tuple[Group, ...]):
    assert lines(compared_classes(groups, stage="make_masks", split="train")) == [
        ["dog", "50.0", "25.0", "-25.0"],
        ["background", "90.0", "90.0", "+0.0"],
        ["cat", "40.0", "40.0", "+0.0"],
    ]


def test_a_class_that_one_run_has_no_score_for_has_no_gain(tmp_path: Path, folders: list[Path]):
    third = by_hand(tmp_path / "third", images={}, miou=0.1, dog=None)
    (dog,) = [
        row
        for row in lines(
            compared_classes(separated(read_runs([folders[0], third]), [1, 1]), stage="make_masks", split="train")
        )
        if row[0] == "dog"
    ]
    assert dog == ["dog", "50.0", "–", "–"]


def test_only_options_that_differ_are_shown_and_not_the_names_of_runs(groups: tuple[Group, ...]):
    assert lines(option_table(groups)) == [["fit.classifier.colour_jitter", "0.0", "0.3"]]


def test_several_runs_have_a_mean_a_deviation_and_a_range(tmp_path: Path, folders: list[Path]):
    seeds = [by_hand(tmp_path / f"seed{n}", images={"a": None}, miou=m, random_seed=n) for n, m in ((1, 0.4), (2, 0.5))]
    groups = separated(read_runs([folders[0], *seeds]), [1, 2])
    masks = lines(compared_scores(groups))[1]
    assert masks == ["make_masks", "train", "miou", "30.0", "45.0 ± 7.1 (40.0 to 50.0)", "+15.0", ""]
    assert lines(option_table(groups)) == [], "random seeds differ within a group"


def test_one_group_gains_nothing(folders: list[Path]):
    (group,) = separated(read_runs(folders), [2])
    assert [row[-2:] for row in lines(compared_scores([group]))] == [["–", ""]] * 2


def test_classes_are_means_of_the_runs(tmp_path: Path, folders: list[Path]):
    others = [by_hand(tmp_path / f"seed{n}", images={"a": None}, miou=0.1, dog=d) for n, d in ((1, 0.2), (2, 0.4))]
    dog, *_ = lines(
        compared_classes(separated(read_runs([folders[0], *others]), [1, 2]), stage="make_masks", split="train")
    )
    assert dog == ["dog", "50.0", "30.0", "-20.0"]
