"""Runs side by side: two by hand, whose masks and scores are known."""

from pathlib import Path

import pytest
import yaml
from rich.console import Console
from rich.table import Table
from toy_runs import drawn_index, drawn_masks, made

from wsss.artifacts.formats import write_json
from wsss.artifacts.store import Store
from wsss.commands.compare import main
from wsss.compare.compared import Compared, flat, read_runs
from wsss.compare.sheets import Masks, chosen_masks, gain_sheets
from wsss.compare.tables import class_table, option_table, score_table
from wsss.errors import StoreError

TRUTH = {"a": [[1, 1, 0]], "b": [[1, 0, 0]], "c": [[2, 2, 2]], "d": [[2, 0, 0]]}
MASKS = Masks("make_masks", "train")


def by_hand(
    folder: Path, *, images: dict[str, float | None], miou: float, dog: float | None = 0.5, jitter: float = 0.0
) -> Path:
    """The folder of a run that made masks of four images, with every image's own IoU."""
    store = Store(root=folder / "store")
    index = drawn_index(store, TRUTH)
    masks = drawn_masks(store, "make_masks", TRUTH)
    evaluation = store.artifact("evaluate", "2" * 16)
    evaluation.items.mkdir(parents=True)
    scores = {
        "train_classifier": {"val": {"map": 0.8}},
        "make_masks": {"train": {"miou": miou, "iou": {"background": 0.9, "cat": 0.4, "dog": dog}}},
    }
    write_json(evaluation.items / "scores.json", scores)
    write_json(evaluation.items / "images.json", {"make_masks": {"train": images}})
    stages = {each.stage: each.fingerprint for each in (index, masks, made(evaluation))}
    config = {"name": folder.name, "fit": {"classifier": {"colour_jitter": jitter, "epochs": 12}}}
    record = {"format": 1, "store": str(store.root), "stages": stages, "config": config}
    (folder / "run.yaml").write_text(yaml.safe_dump(record), encoding="utf-8")
    return folder


@pytest.fixture
def folders(tmp_path: Path) -> list[Path]:
    return [
        by_hand(tmp_path / "first", images={"a": 0.5, "b": 0.5, "c": None, "d": 0.25}, miou=0.3),
        by_hand(
            tmp_path / "other", images={"a": 0.9, "b": 0.504, "c": 1.0, "d": 0.125}, miou=0.42, dog=0.25, jitter=0.3
        ),
    ]


@pytest.fixture
def runs(folders: list[Path]) -> tuple[Compared, ...]:
    return read_runs(folders)


def lines(table: Table) -> list[list[str]]:
    """The cells of every row."""
    return [list(row) for row in zip(*(column.cells for column in table.columns), strict=True)]


def test_scores_stand_side_by_side(runs: tuple[Compared, ...]):
    assert lines(score_table(runs)) == [
        ["train_classifier", "val", "map", "80.0", "80.0", "+0.0"],
        ["make_masks", "train", "miou", "30.0", "42.0", "+12.0"],
    ]


def test_classes_that_change_most_come_first(runs: tuple[Compared, ...]):
    assert lines(class_table(runs, stage="make_masks", split="train")) == [
        ["dog", "50.0", "25.0", "-25.0"],
        ["background", "90.0", "90.0", "+0.0"],
        ["cat", "40.0", "40.0", "+0.0"],
    ]


def test_a_class_that_one_run_has_no_score_for_has_no_gain(tmp_path: Path, folders: list[Path]):
    third = by_hand(tmp_path / "third", images={}, miou=0.1, dog=None)
    (dog,) = [
        row
        for row in lines(class_table(read_runs([folders[0], third]), stage="make_masks", split="train"))
        if row[0] == "dog"
    ]
    assert dog == ["dog", "50.0", "", ""]


def test_only_options_that_differ_are_shown_and_not_the_names_of_runs(runs: tuple[Compared, ...]):
    assert lines(option_table(runs)) == [["fit.classifier.colour_jitter", "0.0", "0.3"]]


def test_flat_keeps_lists_and_empty_groups():
    assert flat({"a": {"b": [1, 2], "c": {}}, "d": None}) == {"a.b": [1, 2], "a.c": {}, "d": None}


def test_sheets_hold_what_got_better_and_what_got_worse(runs: tuple[Compared, ...]):
    better, worse = gain_sheets(*runs, MASKS, count=6)
    assert [row.id for row in better.rows] == ["a"], "b differs by less than a hundredth, c was not scored before"
    assert [row.id for row in worse.rows] == ["d"]
    assert [panel.words for panel in better.rows[0].panels] == ["", "IoU 50.0", "IoU 90.0", ""]


def test_the_last_masks_are_chosen_unless_others_are_wanted(runs: tuple[Compared, ...]):
    assert chosen_masks(runs, wanted=None) == MASKS
    assert chosen_masks(runs, wanted="make_masks:train") == MASKS
    with pytest.raises(StoreError, match="--masks make_masks:val: these runs have in common: make_masks:train"):
        chosen_masks(runs, wanted="make_masks:val")


def test_runs_without_masks_in_common_are_refused(tmp_path: Path, folders: list[Path]):
    third = by_hand(tmp_path / "third", images={}, miou=0.1)
    (third / "store" / "evaluate" / ("2" * 16) / "items" / "images.json").write_text("{}")
    with pytest.raises(StoreError, match="no scored masks in common"):
        chosen_masks(read_runs([folders[0], third]), wanted=None)
    empty = by_hand(tmp_path / "empty", images={"a": None}, miou=0.1)
    with pytest.raises(StoreError, match="no scored image of train in common"):
        gain_sheets(*read_runs([folders[0], empty]), MASKS, count=6)


def test_one_run_and_no_run_are_refused(folders: list[Path], tmp_path: Path):
    with pytest.raises(StoreError, match="at least two runs"):
        read_runs(folders[:1])
    with pytest.raises(StoreError, match="is no run"):
        read_runs([folders[0], tmp_path])


def test_names_are_whole_paths_where_their_ends_are_the_same(tmp_path: Path):
    twins = [by_hand(tmp_path / place / "run" / "1", images={}, miou=0.1) for place in ("here", "there")]
    assert [run.name for run in read_runs(twins)] == [str(folder) for folder in twins]


def test_the_command_prints_tables_and_writes_pictures(
    folders: list[Path], tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
):
    monkeypatch.setattr("wsss.stages.progress.console", Console(width=200))
    main([*map(str, folders), "--out", str(tmp_path / "out")])
    printed = capsys.readouterr().out
    assert "colour_jitter" in printed
    assert "+12.0" in printed
    name = f"{tmp_path.name} other"
    pictures = sorted(path.name for path in (tmp_path / "out").iterdir())
    assert pictures == [f"{name} {word} than {tmp_path.name} first.jpg" for word in ("better", "worse")]
    assert str(tmp_path / "out" / pictures[0]) in printed
