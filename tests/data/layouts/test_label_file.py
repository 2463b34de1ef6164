"""Label files, whatever their form: where they are read, and what repeats."""

from pathlib import Path

from wsss.data.layouts.label_file import read_labels
from wsss.data.listing import parted


def written(path: Path, text: str) -> Path:
    path.write_text(text, encoding="utf-8")
    return path


def test_another_suffix(tmp_path: Path):
    (problem,) = read_labels(written(tmp_path / "labels.txt", ""))
    assert "labels.txt is neither .csv nor .json" in problem.why


def test_a_line_for_each_label(tmp_path: Path):
    path = written(tmp_path / "labels.csv", "image,labels\na.jpg,cat\nb.jpg,\na.jpg,dog\na.jpg,cat\n")
    rows, _ = parted(read_labels(path, label_per_line=True))
    assert [(row.image, row.names, row.line) for row in rows] == [("a.jpg", ("cat", "dog", "cat"), 2), ("b.jpg", (), 3)]


def test_a_repeated_image_without_a_line(tmp_path: Path):
    path = written(tmp_path / "labels.json", '{"a.jpg": ["cat"], "b.jpg": [], "a.jpg": ["cat"]}')
    rows, (problem,) = parted(read_labels(path))
    assert [row.image for row in rows] == ["a.jpg", "b.jpg"]
    assert problem.why == f"{path} lists 'a.jpg' twice: keep one"
