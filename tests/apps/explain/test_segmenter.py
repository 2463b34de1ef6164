"""A run's segmentation network is explained."""

import numpy as np
import pytest
from toy_runs import Run

from wsss.apps.explain.explainer import Explainer
from wsss.apps.explain.segmenter import explainer_of_segmenter
from wsss.data.images import read_image
from wsss.errors import DataError
from wsss.models.targets.pixels import Pixels


@pytest.fixture(scope="module")
def explainer(toy_run: Run) -> Explainer:
    return explainer_of_segmenter(toy_run.out, pixels=Pixels(point=(20, 30)), device="cpu")


@pytest.fixture(scope="module")
def image(toy_run: Run) -> np.ndarray:
    return read_image(
        next(
            path
            for path in sorted(toy_run.store.rglob("*.jpg")) + sorted(toy_run.store.rglob("*.png"))
            if "images" in path.parts
        )
    )


def test_a_pixel_is_explained_with_its_context(explainer: Explainer, image: np.ndarray):
    found = explainer(image, methods=["gradcam", "layercam", "cam"], classes=["bee", "snail"])
    assert "linear head" in found.left_out["cam"]
    assert [each.name for each in found.explanations] == ["bee", "bee", "snail", "snail"]
    bee, snail = found.explanations[0], found.explanations[-1]
    assert bee.map.shape == image.shape[:2]
    for each in found.explanations:
        assert (each.radius is None) == (each.heat.sum() == 0), "an empty map has no context"
        assert each.radius is None or 0 <= each.radius <= np.hypot(*image.shape[:2])
    assert any(each.radius is not None for each in found.explanations)
    assert bee.judgement.scores["deletion"] is not None
    assert 0 <= bee.probability + snail.probability <= 1


def test_leads_over_a_class(explainer: Explainer, image: np.ndarray):
    found = explainer.against("snail")(image, methods=["gradcam"], classes=["bee"], scored=False)
    assert [each.name for each in found.explanations] == ["bee"]


def test_two_ways_to_choose_pixels_are_refused(explainer: Explainer, image: np.ndarray):
    with pytest.raises(DataError, match="point and mask are given"):
        explainer(image, methods=["gradcam"], classes=["bee"], pixels=np.ones((3, 3), dtype=bool))
