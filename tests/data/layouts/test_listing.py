"""Files of lines, read to the end whatever is wrong with single lines."""

from pathlib import Path

import pytest

from wsss.data.layouts.label_file import read_labels
from wsss.data.layouts.listing import MOST_LINES, ambiguous, masks_of, read_every_line
from wsss.data.layouts.voc import read_list


def test_every_bad_line_is_named_and_the_others_are_read(tmp_path: Path):
    path = tmp_path / "list.txt"
    path.write_text("a\nb\na\n\nc\nb\nd\n")
    ids, complaints = read_every_line(path, read_list)
    assert ids == ("a", "b", "c", "d")
    assert [line.split(":")[0] for line in complaints] == [
        f"{path} lists a twice, in lines 1 and 3",
        f"{path} lists b twice, in lines 2 and 6",
    ]


def test_tables_keep_the_numbers_of_their_lines(tmp_path: Path):
    path = tmp_path / "labels.csv"
    path.write_text("image,labels\na.jpg,cat\nb.jpg,cat,dog,cow\n,dog\na.jpg,dog\nc.jpg,\n")
    rows, complaints = read_every_line(path, read_labels)
    assert [row.image for row in rows or ()] == ["a.jpg", "c.jpg"]
    assert [complaint.partition("labels.csv")[2].split(":")[0] for complaint in complaints] == [
        ", line 3 has 4 columns and the header 2",
        ", line 4 has an empty column; only `labels` may be empty, for an image that shows no class",
        " lists 'a.jpg' twice, in lines 2 and 5",
    ]


def test_a_line_in_another_encoding(tmp_path: Path):
    path = tmp_path / "list.txt"
    path.write_bytes(b"a\n\xff\nb\n")
    ids, (complaint,) = read_every_line(path, read_list)
    assert ids == ("a", "b")
    assert f"{path}, line 2: this is not UTF-8" in complaint


@pytest.mark.parametrize("content", ["", "\n", "no,header\na.jpg,cat\n"])
def test_what_is_no_such_file_at_all_is_refused_once(content: str, tmp_path: Path):
    path = tmp_path / "labels.csv"
    path.write_text(content)
    rows, complaints = read_every_line(path, read_labels)
    assert rows is None
    assert len(complaints) == 1


def test_a_file_that_is_not_there(tmp_path: Path):
    assert read_every_line(tmp_path / "no list 3", read_list)[0] is None


def test_a_file_of_bad_lines_ends_somewhere(tmp_path: Path):
    path = tmp_path / "list.txt"
    path.write_text("a\n" * 3 * MOST_LINES)
    assert len(read_every_line(path, read_list)[1]) == MOST_LINES


def test_a_good_file_is_left_alone(tmp_path: Path):
    path = tmp_path / "list.txt"
    path.write_text("a\nb")
    assert read_every_line(path, read_list) == (("a", "b"), [])


def test_images_of_one_id_are_named_together():
    (problem,) = ambiguous({"a": ["a.jpg", "a.png"], "b": ["b.jpg"]}, folder="images")
    assert problem.kind == "name"
    assert problem.why.startswith("images: a.jpg, a.png have one id, 'a'")


def test_masks_that_are_refused_are_a_problem(tmp_path: Path):
    assert masks_of(["a"], root=tmp_path, folder=None) == ({}, [])
    masks, (problem,) = masks_of(["a"], root=tmp_path, folder="masks")
    assert masks == {}
    assert (problem.kind, "there is no folder" in problem.why) == ("mask", True)
