"""Tables with a column a run."""

from pathlib import Path

from compared_runs import by_hand
from rich.table import Table

from wsss.apps.compare.compared import Compared, read_runs
from wsss.apps.compare.tables import compared_classes, compared_scores, option_table


def lines(table: Table) -> list[list[str]]:
    """The cells of every row."""
    return [list(row) for row in zip(*(column.cells for column in table.columns), strict=True)]


def test_scores_stand_side_by_side(runs: tuple[Compared, ...]):
    assert lines(compared_scores(runs)) == [
        ["train_classifier", "val", "map", "80.0", "80.0", "+0.0"],
        ["make_masks", "train", "miou", "30.0", "42.0", "+12.0"],
    ]


def test_classes_that_change_most_come_first(runs: tuple[Compared, ...]):
    assert lines(compared_classes(runs, stage="make_masks", split="train")) == [
        ["dog", "50.0", "25.0", "-25.0"],
        ["background", "90.0", "90.0", "+0.0"],
        ["cat", "40.0", "40.0", "+0.0"],
    ]


def test_a_class_that_one_run_has_no_score_for_has_no_gain(tmp_path: Path, folders: list[Path]):
    third = by_hand(tmp_path / "third", images={}, miou=0.1, dog=None)
    (dog,) = [
        row
        for row in lines(compared_classes(read_runs([folders[0], third]), stage="make_masks", split="train"))
        if row[0] == "dog"
    ]
    assert dog == ["dog", "50.0", "–", "–"]


def test_only_options_that_differ_are_shown_and_not_the_names_of_runs(runs: tuple[Compared, ...]):
    assert lines(option_table(runs)) == [["fit.classifier.colour_jitter", "0.0", "0.3"]]
