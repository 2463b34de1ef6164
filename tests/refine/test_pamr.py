"""PAMR against loops over pixels and neighbours."""

from typing import Any

import numpy as np
import pytest
import torch
from builders import score_maps
from numpy.typing import NDArray

from wsss.refine import PAMR


def by_loops(image: NDArray[Any], scores: NDArray[Any], *, dilations: tuple[int, ...], iterations: int) -> NDArray[Any]:
    """Araslanov and Roth, section 4.2 of the paper, and the authors' constants: one pixel at a time."""
    height, width = scores.shape[1:]

    def around(y: int, x: int, *, itself: bool) -> list[tuple[int, int]]:
        steps = [(i, j) for i in (-1, 0, 1) for j in (-1, 0, 1) if itself or (i, j) != (0, 0)]
        places = [(y + d * i, x + d * j) for d in dilations for i, j in steps]
        return [(min(max(a, 0), height - 1), min(max(b, 0), width - 1)) for a, b in places]

    for _ in range(iterations):
        refined = np.zeros_like(scores)
        for y in range(height):
            for x in range(width):
                near = around(y, x, itself=False)
                likeness = np.zeros(len(near))
                for channel in range(3):
                    seen = [image[a, b, channel] for a, b in around(y, x, itself=True)]
                    deviation = np.std(seen, ddof=1)
                    differences = [abs(image[a, b, channel] - image[y, x, channel]) for a, b in near]
                    likeness -= np.array(differences) / (1e-8 + 0.1 * deviation) / 3
                weights = np.exp(likeness - likeness.max())
                weights /= weights.sum()
                for weight, (a, b) in zip(weights, near, strict=True):
                    refined[:, y, x] += weight * scores[:, a, b]
        scores = refined
    return scores


@pytest.mark.parametrize("dilations", [(1,), (1, 2, 4)])
@pytest.mark.parametrize("iterations", [1, 3])
def test_is_what_loops_say(dilations: tuple[int, ...], iterations: int):
    rng = np.random.default_rng(iterations)
    image = rng.integers(0, 256, (5, 6, 3), dtype=np.uint8)
    scores = rng.random((2, 5, 6))
    refined = PAMR(dilations=dilations, iterations=iterations).apply(image, score_maps([0, 3], scores)).scores
    expected = by_loops(image.astype(float), scores, dilations=dilations, iterations=iterations)
    torch.testing.assert_close(refined.double(), torch.from_numpy(expected), atol=1e-5, rtol=0)


def test_a_width_that_is_not_positive_is_refused():
    with pytest.raises(ValueError, match="width must be positive"):
        PAMR(width=0.0)
