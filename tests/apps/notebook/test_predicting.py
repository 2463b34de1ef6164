from typing import Any

import numpy as np
import pytest
import torch
from PIL import Image
from toy_runs import Run

import wsss
from wsss.apps.notebook.predicting import Masked, Masks
from wsss.apps.predict import Prediction, Predictor
from wsss.errors import DataError
from wsss.labels import label_of

PICTURE = np.random.default_rng(0).integers(0, 255, size=(40, 60, 3), dtype=np.uint8)


def masked(label: int) -> Masked:
    labels = np.zeros((40, 60), dtype=np.uint8)
    labels[:10] = label
    prediction = Prediction(classes=("ape", "bee"), labels=labels, confidence=np.ones((40, 60), dtype=np.float16))
    return Masked(image=PICTURE, prediction=prediction)


def test_a_run_labels_images_of_every_form(toy_run: Run, tmp_path: Any):
    Image.fromarray(PICTURE).save(tmp_path / "a.png")
    masks = wsss.predict(toy_run.out, [tmp_path / "a.png", PICTURE])
    expected = Predictor.of(toy_run.out)(PICTURE)
    assert len(masks) == 2
    for each in masks:
        assert np.array_equal(each.labels, expected.labels)
        assert np.array_equal(each.confidence, expected.confidence)
    with pytest.raises(DataError, match="float32"):
        wsss.predict(toy_run.out, torch.zeros(3, 40, 60))


def test_captions_tell_the_shares():
    assert masked(label_of(1)).caption() == "bee 25.0 %"
    assert masked(0).caption() == "background alone"
    assert Masks(masks=(masked(1), masked(2))).caption() == "2 images and their masks"


def test_one_is_drawn_large_and_several_below_one_another():
    one, two = Masks(masks=(masked(1),)), Masks(masks=(masked(1), masked(2)))
    assert one.overlay().width == 60
    assert two.overlay().height > 2 * 200
    assert "<figcaption>" in two._repr_html_()
