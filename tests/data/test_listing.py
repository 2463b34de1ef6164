"""Listings and their problems: equal complaints are told once, and a run raises all of them."""

from pathlib import Path

import pytest

from wsss.data.listing import Listing, Problem, parted, refuse, sentences
from wsss.errors import DataError, FileError


def problem(name: str, complaint: str = "", *, kind: str = "list") -> Problem:
    return Problem(kind=kind, why=f"{name} {complaint or 'is odd'}", name=name, complaint=complaint)


def test_rows_and_problems_are_parted():
    wrong = problem("a")
    assert parted(iter(["x", wrong, "y"])) == (["x", "y"], [wrong])


def test_equal_complaints_are_told_once_with_the_first_names():
    problems = [problem(str(i), "is gone") for i in range(6)]
    assert sentences(problems) == [("list", "0 is gone; the same of 5 more: 1, 2, 3 and 2 more")]
    assert sentences(problems[:2]) == [("list", "0 is gone; the same of 1 more: 1")]
    assert sentences(problems[:1]) == [("list", "0 is gone")]


def test_others_keep_their_order_and_are_told_each():
    problems = [problem("a"), problem("b", "is gone"), problem("c"), problem("d", "is gone"), problem("e", "is torn")]
    assert [sentence for _, sentence in sentences(problems)] == [
        "a is odd",
        "b is gone; the same of 1 more: d",
        "c is odd",
        "e is torn",
    ]


def test_kinds_are_not_mixed():
    assert len(sentences([problem("a", "is torn", kind="image"), problem("b", "is torn", kind="mask")])) == 2


def test_one_and_several_refusals():
    refuse([])
    one, two = problem("a", "is empty", kind="image"), problem("b", "is of another size", kind="mask")
    with pytest.raises(DataError, match=r"^a is empty; dataset\.on_bad_image=skip leaves out images that"):
        refuse([one])
    with pytest.raises(DataError, match=r"^b is of another size$"):
        refuse([two])
    said = r"^2 problems of the data set:\n  a is empty\n  b is of another size\n  dataset\.on_bad_image=skip"
    with pytest.raises(DataError, match=said):
        refuse([one, two])


def test_a_listing_with_problems_is_raised():
    good = Listing(root=Path())
    assert good.or_raise() is good
    with pytest.raises(DataError, match=r"^a is odd$"):
        Listing(root=Path(), problems=(problem("a"),)).or_raise()


def test_files_of_one_complaint_are_alike():
    files = [Problem.of_file(FileError(Path(f"/x/{i}.png"), "is empty"), kind="image", name=f"{i}.png") for i in "ab"]
    assert sentences(files) == [("image", "/x/a.png is empty; the same of 1 more: b.png")]
