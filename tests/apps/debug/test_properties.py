"""Properties of images."""

import numpy as np
import pytest
from debugged import CLASSES, Looked

from wsss.apps.debug.properties import mask_traits, properties


def known(looked: Looked) -> dict[str, np.ndarray]:
    places = looked.survey.of(["val"])
    masks = [looked.subject.truth(looked.survey.records[place]) for place in places]
    return properties(looked.survey, places, classes=CLASSES, masks=masks)


def test_properties_of_the_drawn_images(plain: Looked):
    found = known(plain)
    assert {name: int(rows.sum()) for name, rows in found.items() if name in (*CLASSES, "no class")} == {
        "red": 12,
        "green": 12,
        "blue": 12,
        "no class": 12,
    }
    assert not found["several classes"].any()
    assert not found["portrait"].any()
    assert not found["touches the border"].any()
    assert found["flat (contrast below 0.12)"][-12:].all()
    assert 9 <= found["among the darkest fifth"].sum() <= 11


def test_traits_of_a_mask():
    mask = np.zeros((20, 20), dtype=np.uint8)
    mask[5:10, 5:10] = 3
    mask[:, 12] = 255
    assert mask_traits(mask) == (25 / 400, 0.0)
    mask[0, 4] = 1
    assert mask_traits(mask) == (26 / 400, 1.0)
    assert np.isnan(mask_traits(None)).all()


@pytest.mark.filterwarnings("error")
def test_images_without_masks_have_no_size(plain: Looked):
    places = plain.survey.of(["val"])
    found = properties(plain.survey, places, classes=CLASSES, masks=[None] * len(places))
    assert not any(found[name].any() for name in found if "objects" in name or "border" in name)
