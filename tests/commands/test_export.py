"""`wsss export` from the command line."""

import json
from pathlib import Path

import command_line
import pytest
from toy_runs import Run


def test_a_run_is_exported_in_every_way_and_the_file_is_named_last(
    toy_run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    cases = {
        "coco": ("val.json", "regions of"),
        "folder": ("hub", "files"),
        "torch-export": ("net.pt2", "compared on 1 images: 0.0000% of the pixels"),
    }
    for form, (out, said) in cases.items():
        check = ("--check", "1") if form == "torch-export" else ()
        assert command_line.call("export", monkeypatch, toy_run.out, "--to", form, "--out", out, *check) == 0
        printed = capsys.readouterr().out
        assert said in printed
        assert printed.splitlines()[-1] == str(tmp_path / out)
        assert Path(out).exists()
    assert len(json.loads(Path("val.json").read_text(encoding="utf-8"))["images"]) > 1


@pytest.mark.parametrize(
    ("words", "said"),
    [
        ("--to coco --out a.json --check 1", "--check is about onnx and torch-export: leave it out of --to coco"),
        ("--to onnx --out a.onnx --split val", "--split is about coco and voc-archive: leave it out of --to onnx"),
        ("--to coco --out a.json --list a.txt", "--list names images of a folder: name that with --images"),
        (
            "--to coco --out a.json --split val --images .",
            "--split is what the run predicted, --images is predicted now",
        ),
        ("--to onnx --out a.onnx --check -1", "--check -1: compare on 0 images or more"),
        ("--to torch-export --out a.onnx", "--out a.onnx: name a file with the suffix .pt2"),
        ("--to voc-archive --out a.tgz", "the server knows VOC's 20 classes, and this run has others"),
        ("--to coco --out a.json --split test", "--split test: predict_masks predicted train, val"),
    ],
)
def test_options_that_do_not_go_together_are_refused(
    words: str, said: str, toy_run: Run, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    assert command_line.call("export", monkeypatch, toy_run.out, *words.split()) == 2
    assert said in capsys.readouterr().err
