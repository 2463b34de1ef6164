"""What separates columns, which of them are read, and lines that do not fit."""

from pathlib import Path

import pytest

from wsss.data.layouts.csv_table import MOST_LETTERS, CsvTable, read_table
from wsss.data.listing import Problem

PATH = Path("labels.csv")


def table(text: str) -> CsvTable:
    read = read_table(PATH, text.splitlines(keepends=True), key="image")
    assert isinstance(read, CsvTable)
    return read


@pytest.mark.parametrize(
    ("header", "names"),
    [
        ("image,labels", ["image", "labels"]),
        ("image;labels", ["image", "labels"]),
        ("labels\tIMAGE", ["labels", "IMAGE"]),
        ('"image";"la,bels"', ["image", "la,bels"]),
        ("image,a;b", ["image", "a;b"]),
        ("a;b,c", ["a;b", "c"]),
    ],
)
def test_the_key_tells_what_separates_columns(header: str, names: list[str]):
    assert table(f"{header}\n").names == names


def test_excel_says_what_separates_columns():
    read = table("sep=|\r\nimage|labels\r\na|b\r\n")
    assert (read.names, read.line, list(read.rows)) == (["image", "labels"], 2, [(3, ["a", "b"])])
    assert read.notes == ["labels.csv separates columns with '|'"]


def test_columns_without_a_name_are_left_out():
    read = table(",image,,labels,\n0,a.png,x,cat,\n")
    assert (read.names, list(read.rows)) == (["image", "labels"], [(2, ["a.png", "cat"])])
    assert read.notes == ["labels.csv has 2 columns without a name, which are not read"]


def test_empty_columns_at_the_end_are_nothing():
    read = table("image,labels,,\na,b\nc,d,,,\n")
    assert (list(read.rows), read.notes) == ([(2, ["a", "b"]), (3, ["c", "d"])], [])


def test_a_cell_that_has_no_column():
    row, problem = table("image,labels,\na,b\na,cat,dog\n").rows
    assert row == (2, ["a", "b"])
    assert isinstance(problem, Problem)
    why, remedy = "labels.csv, line 3 has 3 columns and the header 2", "separate labels with ';'"
    assert problem.why == f"{why}: {remedy}, and put names with commas in quotes"


def test_a_cell_of_any_length():
    (problem,) = table(f"image,labels\na,{'x' * (MOST_LETTERS + 1)}\n").rows
    assert isinstance(problem, Problem)
    assert problem.why == "labels.csv, line 2: a cell has more than 131,072 letters; is a quote missing before it?"


@pytest.mark.parametrize("text", ["", "\n \n", ",,\n"])
def test_a_table_of_nothing(text: str):
    assert (table(text).names, list(table(text).rows)) == ([], [])
