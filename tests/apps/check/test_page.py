"""The page of a check."""

from datetime import UTC, datetime
from pathlib import Path

from data_sets import annotate, checked, devkit
from page_reader import Reader

from wsss.apps.check.page import render_check
from wsss.data.layouts.voc import VOC

NOW = datetime(2026, 1, 2, 3, 4, tzinfo=UTC)


def page_of(root: Path) -> str:
    return render_check(checked(VOC(root=root)), command="wsss run 'dataset=<voc>'", created=NOW)


def test_it_is_one_file_with_everything(tmp_path: Path) -> None:
    root = devkit(tmp_path / "<b>kit")
    annotate(root, "a", ["cat"])
    (root / "JPEGImages/e.png").write_bytes(b"")
    page = page_of(root)
    assert page.startswith("<!doctype html>")
    assert "://" not in page
    assert "<script" not in page
    text = Reader(page).text
    for words in (
        "Check of <b>kit",
        "wsss run 'dataset=<voc>'",
        "a run refuses this data set: 1 problem (image 1)",
        "e.png is empty (0 bytes)",
        "Images of each class",
        "Labels against masks",
        "Classes shown together",
        "no pixel of 'cat'; no label 'dog': 1 pixel",
    ):
        assert words in text
    assert page.count("data:image/webp") == 2, "a photograph, and its mask over it"


def test_shares_of_classes_shown_together(tmp_path: Path) -> None:
    """Of two images with a person one shows a dog; of three with a dog, one a person."""
    page = page_of(devkit(tmp_path))
    assert 'title="person with dog: 50.0 %">1</td>' in page
    assert 'title="dog with person: 33.3 %">1</td>' in page


def test_a_data_set_that_cannot_be_listed_has_a_page_too(tmp_path: Path) -> None:
    text = Reader(page_of(tmp_path)).text
    assert "is not a VOC devkit" in text
    assert "Splits" not in text
