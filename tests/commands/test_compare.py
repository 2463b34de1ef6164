"""`wsss compare`: words in, tables and pictures out."""

from pathlib import Path

import pytest
from compared_runs import two_runs, without_masks
from rich.console import Console

from wsss.commands.compare import main, parsed
from wsss.errors import ConfigError, StoreError


def test_the_command_prints_tables_and_writes_pictures(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
):
    folders = two_runs(tmp_path)
    monkeypatch.setattr("wsss.engine.console", Console(width=200))
    main([*map(str, folders), "--out", str(tmp_path / "out")])
    printed = capsys.readouterr().out
    assert "colour_jitter" in printed
    assert "+12.0" in printed
    name = f"{tmp_path.name} other"
    made = sorted(path.name for path in (tmp_path / "out").iterdir())
    charts = ["scores make_masks train.svg", "thresholds extract_cams train.svg"]
    sheets = [f"{name} {word} than {tmp_path.name} first.jpg" for word in ("better", "worse")]
    assert made == sorted(charts + sheets)
    assert all(str(tmp_path / "out" / each) in printed for each in made)


def test_runs_without_a_true_mask_are_compared_by_the_other_scores(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
):
    folders = [
        without_masks(folder, agreement=share) for folder, share in zip(two_runs(tmp_path), (0.5, 0.6), strict=True)
    ]
    monkeypatch.setattr("wsss.engine.console", Console(width=200))
    main([*map(str, folders), "--out", str(tmp_path / "out")])
    printed = capsys.readouterr().out
    assert all(word in printed for word in ("colour_jitter", "predict_masks", "agreement", "50.0", "60.0", "+10.0"))
    assert "no image has a true mask" in printed
    assert list((tmp_path / "out").iterdir()) == []
    with pytest.raises(StoreError, match="no scored masks in common"):
        main([*map(str, folders), "--out", str(tmp_path / "out"), "--masks", "make_masks:train"])


def test_groups_are_separated_and_options_may_stand_anywhere():
    options, sizes = parsed(["a", "b", "--images", "3", "--", "c", "--out", "here"])
    assert (options.runs, sizes) == ([Path("a"), Path("b"), Path("c")], [2, 1])
    assert (options.images, options.out) == (3, Path("here"))


def test_an_empty_group_is_refused(capsys: pytest.CaptureFixture[str]):
    with pytest.raises(SystemExit):
        parsed(["a", "--"])
    assert "the following arguments are required: RUN" in capsys.readouterr().err


@pytest.mark.parametrize("keys", ["", ","])
def test_groups_by_no_option_are_refused(tmp_path: Path, keys: str):
    with pytest.raises(ConfigError, match="--group-by names no option: name some, as in --group-by cam,refine"):
        main([*map(str, two_runs(tmp_path)), "--group-by", keys])


def test_groups_are_made_in_one_way(tmp_path: Path):
    first, other = map(str, two_runs(tmp_path))
    with pytest.raises(ConfigError, match="leave `--` between runs away"):
        main([first, "--", other, "--group-by", "cam"])


@pytest.mark.parametrize(
    ("words", "said"), [(["--images", "0"], "--images must be at least 1"), (["--out", "FILE"], "File exists")]
)
def test_options_that_cannot_be_are_refused_before_a_table_is_printed(
    words: list[str], said: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
):
    (tmp_path / "file").touch()
    words = [str(tmp_path / "file") if word == "FILE" else word for word in words]
    with pytest.raises((ConfigError, FileExistsError), match=said):
        main([*map(str, two_runs(tmp_path)), *words])
    assert capsys.readouterr().out == ""


def test_runs_are_taken_together_by_their_options(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
):
    folders = two_runs(tmp_path)
    monkeypatch.setattr("wsss.engine.console", Console(width=200))
    main([*map(str, folders), "--group-by", "fit.classifier", "--out", str(tmp_path / "out")])
    assert "fit.classifier.colour_jitter=0.3" in capsys.readouterr().out
