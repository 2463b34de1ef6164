"""Accepted lines of a table are read once each; lines that contradict or repeat one another are refused."""

from pathlib import Path

import pytest

from wsss.apps.audit.accepted import WORDS, read_changes
from wsss.errors import DataError


def table(folder: Path, *rows: str) -> Path:
    path = folder / "tags.csv"
    path.write_text("image,class,suggestion,accept\n" + "".join(f"{row}\n" for row in rows), encoding="utf-8")
    return path


def test_every_word_says_yes_or_no(tmp_path: Path):
    rows = [f"{number},cat,add,{word.upper()}" for number, word in enumerate(WORDS)]
    changes, refused = read_changes(table(tmp_path, *rows))
    assert [list(WORDS)[int(change.image)] for change in changes] == ["yes", "y", "x", "1", "true"]
    assert refused == len(WORDS) - len(changes)


@pytest.mark.parametrize(
    ("second", "message"),
    [
        ("a,cat,remove,yes", r"tags\.csv: lines 2 and 4 add and remove 'cat' at a: keep one line"),
        ("a,cat,add,x", r"tags\.csv: lines 2 and 4 both add 'cat' at a: keep one line"),
    ],
)
def test_two_accepted_lines_for_an_image_and_a_class_are_refused(tmp_path: Path, second: str, message: str):
    with pytest.raises(DataError, match=message):
        read_changes(table(tmp_path, "a,cat,add,yes", "b,cat,add,yes", second))


def test_a_second_line_that_nobody_accepted_does_not_count(tmp_path: Path):
    changes, refused = read_changes(table(tmp_path, "a,cat,add,yes", "a,cat,remove,no", "a,dog,add,yes"))
    assert [(change.name, change.line) for change in changes] == [("cat", 2), ("dog", 4)]
    assert refused == 1
