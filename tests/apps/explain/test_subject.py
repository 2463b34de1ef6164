"""What is explained of an image: by a classifier as a whole, by a segmentation network as pixels."""

import numpy as np
import pytest
import torch
from networks import TinyGAP
from torch import Tensor, nn

from wsss.apps.explain.subject import Classified, Segmented
from wsss.cams.scores import classify
from wsss.errors import DataError
from wsss.models.targets.pixels import PixelClassifier, Pixels
from wsss.types import Size

SIZE = Size(height=4, width=4)


class Painted(nn.Module):
    """Labels an image by its channels: background, cat and dog where red, green and blue are strongest."""

    def segment(self, images: Tensor) -> Tensor:
        return images


def picture() -> Tensor:
    """A cat of four pixels, a dog of two."""
    labels = torch.tensor([[0, 1, 1, 0], [0, 1, 1, 0], [2, 0, 0, 0], [2, 0, 0, 0]])
    return nn.functional.one_hot(labels, 3).permute(2, 0, 1).float() * 5


def segmented(**pixels: object) -> Segmented:
    return Segmented(network=Painted(), chosen=Pixels(**pixels))  # type: ignore[arg-type]


def test_a_classifier_answers_for_the_whole_image(tiny: TinyGAP):
    images = torch.randn(3, 32, 32)
    plain = Classified(classifier=tiny)(images, size=SIZE, classes=(), pixels=None)
    assert (plain.says, plain.judge, plain.bind(tiny), plain.shown) == (tiny, tiny, tiny, ())
    lead = Classified(classifier=tiny).against(1)(images, size=SIZE, classes=(), pixels=None)
    assert lead.says is tiny
    assert (classify(lead.judge, images[None])[:, 1] == 0).all()
    with pytest.raises(DataError, match="ask the segmenter"):
        Classified(classifier=tiny)(images, size=SIZE, classes=(), pixels=np.ones((4, 4), dtype=bool))


def test_a_segmenter_answers_for_all_pixels_of_each_class_the_larger_first():
    subject = segmented()(picture(), size=SIZE, classes=(), pixels=None)
    assert subject.shown == (0, 1)
    assert {cls: int(mask.sum()) for cls, mask in subject.pixels.items()} == {0: 4, 1: 2}
    said = classify(subject.says, picture()[None])[0].sigmoid()
    assert said.min() > 0.95, "of its own pixels each class is sure"


def test_named_classes_are_asked_about_the_chosen_pixels():
    subject = segmented(point=(1, 0))(picture(), size=SIZE, classes=(0, 1), pixels=None)
    assert {cls: int(mask.sum()) for cls, mask in subject.pixels.items()} == {0: 1, 1: 1}
    said = classify(subject.says, picture()[None])[0].sigmoid()
    assert said[0] > 0.95
    assert said[1] < 0.05


def test_pixels_of_an_image_come_before_those_of_the_call():
    pixels = np.zeros((4, 4), dtype=bool)
    pixels[2:, 0] = True
    subject = segmented()(picture(), size=SIZE, classes=(), pixels=pixels)
    assert subject.shown == (1,)


def test_the_rival_is_not_explained_and_leads_are_judged():
    subject = segmented().against(0)(picture(), size=SIZE, classes=(), pixels=None)
    assert subject.shown == (1,)
    lead = classify(subject.judge, picture()[None])[0]
    assert float(lead[1].sigmoid()) == pytest.approx(float(torch.sigmoid(torch.tensor(5.0))), rel=1e-4)
    assert isinstance(subject.bind(TinyGAP.__new__(TinyGAP)), PixelClassifier)
    with pytest.raises(DataError, match="name another"):
        segmented(point=(1, 0)).against(0)(picture(), size=SIZE, classes=(), pixels=None)


def test_nothing_to_explain_is_said_of_the_image():
    with pytest.raises(DataError, match="the network sees no pixel of a class"):
        segmented()(torch.zeros(3, 4, 4), size=SIZE, classes=(), pixels=None)
