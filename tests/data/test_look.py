"""What a look at an image and its mask tells."""

from pathlib import Path

import pytest
from data_sets import draw_image, draw_mask
from PIL import Image

from wsss.data.layouts.base import Entry
from wsss.data.look import Look, look_at, look_at_all
from wsss.types import Size


def look(root: Path, image: str, *, mask: str | None = None) -> Look:
    entry = Entry(id=image, image=image, names=(), source="labels.csv", mask=mask)
    return look_at(entry, root=root, classes=("cat", "dog"))


def test_size_and_pixels_of_labels(tmp_path: Path):
    draw_image(tmp_path / "a.png", key=0, size=(6, 4))
    draw_mask(tmp_path / "m.png", [2, 2, 255], size=(6, 4))
    found = look(tmp_path, "a.png", mask="m.png")
    assert (found.size, found.broken) == (Size(height=4, width=6), None)
    assert found.labels == {0: 21, 2: 2, 255: 1}
    assert look(tmp_path, "a.png").labels == {}


def test_equal_pixels_have_equal_content_whatever_the_file(tmp_path: Path):
    draw_image(tmp_path / "a.png", key=0)
    draw_image(tmp_path / "other.png", key=1)
    with Image.open(tmp_path / "a.png") as image:
        image.save(tmp_path / "a.bmp")
    (tmp_path / "copy.png").write_bytes((tmp_path / "a.png").read_bytes())
    a, bmp, copy, other = (look(tmp_path, name) for name in ("a.png", "a.bmp", "copy.png", "other.png"))
    assert a.content == bmp.content == copy.content != other.content
    assert a.file == copy.file != bmp.file


def test_equal_bytes_of_another_size_differ(tmp_path: Path):
    for width, height in ((2, 3), (3, 2)):
        Image.new("RGB", (width, height)).save(tmp_path / f"{width}.png")
    assert look(tmp_path, "2.png").content != look(tmp_path, "3.png").content


def test_a_broken_image(tmp_path: Path):
    (tmp_path / "a.png").touch()
    found = look(tmp_path, "a.png", mask="m.png")
    assert (found.broken, found.size, found.content) == ("image", None, "")
    assert "is empty (0 bytes)" in found.why


@pytest.mark.parametrize(
    ("labels", "size", "said"),
    [
        ([3], (6, 4), "holds the labels 3: draw 0 for background, 1 for cat, 2 for dog"),
        ([254], (6, 4), "holds the labels 254"),
        ([1], (5, 4), "is 5 x 4 pixels and its image 6 x 4"),
        ([1], (4, 6), "is 4 x 6 pixels and its image 6 x 4"),
    ],
)
def test_a_broken_mask_leaves_what_the_image_says(labels: list[int], size: tuple[int, int], said: str, tmp_path: Path):
    draw_image(tmp_path / "a.png", key=0)
    draw_mask(tmp_path / "m.png", labels, size=size)
    found = look(tmp_path, "a.png", mask="m.png")
    assert found.broken == "mask"
    assert found.size == Size(height=4, width=6)
    assert said in found.why


def test_looks_are_in_the_order_of_the_entries(tmp_path: Path):
    entries = []
    for key in range(20):
        draw_image(tmp_path / f"{key}.png", key=key, size=(key + 1, 3))
        entries.append(Entry(id=str(key), image=f"{key}.png", names=(), source=""))
    advanced: list[None] = []
    looks = look_at_all(entries, root=tmp_path, classes=("cat",), advance=lambda: advanced.append(None))
    assert [each.size.width for each in looks if each.size] == list(range(1, 21))
    assert len(advanced) == 20
