"""One look at every image."""

import numpy as np
import pytest
from debugged import Looked
from PIL import Image, ImageFilter

from wsss.apps.debug.survey import light_of, survey


def test_every_image_once_in_the_order_of_the_splits(plain: Looked):
    looked = survey(plain.subject, ["val", "train", "val"])
    ids = [record.id for record in looked.records]
    assert ids == [*plain.subject.index.splits["val"], *plain.subject.index.splits["train"]]
    assert looked.of(["val"]).tolist() == list(range(48))
    assert looked.tags.sum(axis=0).tolist() == [24, 24, 24]


def test_values_are_the_networks(plain: Looked):
    place = 13
    seen = plain.subject.network.seen(plain.subject.index.pixels(plain.survey.records[place]))
    answer = plain.subject.network.answer(seen)
    np.testing.assert_allclose(plain.survey.probabilities[place], answer.probabilities, rtol=1e-5)
    np.testing.assert_allclose(plain.survey.embeddings[place], answer.cells.mean(axis=(1, 2)), rtol=1e-4)


def test_cells_are_of_the_background_alone(plain: Looked):
    """No cell is an object's, or beside one."""
    looked = plain.survey
    for place in (0, 20, 40):
        truth = plain.subject.truth(looked.records[place])
        for _, row, column in looked.places[looked.places[:, 0] == place]:
            window = truth[max(0, 8 * row - 8) : 8 * row + 16, max(0, 8 * column - 8) : 8 * column + 16]
            assert not window.any()
    assert np.abs(looked.cells).max() < 0.3


def test_light_is_brightness_contrast_and_sharpness():
    rng = np.random.default_rng(0)
    grey = np.repeat(rng.integers(0, 256, (40, 40, 1), dtype=np.uint8), 3, axis=2)
    mean, deviation, sharp = light_of(grey)
    assert (mean, deviation) == (pytest.approx(grey.mean() / 255, abs=1e-6), pytest.approx(grey.std() / 255, abs=1e-6))
    soft = np.asarray(Image.fromarray(grey).filter(ImageFilter.GaussianBlur(2)))
    assert light_of(soft)[2] < sharp / 10
