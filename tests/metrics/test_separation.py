"""What speaks for a threshold, against loops and on scenes whose answer is known."""

import numpy as np

from wsss.metrics.separation import THRESHOLDS, evidence, separation


def scene(random_seed: int = 0) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """A noisy image with a disc of another colour, a map that leaks out of it, and the disc."""
    rng = np.random.default_rng(random_seed)
    y, x = np.mgrid[:96, :128]
    distance = np.hypot(y - 50, x - 70)
    disc = distance < 24
    colours = np.where(disc[..., None], (200, 80, 60), (60, 120, 140)) + rng.normal(0, 15, (96, 128, 3))
    fine = np.clip(1 - distance / 48, 0, 1)  # 0.5 at the disc's border
    return colours.clip(0, 255).astype(np.uint8), fine[2::4, 2::4].astype(np.float32), disc


def by_loops(image: np.ndarray, strongest: np.ndarray, threshold: float) -> list[float]:
    height, width = strongest.shape
    blocks = image.reshape(height, image.shape[0] // height, width, image.shape[1] // width, 3)
    colours = np.round(blocks.astype(float).mean(axis=(1, 3))) / 255
    inside = strongest > threshold

    def between(values: np.ndarray) -> float:
        parts = [values[inside], values[~inside]]
        mean = values.mean(axis=(0, 1))
        squares = sum(len(part) * ((part.mean(axis=0) - mean) ** 2).sum() for part in parts if len(part))
        return float(squares / ((values - mean) ** 2).sum())

    distances = []
    for y in range(4, height - 4):  # beyond, the window is filled in by reflection
        for x in range(4, width - 4):
            around = inside[y - 1 : y + 2, x - 1 : x + 2]
            if around.any() and not around.all():
                window = (slice(y - 4, y + 5), slice(x - 4, x + 5))
                own, side = colours[window], inside[window]
                distances.append(np.linalg.norm(own[side].mean(axis=0) - own[~side].mean(axis=0)) / np.sqrt(3))
    return [between(strongest[..., None].astype(float)), between(colours), float(np.mean(distances))]


def test_the_evidence_is_what_loops_say():
    image, strongest, _ = scene()
    thresholds = (0.45, 0.5, 0.6, 0.8)  # whose borders stay away from the image's
    expected = [by_loops(image, strongest, threshold) for threshold in thresholds]
    np.testing.assert_allclose(evidence(image, strongest, thresholds=thresholds), expected, atol=5e-3)


def test_the_best_threshold_is_where_the_colours_change():
    image, strongest, _ = scene()
    scores_alone = THRESHOLDS[int(evidence(image, strongest)[:, 0].argmax())]
    together = THRESHOLDS[int(separation(image, strongest).argmax())]
    assert abs(together - 0.5) <= 0.04 < abs(scores_alone - 0.5)


def test_a_perfect_split_is_all_that_can_be():
    image = np.zeros((8, 8, 3), dtype=np.uint8)
    image[:, 4:] = 255
    strongest = np.array([[0.25, 0.75]] * 2, dtype=np.float32)
    found = separation(image, strongest, thresholds=(0.1, 0.25, 0.5, 0.75))
    np.testing.assert_allclose(found, [0, 1, 1, 0])


def test_a_map_or_an_image_without_variation_says_nothing():
    grey = np.full((8, 8, 3), 128, dtype=np.uint8)
    constant, half = np.full((2, 2), 0.5, dtype=np.float32), np.array([[0, 1], [0, 1]], dtype=np.float32)
    assert not separation(grey, half).any()
    assert not separation(scene()[0], constant).any()
    assert evidence(grey, half)[:, 0].max() == 1
    assert evidence(grey, half)[:, 1:].max() < 1e-12


def test_rounding_is_no_variation():
    plain = np.full((376, 500, 3), (77, 130, 201), dtype=np.uint8)
    half = np.repeat(np.array([[0, 1]], dtype=np.float32), 94, axis=0).repeat((62, 63), axis=1)
    assert evidence(plain, half)[:, 1].max() == 0
