"""Reading images and masks: whatever a file holds, out comes what a viewer shows, or one line about the file."""

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from e2e.corpus.drawing import png
from PIL import Image, ImageDraw, ImageOps

from wsss.data.images import check_image, find_images, read_image, read_mask, read_size, reduced, reduced_mask
from wsss.data.opened import MOST_PIXELS
from wsss.errors import DataError
from wsss.labels import palette
from wsss.types import Size

RED, GREEN, BLUE, WHITE = (255, 0, 0), (0, 255, 0), (0, 0, 255), (255, 255, 255)
READERS = (read_image, read_size, read_mask, check_image)


def saved(path: Path, pixels: object, *, mode: str | None = None, **options: object) -> Path:
    """Write pixels to a file and return its path."""
    image = Image.fromarray(np.array(pixels, dtype=np.uint8))
    (image if mode is None else image.convert(mode)).save(path, **options)
    return path


def test_rgb_is_read_as_it_is(tmp_path: Path):
    pixels = [[RED, GREEN, BLUE], [WHITE, RED, GREEN]]
    image = read_image(saved(tmp_path / "a.png", pixels))
    assert image.tolist() == [[list(p) for p in row] for row in pixels]
    assert image.dtype == np.uint8


def test_grey_becomes_three_equal_channels(tmp_path: Path):
    assert read_image(saved(tmp_path / "a.png", [[0, 100, 255]])).tolist() == [[[0] * 3, [100] * 3, [255] * 3]]


def test_sixteen_bits_are_scaled_and_not_cut_off(tmp_path: Path):
    path = tmp_path / "a.png"
    Image.fromarray(np.array([[0, 257, 32896, 65535]], dtype=np.uint16)).save(path)
    assert read_image(path)[0, :, 0].tolist() == [0, 1, 128, 255]


def test_one_bit_is_black_and_white(tmp_path: Path):
    assert read_image(saved(tmp_path / "a.png", [[0, 255]], mode="1"))[0, :, 0].tolist() == [0, 255]


def test_cmyk(tmp_path: Path):
    # red is not a cyan, full magenta and full yellow
    path = tmp_path / "a.tif"
    Image.fromarray(np.array([[(0, 255, 255, 0)]], dtype=np.uint8), mode="CMYK").save(path)
    assert read_image(path).tolist() == [[list(RED)]]


def test_palette(tmp_path: Path):
    path = tmp_path / "a.png"
    image = Image.new("P", (2, 1))
    image.putpalette([*BLUE, *GREEN])
    image.putpixel((1, 0), 1)
    image.save(path)
    assert read_image(path).tolist() == [[list(BLUE), list(GREEN)]]
    image.save(path, transparency=0)
    assert read_image(path).tolist() == [[list(WHITE), list(GREEN)]]


def test_transparent_pixels_show_white_and_not_what_hides_below(tmp_path: Path):
    path = saved(tmp_path / "a.png", [[(*RED, 255), (*RED, 0), (*RED, 128)]])
    assert read_image(path)[0, :2].tolist() == [list(RED), list(WHITE)]
    assert read_image(path)[0, 2] == pytest.approx([255, 127, 127], abs=1)


def test_grey_with_alpha(tmp_path: Path):
    path = tmp_path / "a.png"
    Image.merge("LA", (Image.new("L", (1, 1), 40), Image.new("L", (1, 1), 0))).save(path)
    assert read_image(path).tolist() == [[list(WHITE)]]


def test_first_frame_of_an_animation(tmp_path: Path):
    path = tmp_path / "a.gif"
    Image.new("RGB", (3, 2), RED).save(path, save_all=True, append_images=[Image.new("RGB", (3, 2), BLUE)])
    assert read_image(path)[0, 0].tolist() == list(RED)


@pytest.mark.parametrize("orientation", range(1, 9))
@pytest.mark.parametrize("suffix", [".png", ".tif", ".jpg"])
def test_exif_orientation(tmp_path: Path, suffix: str, orientation: int):
    """Against Pillow's own, which loads the whole image; four colours tell all eight orientations apart."""
    image = Image.new("RGB", (24, 16), WHITE)
    for colour, corner in ((RED, (0, 0)), (GREEN, (12, 0)), (BLUE, (0, 8))):
        ImageDraw.Draw(image).rectangle((*corner, corner[0] + 11, corner[1] + 7), fill=colour)
    exif = Image.Exif()
    exif[0x0112] = orientation
    path = tmp_path / f"a{suffix}"
    image.save(path, exif=exif)
    with Image.open(path) as opened:
        expected = np.array(ImageOps.exif_transpose(opened))
    assert read_image(path).tolist() == expected.tolist()
    assert read_size(path) == Size(height=expected.shape[0], width=expected.shape[1])
    assert (read_size(path).height == 24) == (orientation >= 5)


