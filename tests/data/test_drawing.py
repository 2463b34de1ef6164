"""Masks drawn from outlines."""

from pathlib import Path

import numpy as np
from PIL import Image

from wsss.data.drawing import Drawing, Shape, save_labels
from wsss.data.images import read_mask
from wsss.labels import palette
from wsss.types import Size


def box(label: int, *, top: int, left: int) -> Shape:
    """Everything below and to the right of a corner."""

    def inside(size: Size) -> np.ndarray:
        mask = np.zeros((size.height, size.width), dtype=bool)
        mask[top:, left:] = True
        return mask

    return Shape(label=label, inside=inside)


def test_the_later_shape_lies_on_top():
    drawing = Drawing(shapes=[box(2, top=0, left=1), box(1, top=1, left=0)])
    assert drawing.labels(Size(height=2, width=3)).tolist() == [[0, 2, 2], [1, 1, 1]]


def test_a_saved_mask_has_its_labels_and_colours(tmp_path: Path):
    labels = np.array([[0, 3], [255, 1]], dtype=np.uint8)
    path = tmp_path / "new" / "a.png"
    save_labels(labels, path)
    assert (read_mask(path) == labels).all()
    with Image.open(path) as picture:
        assert picture.getpalette() == palette().ravel().tolist()
