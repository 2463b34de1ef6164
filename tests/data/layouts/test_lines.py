"""Files of lines, whatever is wrong with single lines."""

from pathlib import Path

import pytest

from wsss.data.layouts.lines import read_lines


def test_lines_keep_their_numbers_and_lose_a_byte_order_mark(tmp_path: Path):
    (tmp_path / "list.txt").write_bytes(b"\xef\xbb\xbfa\r\n\r\nb")
    assert read_lines(tmp_path / "list.txt", kind="list") == (["a\r\n", "\r\n", "b"], [])


def test_a_line_in_another_encoding(tmp_path: Path):
    path = tmp_path / "list.txt"
    path.write_bytes(b"a\n\xff\nb\n\xfe\n")
    lines, problems = read_lines(path, kind="list")
    assert lines == ["a\n", "\n", "b\n", "\n"]
    assert [problem.name for problem in problems] == ["line 2", "line 4"]
    assert (
        problems[0].why
        == f"{path}, line 2: this is not UTF-8 but most likely Latin-1 or Windows-1252: save it as UTF-8"
    )


@pytest.mark.parametrize("encoding", ["utf-16", "utf-16-le", "utf-16-be"])
def test_a_file_of_two_bytes_a_letter_is_refused_once(encoding: str, tmp_path: Path):
    (tmp_path / "list.txt").write_text("a\nb\n", encoding=encoding)
    lines, (problem,) = read_lines(tmp_path / "list.txt", kind="label")
    assert (lines, problem.kind) == ([], "label")
    assert problem.why.endswith("list.txt, line 1: this is not UTF-8 but most likely UTF-16: save it as UTF-8")


def test_a_workbook_is_named(tmp_path: Path):
    (tmp_path / "list.txt").write_bytes(b"PK\x03\x04" + bytes(range(256)))
    lines, (problem,) = read_lines(tmp_path / "list.txt", kind="label")
    assert lines == []
    assert "not UTF-8 but a workbook or another ZIP: save it as CSV" in problem.why