def test_broken_exif_turns_nothing(tmp_path: Path):
    path = tmp_path / "a.webp"
    Image.new("RGB", (3, 2), RED).save(path, lossless=True, exif=b"Exif\0\0XX*\0nothing")
    assert read_image(path).shape == (2, 3, 3)
    assert read_size(path) == Size(height=2, width=3)


@pytest.mark.parametrize("mode", ["L", "RGB", "RGBA", "P"])
def test_arrays_are_contiguous_and_writable(tmp_path: Path, mode: str):
    exif = Image.Exif()
    exif[0x0112] = 6
    path = tmp_path / "a.png"
    Image.new(mode, (3, 2)).save(path, exif=exif)
    for array in (read_image(path), read_mask(path)):
        assert array.flags.c_contiguous
        array[0, 0] = 1


def test_size_is_read_from_the_header_alone(tmp_path: Path):
    whole = saved(tmp_path / "a.png", np.zeros((50, 70, 3)))
    torn = tmp_path / "torn.png"
    torn.write_bytes(whole.read_bytes()[:60])
    assert read_size(torn) == Size(height=50, width=70)


@pytest.mark.parametrize("read", READERS)
def test_missing_file(tmp_path: Path, read: Callable[[Path], object]):
    with pytest.raises(DataError, match=r"no such\.png is not there: put it back"):
        read(tmp_path / "no such.png")


@pytest.mark.parametrize("read", READERS)
def test_empty_file(tmp_path: Path, read: Callable[[Path], object]):
    (tmp_path / "a.png").touch()
    with pytest.raises(DataError, match=r"a\.png is empty \(0 bytes\): copy it again"):
        read(tmp_path / "a.png")


@pytest.mark.parametrize("read", READERS)
def test_no_image(tmp_path: Path, read: Callable[[Path], object]):
    (tmp_path / "a.png").write_text("<html>404</html>")
    with pytest.raises(DataError, match=r"a\.png is not an image that can be read here: save it as JPEG or PNG"):
        read(tmp_path / "a.png")


@pytest.mark.parametrize("read", READERS)
def test_folder(tmp_path: Path, read: Callable[[Path], object]):
    with pytest.raises(DataError, match="is a folder where a file is expected"):
        read(tmp_path)


@pytest.mark.parametrize("suffix", [".png", ".jpg"])
def test_truncated_file(tmp_path: Path, suffix: str):
    pixels = np.random.default_rng(0).integers(0, 256, (60, 60, 3))
    path = saved(tmp_path / f"a{suffix}", pixels)
    path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])
    for read in (read_image, check_image):
        with pytest.raises(DataError, match=r"a\.\w+ is damaged .*: copy it again"):
            read(path)


