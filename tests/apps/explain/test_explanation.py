"""Maps at the image's own size."""

import numpy as np

from wsss.apps.explain.explanation import Explained, Explanation
from wsss.types import Size


def explanation(name: str = "cat", method: str = "cam", *, size: tuple[int, int] = (4, 6)) -> Explanation:
    heat = np.array([[0.0, 1.0]], dtype=np.float32)
    own = Size(height=size[0], width=size[1])
    return Explanation(cls=0, name=name, method=method, probability=0.9, heat=heat, size=own, seconds=0.1)


def test_a_map_is_interpolated_by_the_extent_of_its_cells():
    # Centres of the two cells lie at 1.5 and 4.5 pixels, those of pixels at 0.5, 1.5 and so on.
    row = [0, 0, 1 / 3, 2 / 3, 1, 1]
    np.testing.assert_allclose(explanation().map, [row] * 4, atol=1e-6)


def test_explanations_by_class_keep_their_order():
    every = tuple(explanation(name, method) for name in ("dog", "cat") for method in ("x", "a"))
    explained = Explained(explanations=every, probabilities={}, left_out={})
    assert {name: [each.method for each in own] for name, own in explained.by_class().items()} == {
        "dog": ["x", "a"],
        "cat": ["x", "a"],
    }
    assert list(explained.by_class()) == ["dog", "cat"]
