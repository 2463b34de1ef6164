"""Listed images that are not there, and the spelling under which they are."""

from pathlib import Path

import pytest

from wsss.data.layouts.label_row import LabelRow
from wsss.data.layouts.missing import missing_images
from wsss.data.listing import sentences


def row(image: str, line: int = 2) -> LabelRow:
    return LabelRow(image=image, names=("cat",), split=None, source=f"labels.csv, line {line}", line=line)


LEADS_OUT = "it leads out of it: put the image into 'images', and write its name below that"


@pytest.mark.parametrize(
    ("image", "remedy"),
    [
        ("images/0.png", "write names as they are below 'images', here '0.png'"),
        ("C:\\photos\\0.png", "write names as they are below 'images', here '0.png'"),
        ("sub\\1.png", "write / between folders, here 'sub/1.png'"),
        ("sub/1", "write names with their suffix, here 'sub/1.png'"),
        ("images/0", "write names with their suffix, here '0.png'"),
        ("SUB/1.PNG", "write capital letters as the files have them, here 'sub/1.png'"),
        ("a.heic", "it is there, but its suffix is not that of an image: save it as JPEG or PNG"),
        ("./0.png", "write names as they are below 'images', here '0.png'"),
        ("../images/0.png", "write names as they are below 'images', here '0.png'"),
        ("/etc/passwd", LEADS_OUT),
        ("../x.png", LEADS_OUT),
        ("sub", "it is a folder: name the images in it, a line each"),
        ("1.png", "put it there, or delete the line"),
        ("sub/2.png", "did you mean 'sub/1.png'? Else put it there, or delete the line"),
        ("wholly different", "put it there, or delete the line"),
    ],
)
def test_the_remedy_fits(image: str, remedy: str, tmp_path: Path):
    (tmp_path / "images" / "sub").mkdir(parents=True)
    there = {name: name for name in ("0.png", "sub/1.png")}
    (problem,) = missing_images([row(image)], there, others=("a.heic",), folder="images", root=tmp_path)
    assert problem.why == f"labels.csv, line 2: {image!r} is not in 'images'; {remedy}"


def test_equal_complaints_are_told_once(tmp_path: Path):
    rows = [row(f"images/{i}.png", line=i + 2) for i in range(3000)]
    there = {f"{i}.png": f"{i}.png" for i in range(3000)}
    ((kind, sentence),) = sentences(missing_images(rows, there, others=("a.heic",), folder="images", root=tmp_path))
    assert kind == "list"
    assert sentence == (
        "labels.csv, line 2: 'images/0.png' is not in 'images'; write names as they are below 'images', here '0.png'; "
        "the same of 2999 more: 'images/1.png' (line 3), 'images/2.png' (line 4), 'images/3.png' (line 5) and 2996 more"
    )


def test_two_complaints_are_told_apart(tmp_path: Path):
    rows = [row("images/0.png"), row("gone.png", line=3), row("lost.png", line=4), row("images/1.png", line=5)]
    told = sentences(
        missing_images(rows, {"0.png": "0.png", "1.png": "1.png"}, others=("a.heic",), folder="images", root=tmp_path)
    )
    assert len(told) == 2


def test_a_name_longer_than_any_file_is_cut_short(tmp_path: Path):
    (problem,) = missing_images([row("x" * 5000)], {"0.png": "0.png"}, others=(), folder="images", root=tmp_path)
    assert problem.why == (
        f"labels.csv, line 2: '{'x' * 100}'... (5,000 letters) is not in 'images'; put it there, or delete the line"
    )


@pytest.mark.parametrize("name", ["", ".", "/", "./"])
def test_a_name_of_no_file_is_like_no_other(name: str, tmp_path: Path):
    (problem,) = missing_images([row(name)], {"0.png": "0.png"}, others=(), folder="images", root=tmp_path)
    assert f"{name!r} is not in 'images'" in problem.why
