"""PAR against loops over pixels and neighbours."""

from math import sqrt
from typing import Any

import numpy as np
import pytest
import torch
from builders import score_maps
from numpy.typing import NDArray

from wsss.refine import PAR


def by_loops(image: NDArray[Any], scores: NDArray[Any], *, dilations: tuple[int, ...], iterations: int) -> NDArray[Any]:
    """Ru et al., section 3.3, with w1 = 0.3 and w2 = 0.01, one pixel at a time; divided by the sum of the weights."""
    height, width = scores.shape[1:]
    steps = [(d * i, d * j) for d in dilations for i in (-1, 0, 1) for j in (-1, 0, 1) if (i, j) != (0, 0)]
    lengths = np.array([sqrt(i * i + j * j) for i, j in steps])
    nearness = np.exp(-((lengths / np.std(lengths, ddof=1) / 0.3) ** 2))
    nearness /= nearness.sum()
    for _ in range(iterations):
        refined = np.zeros_like(scores)
        for y in range(height):
            for x in range(width):
                near = [(min(max(y + i, 0), height - 1), min(max(x + j, 0), width - 1)) for i, j in steps]
                exponent = np.zeros(len(near))
                for channel in range(3):
                    seen = np.array([image[a, b, channel] for a, b in near])
                    exponent -= ((seen - image[y, x, channel]) / np.std(seen, ddof=1) / 0.3) ** 2 / 3
                weights = np.exp(exponent - exponent.max())
                weights = (weights / weights.sum() + 0.01 * nearness) / 1.01
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
    refined = PAR(dilations=dilations, iterations=iterations).apply(image, score_maps([0, 3], scores)).scores
    expected = by_loops(image.astype(float), scores, dilations=dilations, iterations=iterations)
    torch.testing.assert_close(refined.double(), torch.from_numpy(expected), atol=1e-5, rtol=0)


@pytest.mark.parametrize("wrong", [{"width": 0.0}, {"position_weight": -0.1}])
def test_options_outside_are_refused(wrong: dict[str, float]):
    with pytest.raises(ValueError, match="must be positive"):
        PAR(**wrong)