@pytest.mark.parametrize("name", ["a.jpg", "progressive.jpg", "a.png", "a.webp", "a.gif", "a.bmp"])
def test_an_image_passes_the_check_where_it_can_be_read_and_nowhere_else(tmp_path: Path, name: str):
    pixels = np.kron(np.random.default_rng(0).integers(0, 256, (12, 9, 3)), np.ones((4, 4, 1)))
    whole = saved(tmp_path / name, pixels, **({"progressive": True} if "pro" in name else {})).read_bytes()
    refused = 0
    for length in range(1, len(whole), len(whole) // 40):
        (tmp_path / name).write_bytes(whole[:length])
        said = []
        for read in (read_image, check_image):
            try:
                read(tmp_path / name)
            except DataError as error:
                said.append(str(error))
        assert len(said) in (0, 2), length
        refused += bool(said)
    assert refused > 35


def test_the_checked_size_is_that_of_the_image_as_it_is_shown(tmp_path: Path):
    exif = Image.Exif()
    exif[0x0112] = 6
    Image.new("RGB", (30, 20)).save(tmp_path / "a.jpg", exif=exif)
    assert check_image(tmp_path / "a.jpg") == Size(height=30, width=20) == read_size(tmp_path / "a.jpg")
    Image.new("L", (1, 1)).save(tmp_path / "b.jpg")
    assert check_image(tmp_path / "b.jpg") == Size(height=1, width=1)


@pytest.mark.parametrize("read", READERS)
def test_too_many_pixels(tmp_path: Path, read: Callable[[Path], object]):
    side = int(MOST_PIXELS**0.5) + 1
    header = f"P5 {side} {side} 255\n".encode()
    (tmp_path / "a.pgm").write_bytes(header)
    with pytest.raises(DataError, match=rf"a\.pgm has {side} x {side} pixels, more than the 178,956,970 that are read"):
        read(tmp_path / "a.pgm")


@pytest.mark.parametrize("read", READERS)
def test_a_link_to_itself(tmp_path: Path, read: Callable[[Path], object]):
    (tmp_path / "a.png").symlink_to("a.png")
    with pytest.raises(DataError, match=r"a\.png is a link that leads in a circle: replace it by the image"):
        read(tmp_path / "a.png")


def test_floating_point_pixels(tmp_path: Path):
    path = tmp_path / "a.tif"
    Image.fromarray(np.ones((2, 2), dtype=np.float32)).save(path)
    with pytest.raises(DataError, match=r"a\.tif has pixels without a range"):
        read_image(path)


def test_palette_mask_holds_indices(tmp_path: Path):
    image = Image.fromarray(np.array([[0, 1, 20, 255]], dtype=np.uint8))
    image.putpalette(palette().tobytes())
    image.save(tmp_path / "a.png")
    assert read_mask(tmp_path / "a.png").tolist() == [[0, 1, 20, 255]]


def test_palette_mask_of_any_colours_holds_indices(tmp_path: Path):
    image = Image.fromarray(np.array([[0, 2, 1]], dtype=np.uint8))
    image.putpalette([*WHITE, *WHITE, *RED])
    image.save(tmp_path / "a.png", transparency=1)
    assert read_mask(tmp_path / "a.png").tolist() == [[0, 2, 1]]


def test_grey_mask_holds_values(tmp_path: Path):
    assert read_mask(saved(tmp_path / "a.png", [[0, 7, 255]])).tolist() == [[0, 7, 255]]


def test_sixteen_bit_mask(tmp_path: Path):
    path = tmp_path / "a.png"
    Image.fromarray(np.array([[0, 20]], dtype=np.uint16)).save(path)
    assert read_mask(path).tolist() == [[0, 20]]
    Image.fromarray(np.array([[0, 1000]], dtype=np.uint16)).save(path)
    with pytest.raises(DataError, match=r"a\.png holds the value 1000"):
        read_mask(path)


def test_one_bit_mask_is_zero_and_one(tmp_path: Path):
    assert read_mask(saved(tmp_path / "a.png", [[0, 255]], mode="1")).tolist() == [[0, 1]]


@pytest.mark.parametrize("depth", [1, 2, 4])
def test_grey_masks_of_few_bits_hold_values(depth: int, tmp_path: Path):
    values = [value % 2**depth for value in range(8)]
    packed = sum(value << (depth * (7 - place)) for place, value in enumerate(values)).to_bytes(depth, "big")
    png(tmp_path / "a.png", packed, depth=depth, colour=0, size=(8, 1))
    assert read_mask(tmp_path / "a.png").tolist() == [values]


@pytest.mark.parametrize("mode", ["RGB", "RGBA"])
def test_mask_in_voc_colours(tmp_path: Path, mode: str):
    # aeroplane, bicycle, tvmonitor and the cream of ignored pixels, as the devkit documents them
    colours = [[(0, 0, 0), (128, 0, 0), (0, 128, 0), (0, 64, 128), (224, 224, 192)]]
    assert read_mask(saved(tmp_path / "a.png", colours, mode=mode)).tolist() == [[0, 1, 2, 20, 255]]


def test_every_voc_colour_is_mapped_back(tmp_path: Path):
    assert read_mask(saved(tmp_path / "a.png", palette()[None])).tolist() == [list(range(256))]


def test_mask_in_other_colours(tmp_path: Path):
    path = saved(tmp_path / "a.png", [[(0, 0, 0), (10, 20, 30), (250, 250, 250)]])
    with pytest.raises(DataError, match=r"a\.png has 2 pixels in colours that are not VOC's, \(10, 20, 30\) first"):
        read_mask(path)


def test_jpeg_mask(tmp_path: Path):
    with pytest.raises(DataError, match=r"a\.jpg is a JPEG, which blurs mask ids"):
        read_mask(saved(tmp_path / "a.jpg", np.zeros((8, 8))))


def test_images_are_found_in_sub_folders_sorted_and_hidden_ones_left_out(tmp_path: Path):
    for name in ("b.JPG", "a b/it's.png", "ü.jpeg", "notes.txt", "._b.JPG", ".cache/x.png"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).touch()
    assert find_images(tmp_path) == ("a b/it's.png", "b.JPG", "ü.jpeg")


@pytest.mark.parametrize(("shape", "side"), [((40, 60), 20), ((41, 29), 17), ((7, 300), 100)])
def test_a_reduced_mask_has_the_label_at_each_pixel_s_centre(shape: tuple[int, int], side: int):
    labels = np.random.default_rng(0).choice([0, 3, 7, 255], size=shape).astype(np.uint8)
    small = reduced_mask(labels, side)
    assert small.shape == reduced(np.zeros((*shape, 3), dtype=np.uint8), side).shape[:2]
    rows, columns = (
        ((np.arange(few) + 0.5) * many / few).astype(int) for few, many in zip(small.shape, shape, strict=True)
    )
    assert (small == labels[np.ix_(rows, columns)]).all()
    assert reduced_mask(labels, None) is labels
    assert reduced_mask(labels, max(shape)) is labels
