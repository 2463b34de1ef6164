"""Every image and mask is looked at, and what is broken is said with the file and the remedy."""

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from hashlib import blake2b
from pathlib import Path

import numpy as np
import pytest
from data_sets import draw_image, draw_mask
from PIL import Image

from wsss.data.drawing import Drawing
from wsss.data.examine import Examined, examine, examine_all, hashed, labels_in, meanings
from wsss.data.listing import Entry, Listing
from wsss.errors import FileError
from wsss.types import Size

CLASSES = ("cat", "dog")


@pytest.fixture
def image(tmp_path: Path) -> Path:
    Image.new("RGB", (3, 2)).save(tmp_path / "a.png")
    return tmp_path / "a.png"


def mask(folder: Path, rows: list[list[int]]) -> Path:
    Image.fromarray(np.array(rows, dtype=np.uint8)).save(folder / "mask.png")
    return folder / "mask.png"


def examined(image: Path, *, mask: Path | None = None) -> Examined:
    entry = Entry(id="a", image=image.name, names=(), source="labels.csv", mask=mask.name if mask else None)
    return examine(entry, root=image.parent, classes=CLASSES)


def test_an_image_and_its_mask(image: Path, tmp_path: Path):
    found = examined(image, mask=mask(tmp_path, [[0, 2, 2], [255, 0, 0]]))
    file = blake2b(image.read_bytes(), digest_size=16).hexdigest()
    assert found == Examined(size=Size(height=2, width=3), labels={0: 3, 2: 2, 255: 1}, file=file)
    assert examined(image) == Examined(size=Size(height=2, width=3), file=file)


def test_a_cut_off_image_is_found_though_its_header_is_whole(tmp_path: Path):
    path = tmp_path / "a.jpg"
    Image.fromarray(np.random.default_rng(0).integers(0, 256, (60, 60, 3), dtype=np.uint8)).save(path)
    path.write_bytes(path.read_bytes()[:-200])
    found = examined(path)
    assert (found.broken, found.size, found.content) == ("image", None, "")
    assert found.problem is not None
    assert f"{path} is damaged" in found.problem.why


def test_a_mask_that_does_not_fit(image: Path, tmp_path: Path):
    found = examined(image, mask=mask(tmp_path, [[0, 1]]))
    assert found.broken == "mask"
    assert found.problem is not None
    assert "mask.png is 2 x 1 pixels and its image 3 x 2: draw the mask at the image's size" in found.problem.why
    with pytest.raises(FileError, match=r"holds the labels 3: draw 0 for background, 1 for cat, 2 for dog, and 255"):
        labels_in(mask(tmp_path, [[3]]), size=Size(height=1, width=1), classes=CLASSES)


def test_meanings():
    assert meanings(CLASSES) == "0 for background, 1 for cat, 2 for dog, and 255 for pixels to ignore"


def look(root: Path, image: str, *, mask: str | None = None) -> Examined:
    entry = Entry(id=image, image=image, names=(), source="labels.csv", mask=mask)
    return examine(entry, root=root, classes=CLASSES, look=hashed)


def test_size_and_pixels_of_labels(tmp_path: Path):
    draw_image(tmp_path / "a.png", key=0, size=(6, 4))
    draw_mask(tmp_path / "m.png", [2, 2, 255], size=(6, 4))
    found = look(tmp_path, "a.png", mask="m.png")
    assert (found.size, found.broken) == (Size(height=4, width=6), None)
    assert found.labels == {0: 21, 2: 2, 255: 1}
    assert look(tmp_path, "a.png").labels == {}


