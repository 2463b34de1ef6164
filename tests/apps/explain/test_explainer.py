"""The classifier of a run, explained: the same maps as the methods make, and the scores of what it says."""

from dataclasses import replace
from pathlib import Path
from unittest.mock import patch

import numpy as np
import pytest
import torch
from toy_runs import Run

from wsss.apps.explain import Explainer
from wsss.apps.explain.look import YES, likely_classes
from wsss.apps.explain.metric import METRICS
from wsss.apps.explain.scoring import Scoring
from wsss.cams import CAM
from wsss.data.images import read_image
from wsss.errors import ConfigError, DataError, ModelError, StoreError
from wsss.methods.representatives.network import BinaryClassifiers, Representatives
from wsss.run.record import read_record
from wsss.types import Targets

FEW = Scoring(steps=3, percentiles=(50,))
SEEN = [metric.key for metric in METRICS]


@pytest.fixture(scope="module")
def explainer(toy_run: Run) -> Explainer:
    return replace(Explainer.of(toy_run.out, device="cpu"), scoring=FEW)


@pytest.fixture(scope="module")
def image(toy_run: Run) -> np.ndarray:
    job = read_record(toy_run.out).job("extract_cams")
    index = job.index()
    return read_image(index.image_path(index.split("val")[0]))


def test_each_class_and_method_is_explained(explainer: Explainer, image: np.ndarray):
    done = []
    found = explainer(image, methods=["cam", "gradcam"], classes=["snail", "bee"], watch=done.append)
    assert [(each.name, each.method) for each in found.explanations] == [
        ("snail", "cam"),
        ("snail", "gradcam"),
        ("bee", "cam"),
        ("bee", "gradcam"),
    ]
    assert done == ["cam", "gradcam"]
    for each in found.explanations:
        assert explainer.classes[each.cls] == each.name
        assert each.map.shape == image.shape[:2]
        assert 0 <= each.map.min() <= each.map.max() <= 1
        assert each.seconds > 0
        assert list(each.judgement.scores) == SEEN[:9]
        assert each.probability == found.probabilities[each.name]


def test_maps_are_the_methods_own(explainer: Explainer, image: np.ndarray):
    """64 x 64 pixels are 2 x 2 whole cells: CAM's, without their negative part, are a map's corners."""
    assert image.shape[:2] == (64, 64)
    seen = explainer.normalisation(image)[None]
    raw = CAM()(explainer.classifier, seen, Targets.of([[0, 1, 2, 3]])).relu().numpy()
    lows, highs = raw.min(axis=(1, 2)), raw.max(axis=(1, 2))
    assert (highs > lows).any(), "some class must be seen"
    found = explainer(image, methods=["cam"], classes=explainer.classes, scored=False).explanations
    with torch.no_grad():
        likely = explainer.classifier(seen)[0].sigmoid().tolist()
    for each, own, low, high in zip(found, raw, lows, highs, strict=True):
        assert each.probability == pytest.approx(likely[each.cls], abs=1e-5)
        expected = (own - low) / (high - low) if high > low else np.zeros((2, 2))
        np.testing.assert_allclose(each.map[::63, ::63], expected, atol=1e-4)


def test_without_classes_it_explains_what_the_classifier_says(explainer: Explainer, image: np.ndarray):
    found = explainer(image, methods=["cam"], scored=False)
    likely = sorted(found.probabilities, key=lambda name: -found.probabilities[name])
    expected = [name for name in likely if found.probabilities[name] >= YES] or likely[:1]
    assert [each.name for each in found.explanations] == expected
    assert found.explanations[0].judgement.scores == {}


@pytest.mark.parametrize(
    ("probabilities", "chosen"), [((0.1, 0.3, 0.2, 0.0), (1,)), ((0.5, 0.9, 0.49, 0.7), (1, 3, 0)), ((0.0,) * 4, (0,))]
)
def test_the_likeliest_is_explained_in_any_case(
    probabilities: tuple[float, ...], chosen: tuple[int, ...], explainer: Explainer
):
    assert likely_classes(probabilities, known=explainer.classes) == chosen


