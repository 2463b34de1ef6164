"""`wsss data check` from the command line."""

import json
from pathlib import Path

import numpy as np
import pytest
from data_sets import LISTS, devkit, own_folder

from wsss.__main__ import main
from wsss.data.images import read_mask
from wsss.data.label_studio import task_of


def call(monkeypatch: pytest.MonkeyPatch, *arguments: object) -> int:
    """Run the command and return its exit code."""
    monkeypatch.setattr("sys.argv", ["wsss", "data", *map(str, arguments)])
    with pytest.raises(SystemExit) as stopped:
        main()
    return int(stopped.value.code or 0)


def test_a_good_devkit(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    root = devkit(tmp_path / "my kit")
    assert call(monkeypatch, "check", root, "--html", tmp_path / "new folder/a b.html") == 0
    out = capsys.readouterr().out.splitlines()
    assert f"wsss run dataset=voc 'dataset.root=\"{root}\"'" in out
    assert out[-2:] == [
        "a run takes this data set: 5 images, nothing to refuse",
        str(tmp_path / "new folder/a b.html"),
    ]
    assert (tmp_path / "new folder/a b.html").read_text(encoding="utf-8").startswith("<!doctype html>")


def test_a_bad_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    root = own_folder(tmp_path)
    (root / "images/a.png").write_bytes(b"")
    (root / "masks/b.png").write_bytes(b"")
    assert call(monkeypatch, "check", root) == 1
    assert "2 problems (image 1, mask 1)" in capsys.readouterr().out
    assert call(monkeypatch, "check", root, "--masks", "null", "--on-bad-image", "skip") == 0


def test_options_are_keys_of_a_run(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    root = devkit(tmp_path)
    (root / LISTS / "aug.txt").write_text("a\nb\n")
    given = [
        "--classes",
        "cat",
        "dog",
        "person",
        "--splits",
        f"aug={LISTS}/aug.txt",
        "--train",
        "aug",
        "--masks",
        "null",
    ]
    assert call(monkeypatch, "check", root, "--difficult", "false", *given) == 0
    assert capsys.readouterr().out.splitlines()[1] == (
        f"wsss run dataset=voc dataset.root={root} 'dataset.classes=[cat,dog,person]' "
        f"++dataset.splits.aug={LISTS}/aug.txt dataset.masks=null dataset.difficult=false splits.train=aug"
    )


def test_corrected_masks_are_taken_over(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    labels = np.array([[0, 1], [2, 2]], dtype=np.uint8)
    task = task_of("a.jpg", labels, name="a", classes=("cat", "dog"), model="wsss")
    tasks = [{**task, "annotations": task["predictions"]}, {"data": {"id": "b", "classes": ["cat", "dog"]}}]
    (tmp_path / "export.json").write_text(json.dumps(tasks), encoding="utf-8")
    assert call(monkeypatch, "masks", "export.json", "--out", "my masks") == 0
    assert capsys.readouterr().out.replace("\n", "") == (
        f"masks: 1, written to {tmp_path}/my masks; images without an annotation: 1"
    )
    assert read_mask(tmp_path / "my masks/a.png").tolist() == labels.tolist()
    assert call(monkeypatch, "masks", "export.json", "--classes", "cow") == 2
    assert "label 'cat' is not a class; there are: cow" in capsys.readouterr().err
    (tmp_path / "png").mkdir()
    assert call(monkeypatch, "masks", "png") == 2
    assert "png is a folder: masks as PNGs name no images; give --tasks tasks.json" in capsys.readouterr().err
    assert call(monkeypatch, "masks", "png", "--tasks", "export.json") == 2
    assert "holds no PNG such as" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["check", "nowhere"], "nowhere is not a folder"),
        (["check", ".", "--layout", "voc", "--labels", "labels.csv"], "dataset=voc has no option 'labels'"),
        (["check", ".", "--splits", "train"], "'train' is not NAME=VALUE"),
        (["check", ".", "dataset.labels=txt"], "dataset.labels=txt: write --labels txt"),
        (["audit", ".", "dataset.val_fraction=0.5"], "dataset.val_fraction=0.5: write --val-fraction 0.5"),
        (["check", "dataset=voc", "dataset.root=."], "dataset=voc: write --layout voc"),
        (["check", "dataset.root=my photos"], "dataset.root=my photos: write my photos alone"),
        (["check"], "name the folder that holds the data set"),
        ([], "the following arguments are required: check"),
    ],
)
def test_wrong_words(
    arguments: list[str],
    said: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.chdir(tmp_path)
    assert call(monkeypatch, *arguments) == 2
    assert said in capsys.readouterr().err


def test_help_shows_examples(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    assert call(monkeypatch, "check", "--help") == 0
    assert "wsss data check my_photos --masks masks --html check.html" in capsys.readouterr().out


def test_a_home_folder_that_is_a_file_is_not_needed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "home").touch()
    monkeypatch.setenv("HOME", str(tmp_path / "home"))
    assert call(monkeypatch, "check", devkit(tmp_path / "kit")) == 0


def test_a_temporary_folder_that_is_a_file_is_named(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "temp").touch()
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path / "temp"))
    assert call(monkeypatch, "check", devkit(tmp_path / "kit")) == 2
    (line,) = capsys.readouterr().err.splitlines()
    assert line.startswith(f"wsss: {tmp_path / 'temp'}/")
    assert "a file is where a folder is wanted" in line