@pytest.mark.parametrize("size", [Size(height=2, width=4), Size(height=3, width=3), Size(height=3, width=2)])
def test_outlines_of_another_size_are_refused_with_both_sizes(size: Size, image: Path, tmp_path: Path):
    def outlined(told: Size | None) -> Examined:
        drawing = Drawing(shapes=(), size=told)
        entry = Entry(id="a", image=image.name, names=(), source="labels.json", mask="mask.png", drawing=drawing)
        return examine(entry, root=image.parent, classes=CLASSES, masks=tmp_path / "drawn")

    found = outlined(size)
    assert found.problem is not None
    words = f"gives {size.width} x {size.height} pixels, and the image a.png has 3 x 2: outlines do not fit it"
    assert words in found.problem.why
    assert [outlined(told).labels for told in (None, Size(height=2, width=3))] == [{0: 6}, {0: 6}]


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
    assert found.problem is not None
    assert "is empty (0 bytes)" in found.problem.why


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
    assert found.problem is not None
    assert said in found.problem.why


def test_all_are_examined_and_counted(tmp_path: Path):
    entries = []
    for key in range(20):
        draw_image(tmp_path / f"{key}.png", key=key, size=(key + 1, 3))
        entries.append(Entry(id=str(key), image=f"{key}.png", names=(), source=""))
    (tmp_path / "7.png").unlink()
    counted: list[int] = []

    @contextmanager
    def watch(total: int) -> Iterator[Callable[[], None]]:
        yield lambda: counted.append(total)

    found = examine_all(Listing(root=tmp_path, classes=("cat",), entries=tuple(entries)), look=hashed, watch=watch)
    assert list(found) == [str(key) for key in range(20)]
    assert [each.size.width if each.size else each.broken for each in found.values()] == [
        *range(1, 8),
        "image",
        *range(9, 21),
    ]
    assert counted == [20] * 20


def test_of_equal_sizes_and_traits_one_is_kept(tmp_path: Path):
    entries = []
    for key in range(3):
        draw_image(tmp_path / f"{key}.png", key=key, size=(5, 3 + (key == 2)))
        entries.append(Entry(id=str(key), image=f"{key}.png", names=(), source=""))
    first, second, third = examine_all(Listing(root=tmp_path, entries=tuple(entries))).values()
    assert (first.size, third.size) == (Size(height=3, width=5), Size(height=4, width=5))
    assert first.size is second.size
    assert first.traits is second.traits is third.traits


def test_what_is_not_begun_is_left_after_a_ctrl_c(image: Path):
    entries = tuple(Entry(id=str(number), image=image.name, names=(), source="labels.csv") for number in range(1000))
    listing = Listing(root=image.parent, classes=CLASSES, entries=entries, splits={}, problems=())
    seen = []

    def look(path: Path) -> Examined:
        seen.append(path)
        time.sleep(0.005)
        if len(seen) >= 10:
            raise KeyboardInterrupt
        return Examined(size=Size(height=2, width=3))

    with pytest.raises(KeyboardInterrupt):
        examine_all(listing, look=look)
    assert 10 <= len(seen) < 1000


@pytest.mark.parametrize("orientation", [5, 6, 7, 8])
def test_a_mask_over_the_stored_pixels_of_a_turned_photo(orientation: int, tmp_path: Path):
    exif = Image.Exif()
    exif[0x112] = orientation
    Image.new("RGB", (6, 4)).save(tmp_path / "a.jpg", exif=exif)
    draw_mask(tmp_path / "m.png", [1], size=(6, 4))
    found = look(tmp_path, "a.jpg", mask="m.png")
    assert found.problem is not None
    assert found.problem.why == (
        f"{tmp_path}/m.png is 6 x 4 pixels and its image 4 x 6: the image is turned by its EXIF orientation "
        f"({orientation}) and the mask is not: turn the mask, or store the image upright without that orientation"
    )
    draw_mask(tmp_path / "m.png", [1], size=(4, 6))
    assert look(tmp_path, "a.jpg", mask="m.png").broken is None


def test_the_largest_value_of_16_bits(tmp_path: Path):
    Image.fromarray(np.array([[16, 4095]], dtype=np.uint16)).save(tmp_path / "a.tif")
    assert look(tmp_path, "a.tif").traits.peak == 4095
    draw_image(tmp_path / "b.png", key=0)
    assert look(tmp_path, "b.png").traits.peak is None
