"""Streams that are closed, too narrow, or not read to the end: as a shell makes them."""

import errno
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from io import BytesIO, TextIOWrapper
from pathlib import Path
from typing import BinaryIO

import pytest

from wsss.engine.streams import announce, open_streams, printing, read_to_the_end

WRITES = """
import sys
from pathlib import Path
from wsss.engine.progress import console
from wsss.engine.streams import open_streams, read_to_the_end
open_streams()
with read_to_the_end():
    {code}
"""
MANY = "for number in range(99999): {print}('line', number)"


def shell(line: str, *, code: str, folder: Path, **variables: str) -> "subprocess.CompletedProcess[bytes]":
    """Call Python on code within the streams of a command, in a line of bash."""
    words = ["bash", "-c", line, "bash", sys.executable, WRITES.format(code=code)]
    return subprocess.run(words, capture_output=True, cwd=folder, env={**os.environ, **variables}, check=False)


@pytest.mark.parametrize("print_", ["print", "console.print"])
def test_a_reader_that_has_seen_enough_ends_it_in_silence(print_: str, tmp_path: Path) -> None:
    done = shell('"$1" -c "$2" | head -1; echo ${PIPESTATUS[0]}', code=MANY.format(print=print_), folder=tmp_path)
    assert done.stdout == b"line 0\n141\n"
    assert done.stderr == b""


def test_what_is_written_at_the_very_end_is_no_exception(tmp_path: Path) -> None:
    code = "from wsss.engine import streams\n    while not streams._nobody_reads(): pass\n    print(1)"
    done = shell('"$1" -c "$2" | true; echo ${PIPESTATUS[0]}', code=code, folder=tmp_path)
    assert (done.stdout, done.stderr) == (b"141\n", b"")


def test_another_pipe_that_breaks_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(BrokenPipeError, match="another"), read_to_the_end():
        raise BrokenPipeError("another")


@pytest.mark.parametrize("closed", ["<&-", ">&-", "2>&-", "<&- >&- 2>&-"])
def test_a_closed_stream_takes_everything_and_no_file_its_place(closed: str, tmp_path: Path) -> None:
    code = "file = open('made', 'w'); print('out'); sys.stderr.write('err'); sys.stdin.read(); file.write('file')"
    done = shell(f'exec {closed}; "$1" -c "$2"', code=code, folder=tmp_path)
    assert done.returncode == 0, done.stderr
    assert (tmp_path / "made").read_text() == "file"


def test_characters_that_a_stream_lacks_are_escaped(monkeypatch: pytest.MonkeyPatch) -> None:
    narrow, lone = BytesIO(), BytesIO()
    monkeypatch.setattr(sys, "stdout", TextIOWrapper(narrow, encoding="ascii"))
    monkeypatch.setattr(sys, "stderr", TextIOWrapper(lone, encoding="utf-8"))
    open_streams()
    sys.stdout.write("schön")
    sys.stderr.write(os.fsdecode(b"caf\xe9"))
    sys.stdout.flush()
    sys.stderr.flush()
    assert narrow.getvalue() == b"sch\\xf6n"
    assert lone.getvalue() == b"caf\\udce9"


def test_a_terminal_that_is_gone_hides_no_other_end(monkeypatch: pytest.MonkeyPatch) -> None:
    class Gone(TextIOWrapper):
        def flush(self) -> None:
            raise OSError(5, "Input/output error")

    monkeypatch.setattr(sys, "stdout", Gone(BytesIO()))
    with pytest.raises(SystemExit, match=str(128 + signal.SIGHUP)), read_to_the_end():
        sys.exit(128 + signal.SIGHUP)


@pytest.fixture
def full() -> Iterator[BinaryIO]:
    """A file that takes nothing, as on a full disk."""
    path = Path("/dev/full")
    if not path.exists():
        pytest.skip("there is no /dev/full here")
    with path.open("wb") as file:
        yield file


@pytest.mark.parametrize("unbuffered", ["", "1"])
@pytest.mark.parametrize("words", ["--help", "--version", "store ls --store .", "store ls --help"])
def test_a_stdout_that_is_full_is_said_in_a_line(words: str, unbuffered: str, full: BinaryIO, tmp_path: Path) -> None:
    command = [sys.executable, "-m", "wsss", *words.split()]
    variables = {**os.environ, "PYTHONUNBUFFERED": unbuffered}
    done = subprocess.run(command, stdout=full, stderr=subprocess.PIPE, cwd=tmp_path, env=variables, check=False)
    assert done.returncode == 2
    assert done.stderr == (
        b"wsss: stdout cannot be written (No space left on device): print elsewhere, or free some space\n"
    )


def test_an_end_of_its_own_stays_so_where_stdout_is_full(full: BinaryIO) -> None:
    command = [sys.executable, "-c", WRITES.format(code="print('lost'); sys.exit(7)")]
    variables = {**os.environ, "PYTHONUNBUFFERED": ""}
    done = subprocess.run(command, stdout=full, stderr=subprocess.PIPE, env=variables, check=False)
    assert (done.returncode, done.stderr) == (7, b"")


def test_a_full_disk_beside_a_stdout_that_can_be_written_is_passed_on(tmp_path: Path) -> None:
    with pytest.raises(OSError, match="other"), printing():
        raise OSError(errno.ENOSPC, "other")


def test_what_begins_is_said_on_a_terminal_alone(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]):
    announce("loading")
    assert capsys.readouterr() == ("", "")
    monkeypatch.setattr(sys.stderr, "isatty", lambda: True)
    announce("loading")
    assert capsys.readouterr() == ("", "loading ...\n")


@pytest.mark.parametrize("words", ["nope", "store ls --nope", "store ls --store gone", "data check gone"])
def test_a_stderr_that_is_full_changes_no_exit_code(words: str, full: BinaryIO, tmp_path: Path) -> None:
    command = [sys.executable, "-m", "wsss", *words.split()]
    variables = {**os.environ, "PYTHONUNBUFFERED": ""}
    done = subprocess.run(command, stdout=full, stderr=full, cwd=tmp_path, env=variables, check=False)
    assert done.returncode == 2
