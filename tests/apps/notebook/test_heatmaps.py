import numpy as np
import pytest
import torch

from wsss.apps.notebook.heatmaps import Heatmap, Heatmaps
from wsss.draw.overlay import heat_overlay
from wsss.errors import ConfigError

IMAGE = np.random.default_rng(0).integers(0, 255, size=(40, 60, 3), dtype=np.uint8)
MAP = torch.linspace(0, 1, 2400).reshape(40, 60)


def heatmaps(*pairs: tuple[str, str]) -> Heatmaps:
    found = tuple(Heatmap(method=method, target=target, score=1.5, map=MAP) for method, target in pairs)
    return Heatmaps(image=IMAGE, layer="layer4", heatmaps=found, left_out={"cam": "it needs <a head>"})


MANY = heatmaps(("gradcam", "cat"), ("gradcam", "dog"), ("layercam", "cat"), ("layercam", "dog"))


def test_one_map_is_drawn_over_the_image():
    assert np.array_equal(np.asarray(heatmaps(("gradcam", "cat")).overlay()), heat_overlay(IMAGE, MAP.numpy()))


def test_several_are_a_grid_of_targets_and_methods():
    one = MANY["gradcam"].overlay()
    assert MANY.overlay().width > one.width
    assert MANY["cat"].overlay().height < MANY.overlay().height


def test_maps_are_found_by_method_and_by_target():
    assert MANY.maps.shape == (4, 40, 60)
    assert MANY["layercam"].maps.shape == (2, 40, 60)
    assert MANY["dog"].methods == ("gradcam", "layercam")
    assert (MANY[1].method, MANY[1].target) == ("gradcam", "dog")
    assert len(MANY["layercam"]["dog"]) == 1
    with pytest.raises(ConfigError, match="no heatmap of 'cow'; there are: gradcam, layercam, cat, dog"):
        MANY["cow"]
