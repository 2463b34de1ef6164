import pytest

from wsss.errors import DataError
from wsss.labels import BACKGROUND, IGNORE, check_class_names, class_of, label_count, label_names, label_of, palette

# Everingham et al., the VOC development kit's colour map, as its class legend shows it.
VOC_COLOURS = {
    0: (0, 0, 0),
    1: (128, 0, 0),  # aeroplane
    2: (0, 128, 0),  # bicycle
    3: (128, 128, 0),  # bird
    4: (0, 0, 128),  # boat
    7: (128, 128, 128),  # car
    8: (64, 0, 0),  # cat
    12: (64, 0, 128),  # dog
    15: (192, 128, 128),  # person
    18: (0, 192, 0),  # sofa
    20: (0, 64, 128),  # tv monitor
    255: (224, 224, 192),  # ignored
}


def test_class_c_is_label_c_plus_1():
    assert label_of(0) == 1
    assert label_of(253) == 254
    assert [class_of(label_of(index)) for index in range(254)] == list(range(254))


@pytest.mark.parametrize("label", [BACKGROUND, IGNORE])
def test_background_and_ignored_are_no_class(label: int):
    with pytest.raises(ValueError, match="not a foreground class"):
        class_of(label)


def test_labels_have_the_background_first():
    assert label_names(["cat", "dog"]) == ("background", "cat", "dog")
    assert label_count(["cat", "dog"]) == 3


@pytest.mark.parametrize(("label", "colour"), VOC_COLOURS.items())
def test_the_palette_is_vocs(label: int, colour: tuple[int, int, int]):
    assert tuple(palette()[label].tolist()) == colour


def test_every_label_has_a_colour_of_its_own():
    assert palette().shape == (256, 3)
    assert len({tuple(colour) for colour in palette().tolist()}) == 256


@pytest.mark.parametrize(
    ("names", "message"),
    [
        ([], r"no classes.*dataset\.classes"),
        (["cat", "dog", "cat"], "'cat' is named twice"),
        (["cat", "background"], "'background' is label 0 already"),
        ([f"class {i}" for i in range(255)], "255 classes do not fit.*254"),
    ],
)
def test_class_names_that_will_not_do_are_refused(names: list[str], message: str):
    with pytest.raises(DataError, match=message):
        check_class_names(names)


def test_class_names_that_will_do():
    check_class_names(["cat"])
    check_class_names([f"class {i}" for i in range(254)])
