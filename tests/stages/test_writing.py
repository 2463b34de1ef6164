"""Results become files, on threads or in processes."""

import threading
from pathlib import Path

import pytest
from shouting import Shouter

from wsss.stages.writing import submitting


def test_threads_write_where_there_is_no_writer(tmp_path: Path):
    writers = set()

    def write(path: Path, result: str) -> None:
        writers.add(threading.get_ident())
        path.write_text(result)

    with submitting(write, writer=None, count=1) as submit:
        for each in [submit(tmp_path / name, name.upper()) for name in "ab"]:
            each.result()
    assert [(tmp_path / name).read_text() for name in "ab"] == ["A", "B"]
    assert len(writers) == 1
    assert threading.get_ident() not in writers


def test_processes_open_a_writer_once_each(tmp_path: Path):
    shouter = Shouter(log=tmp_path / "log")
    with submitting(lambda path, result: None, writer=shouter, count=2) as submit:
        for each in [submit(tmp_path / name, name.upper()) for name in "abcd"]:
            each.result()
    assert [(tmp_path / name).read_text() for name in "abcd"] == ["A!", "B!", "C!", "D!"]
    assert 1 <= (tmp_path / "log").read_text().count("opened") <= 2


def test_what_a_process_raises_is_raised_here(tmp_path: Path):
    with submitting(lambda path, result: None, writer=Shouter(log=tmp_path / "log", fails_at="B"), count=1) as submit:
        first, second = submit(tmp_path / "a", "A"), submit(tmp_path / "b", "B")
        first.result()
        with pytest.raises(ZeroDivisionError):
            second.result()
    assert not (tmp_path / "b").exists()