def test_a_mask_adds_its_scores(explainer: Explainer, image: np.ndarray):
    mask = np.zeros(image.shape[:2], dtype=np.uint8)
    mask[:32] = explainer.classes.index("bee") + 1
    mask[0] = 255
    found = explainer(image, methods=["cam"], classes=["bee", "snail"], mask=mask)
    bee, snail = found.explanations
    heat, inside = bee.map.astype(np.float64)[1:], mask[1:] == explainer.classes.index("bee") + 1
    assert bee.judgement.scores["energy"] == pytest.approx(heat[inside].sum() / heat.sum(), abs=1e-5)
    assert list(bee.judgement.scores) == SEEN
    assert snail.judgement.scores["pointing"] is None
    assert snail.judgement.pixels is None


def test_the_network_sees_large_images_shrunk(explainer: Explainer):
    image = np.random.default_rng(0).integers(0, 256, size=(50, 301, 3), dtype=np.uint8)
    (each,) = replace(explainer, side=128)(image, methods=["cam"], classes=["bee"], scored=False).explanations
    assert each.heat.shape == (21, 128)
    assert each.map.shape == (50, 301)


@pytest.mark.parametrize("size", [(1, 1), (1, 70), (33, 2)])
def test_odd_sizes(size: tuple[int, int], explainer: Explainer):
    image = np.full((*size, 3), 90, dtype=np.uint8)
    (each, *_) = explainer(image, methods=["cam", "layercam"]).explanations
    assert each.map.shape == size
    assert all(np.isfinite(score) for score in each.judgement.scores.values())


def test_a_method_is_asked_of_the_first_network_that_it_fits(explainer: Explainer, image: np.ndarray):
    pairs = BinaryClassifiers(
        [explainer.classifier], representatives=Representatives(of=((1,), (0,), (3,), (2,)))
    ).eval()
    both = replace(explainer, networks=(explainer.classifier, pairs))
    found = both(image, methods=["cam", "representative"], classes=["bee"], scored=False)
    assert found.left_out == {}
    plain = explainer(image, methods=["cam"], classes=["bee"], scored=False)
    assert np.array_equal(found.explanations[0].heat, plain.explanations[0].heat)
    assert [each.method for each in found.explanations] == ["cam", "representative"]


def test_what_is_not_there_is_named_with_what_is(explainer: Explainer, image: np.ndarray):
    with pytest.raises(ConfigError, match="classes: there is no 'cow'; there are: bee, ladybird, snail, turtle"):
        explainer(image, classes=["bee", "cow"])
    with pytest.raises(ConfigError, match="methods: there is no 'cow'"):
        explainer(image, methods=["cow"])
    with pytest.raises(DataError, match="a mask of 3 x 2 pixels: the image has another size"):
        explainer(image, mask=np.zeros((2, 3), dtype=np.uint8))


def test_a_side_too_small_is_refused_before_anything_is_loaded(toy_run: Run):
    with pytest.raises(ValueError, match="side must be at least 32 pixels, got 31"):
        Explainer.of(toy_run.out, side=31)


def test_a_full_gpu_is_said_in_a_line(explainer: Explainer, image: np.ndarray):
    with (
        patch("wsss.apps.explain.explainer.classify", side_effect=torch.OutOfMemoryError("CUDA out of memory")),
        pytest.raises(ModelError, match="a side of 512 pixels does not fit the GPU: choose a smaller one"),
    ):
        explainer(image)


def test_a_run_that_is_not_finished_is_refused(toy_run: Run, tmp_path: Path):
    copy = toy_run.copied(tmp_path)
    record = read_record(toy_run.out, store=copy.store)
    record.artifact("extract_cams").manifest_path.unlink()
    with pytest.raises(StoreError, match="extract_cams is not finished in the store"):
        Explainer.of(toy_run.out, store=copy.store)
    with pytest.raises(StoreError, match="is not a run"):
        Explainer.of(tmp_path)
