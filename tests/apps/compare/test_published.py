"""A run beside published figures: its own score, the figure, and a word where the data are others."""

from pathlib import Path
from unittest.mock import patch

import pytest
from compared_runs import by_hand
from rich.console import Console

from wsss.apps.compare.compared import read_each
from wsss.apps.compare.published import beside_published
from wsss.apps.compare.published_figures import Figure
from wsss.commands.compare import main
from wsss.errors import ConfigError

FOUND = "wsss.apps.compare.published.FIGURES"


def figures(images: int) -> dict[str, tuple[Figure, ...]]:
    common = {"split": "train", "images": images, "source": "a paper"}
    masks = Figure(stage="make_masks", published="48.3", others="48.1, 50.1", **common)
    return {"first": (masks, Figure(stage="predict_crf", published="68.5", **common))}


def run_of(folder: Path) -> Path:
    return by_hand(folder / "first", images={"a": 0.5, "b": 0.5, "c": None, "d": 0.25}, miou=0.3)


def shown(folder: Path, images: int) -> list[list[str]]:
    with patch.dict(FOUND, figures(images)):
        table = beside_published(read_each([run_of(folder)])[0])
    return [list(column.cells) for column in table.columns]


def test_scores_stand_beside_what_was_published(tmp_path: Path):
    stages, splits, own, published, others, sources = shown(tmp_path, 4)
    assert stages == ["make_masks", "predict_crf"]
    assert splits == ["train", "train"]
    assert own == ["30.0", "–"]
    assert published == ["48.3", "68.5"]
    assert others == ["48.1, 50.1", "–"]
    assert sources == ["a paper", "a paper"]


def test_other_data_are_told(tmp_path: Path):
    assert shown(tmp_path, 1464)[2] == ["30.0 (other data: 4 images in place of 1,464)", "–"]


def test_the_command_prints_it_for_one_run(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
):
    monkeypatch.setattr("wsss.engine.console", Console(width=200))
    with patch.dict(FOUND, figures(4)):
        main([str(run_of(tmp_path)), "--published"])
    assert "48.1, 50.1" in capsys.readouterr().out


def test_refusals(tmp_path: Path):
    folder = str(run_of(tmp_path))
    with pytest.raises(ConfigError, match="no figures are kept for the experiment 'first'; they are for: voc12_cam"):
        main([folder, "--published"])
    with pytest.raises(ConfigError, match="--published takes runs one by one"):
        main([folder, "--published", "--group-by", "cam"])
