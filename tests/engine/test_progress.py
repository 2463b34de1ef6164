"""What is shown while a stage works; without a terminal, its last state."""

import json
import re
from pathlib import Path

import pytest
from rich.progress import Progress
from rich.table import Table

from wsss.engine.progress import Rate, Times, bar, console


def test_the_last_state_is_printed(capsys: pytest.CaptureFixture[str]):
    with bar("extract_cams", total=5, unit="images", done=2) as advance:
        advance()
        advance(2, note="loss 0.5")
    (line,) = [line for line in capsys.readouterr().out.splitlines() if line.strip()]
    assert re.match(r"extract_cams +\S+ +5/5 ", line)
    assert line.rstrip().endswith("loss 0.5")
    assert "images/s" in line


def test_without_a_terminal_a_line_a_minute_says_how_far_it_is(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
):
    now = [0.0]
    monkeypatch.setattr("wsss.engine.progress.time.monotonic", lambda: now[0])
    with bar("fit", total=10, unit="steps") as advance:
        for seconds in (59.0, 60.0, 61.0, 119.0, 121.0):
            now[0] = seconds
            advance(note=f"loss {seconds:.0f}")
        said = [line.split() for line in capsys.readouterr().out.splitlines() if line.strip()]
        assert [(line[0], line[1], line[-1]) for line in said] == [("fit", "2/10", "60"), ("fit", "5/10", "121")]
    assert "5/10" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("each", "rate", "left", "took"),
    [
        (0.5, "2.0 steps/s", "0:00:05 left", "0:00:10 in all"),
        (25.0, "25.0 s/step", "0:04:10 left", "0:08:20 in all"),
    ],
)
def test_rates_below_one_are_seconds_a_unit_and_times_say_what_they_are(each: float, rate: str, left: str, took: str):
    now = [0.0]
    progress = Progress(Rate(), Times(), get_time=lambda: now[0], speed_estimate_period=1e6, disable=True)
    number = progress.add_task("fit", total=20, unit="steps")
    (task,) = progress.tasks
    assert (Rate().render(task).plain, Times().render(task).plain) == ("", "")
    for step in range(20):
        if step == 10:
            assert (Rate().render(task).plain, Times().render(task).plain) == (rate, left)
        now[0] += each
        progress.update(number, advance=1)
    assert (Rate().render(task).plain, Times().render(task).plain) == (rate, took)


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
    console.print("a\x1b[31mb")
    printed = capsys.readouterr().out
    assert "\x1b" not in printed
    assert "title" in printed


def test_names_are_printed_as_they_are(capsys: pytest.CaptureFixture[str]):
    """Rich takes `[red]` for a colour, `[/x]` for a mistake and `:cat:` for a picture."""
    name = "[red]a[/x]/:cat:.png"
    table = Table("name", show_header=False, show_edge=False)
    table.add_row(name)
    for said in (name, table):
        console.print(said)
        assert capsys.readouterr().out.strip() == name


def test_whoever_asks_reads_how_far_it_is(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    now = [100.0]
    monkeypatch.setattr("wsss.engine.progress.time.monotonic", lambda: now[0])
    monkeypatch.setenv("WSSS_PROGRESS", str(tmp_path / "progress.json"))

    def told() -> tuple[float, float]:
        read = json.loads((tmp_path / "progress.json").read_text(encoding="utf-8"))
        return read["done"], read["total"]

    with bar("fit", total=10, unit="steps", done=1) as advance:
        advance()
        assert told() == (2, 10)
        advance()
        assert told() == (2, 10)  # not every step is worth a write
        now[0] += 1.0
        advance()
        assert told() == (4, 10)
        advance(6)
    assert told() == (10, 10)
    assert [path.name for path in tmp_path.iterdir()] == ["progress.json"]
