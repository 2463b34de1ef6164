"""Labels of cells and crops of images, by hand."""

import torch

from wsss.methods.toco.crops import cell_labels, cropped, surely, views_of

MAPS = torch.tensor([[[[0.9, 0.5, 0.1]], [[1.0, 0.8, 1.0]], [[0.1, 0.6, 0.25]]]])
PRESENT = torch.tensor([[1.0, 0.0, 1.0]])


def test_the_strongest_class_of_the_image_labels_a_cell():
    assert cell_labels(MAPS, PRESENT, low=0.25, high=0.7).tolist() == [[[1, 255, 0]]]
    assert cell_labels(MAPS, PRESENT, low=0.25, high=0.55).tolist() == [[[1, 3, 0]]]


def test_pixels_are_background_unsure_or_an_object():
    assert surely(MAPS, PRESENT, low=0.25, high=0.7).tolist() == [[[2, 1, 0]]]
    assert surely(MAPS, PRESENT, low=0.25, high=0.6).tolist() == [[[2, 2, 0]]]


def test_crops_lie_around_what_is_not_surely_an_object_and_tell_what_they_show():
    torch.manual_seed(0)
    sure = torch.full((1, 12, 12), 2)
    sure[0, :, 8:] = 0
    image = torch.arange(144.0).reshape(1, 1, 12, 12).expand(-1, 3, -1, -1)
    crops = cropped(image, sure, count=20, side=4)
    assert crops.images.shape == (1, 20, 3, 4, 4)
    lefts = crops.images[0, :, 0, 0, 0] % 12
    assert set(lefts.int().tolist()) <= {6, 7, 8}, "their middles lie in the background, and they within the image"
    for left, positive in zip(lefts.tolist(), crops.positive[0].tolist(), strict=True):
        assert positive == (left < 8), "at 7 a quarter of its pixels is an object's: 0.5 on average"


def test_an_image_that_is_an_object_throughout_is_cropped_anywhere():
    crops = cropped(torch.zeros(1, 3, 9, 8), torch.full((1, 9, 8), 2), count=3, side=8)
    assert crops.images.shape == (1, 3, 3, 8, 8)
    assert crops.positive.all()


def test_views_are_squares_of_half_to_all_of_the_image_at_one_size():
    torch.manual_seed(0)
    ramp = torch.linspace(0, 1, 64)[None, None, None].expand(3, 3, 48, 64)
    views = views_of(ramp, side=16)
    assert views.shape == (3, 2, 3, 16, 16)
    spans = (views[:, :, 0, 0, -1] - views[:, :, 0, 0, 0]).flatten()
    assert {bool(span > 0) for span in spans} == {True, False}, "some are mirrored"
    assert (spans.abs() > 24 / 64 * 0.8).all()
    assert (spans.abs() <= 48 / 64).all()
