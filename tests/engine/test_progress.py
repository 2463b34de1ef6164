"""What is shown while a stage works; without a terminal, its last state."""

import re

import pytest
from rich.table import Table

from wsss.engine.progress import bar, console


def test_the_last_state_is_printed(capsys: pytest.CaptureFixture[str]):
    with bar("extract_cams", total=5, unit="images", done=2) as advance:
        advance()
        advance(2, note="loss 0.5")
    (line,) = [line for line in capsys.readouterr().out.splitlines() if line.strip()]
    assert re.match(r"extract_cams +\S+ +5/5 ", line)
    assert line.rstrip().endswith("loss 0.5")
    assert "images/s" in line


def test_a_note_stays_until_the_next(capsys: pytest.CaptureFixture[str]):
    with bar("fit", total=2, unit="steps") as advance:
        advance(note="loss 1.0")
        advance()
    assert "loss 1.0" in capsys.readouterr().out


def test_a_bar_ends_where_the_work_failed(capsys: pytest.CaptureFixture[str]):
    def fails() -> None:
        with bar("fit", total=2, unit="steps") as advance:
            advance()
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        fails()
    assert "1/2" in capsys.readouterr().out


def test_lines_are_not_wrapped(capsys: pytest.CaptureFixture[str]):
    console.print("x" * 500)
    assert capsys.readouterr().out == "x" * 500 + "\n"


def test_control_characters_of_names_are_not_sent_to_a_terminal(capsys: pytest.CaptureFixture[str]):
    table = Table("name")
    table.add_row("\x1b]0;title\x07.png")
    console.print(table)
    console.print("a\x1b[31mb", markup=False)
    printed = capsys.readouterr().out
    assert "\x1b" not in printed
    assert "title" in printed
