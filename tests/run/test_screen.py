"""The screen of a run, on rows written by hand."""

from dataclasses import replace
from pathlib import Path

import pytest

from wsss.engine.progress import console
from wsss.models.weights.downloads import Download
from wsss.run.screen import (
    FEW,
    Expectation,
    Row,
    show_cached,
    show_data,
    show_downloads,
    show_outcome,
    show_plan,
    show_stage,
    show_unread,
)

ROWS = [
    Row(stage="index_data", fingerprint="0" * 16, state="cached", reads=()),
    Row(
        stage="extract_cams",
        fingerprint="1" * 16,
        state="resume",
        reads=("index_data",),
        expected=Expectation(seconds=40.0, size=2_000_000, like=3),
    ),
    Row(stage="make_masks", fingerprint="2" * 16, state="run", reads=("index_data", "extract_cams")),
    Row(
        stage="report",
        fingerprint="3" * 16,
        state="run",
        reads=("index_data",),
        expected=Expectation(seconds=5.0, size=1_000_000, like=1),
    ),
]


def words(printed: str) -> dict[str, list[str]]:
    return {line.split()[0]: line.split()[1:] for line in printed.splitlines() if line.strip()}


def test_a_plan_adds_up_what_is_known(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(console, "_width", 80)
    show_plan(ROWS)
    rows = words(capsys.readouterr().out)
    assert rows["index_data"] == ["0" * 16, "cached"]
    assert rows["make_masks"] == ["2" * 16, "run"]
    assert rows["extract_cams"][1:] == ["resume", "40", "s", "2.0", "MB", "3", "earlier"]
    assert rows["total"] == ["45", "s", "3.0", "MB", "1", "not", "known"]


def test_a_plan_of_what_is_there_has_no_total(capsys: pytest.CaptureFixture[str]) -> None:
    show_plan(ROWS[:1])
    assert "total" not in capsys.readouterr().out


def test_a_stage_says_its_place_and_the_time_that_is_left_where_all_of_it_is_known(
    capsys: pytest.CaptureFixture[str],
) -> None:
    known = Expectation(seconds=600.0, size=1, like=1)
    show_stage("make_masks", number=3, count=9, expected=[known, known])
    show_stage("report", number=9, count=9, expected=[known, None])
    assert capsys.readouterr().out == "stage 3 of 9: make_masks, about 20 min 00 s left\nstage 9 of 9: report\n"


def test_what_no_stage_reads_is_said_with_what_to_do(capsys: pytest.CaptureFixture[str]) -> None:
    show_unread(["train_recam"])
    assert capsys.readouterr().out == (
        "note: no stage reads train_recam, which changes no mask: leave it out (pipeline.train_recam=null), "
        "or let one read it (pipeline.STAGE.reads.ROLE=train_recam)\n"
    )


def test_the_data_are_counted_and_classes_with_few_images_named(capsys: pytest.CaptureFixture[str]) -> None:
    show_data({"train": 30, "val": 12}, {"ant": 40, "bee": FEW})
    show_data({"train": 30}, {"ant": 9, "bee": 2})
    show_data({"train": 30}, dict.fromkeys("abcdef", 1))
    assert capsys.readouterr().out.splitlines() == [
        "images: 30 for train, 12 for val; classes: 2",
        "images: 30 for train; classes: 2; fewer than 10 images show bee 2, ant 9",
        "images: 30 for train; classes: 6; fewer than 10 images show a 1, b 1, c 1, d 1, e 1, ...",
    ]


def test_the_outcome_ends_with_the_report_or_with_the_folder(
    capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    show_cached(9)
    show_outcome(tmp_path, {}, said="sent")
    assert capsys.readouterr().out == f"nothing to do: all 9 stages are cached\nsent\n{tmp_path}\n"
    (tmp_path / "report.html").touch()
    show_outcome(tmp_path, {"evaluate": {"val": {"miou": 0.5}}})
    printed = capsys.readouterr().out
    assert "50.0" in printed
    assert printed.splitlines()[-1] == str(tmp_path / "report.html")


def test_downloads_are_named_with_size_and_licence(capsys: pytest.CaptureFixture[str]) -> None:
    told = Download(name="net", source="https://x/net.safetensors", size=345_000_000, licence="mit")
    show_downloads([told, replace(told, name="other", licence="")])
    first, second = capsys.readouterr().out.splitlines()
    assert first == (
        "downloads net: https://x/net.safetensors, about 345.0 MB, licence mit, unless it was downloaded before"
    )
    assert "other" in second
    assert "whose licence timm does not note" in second
