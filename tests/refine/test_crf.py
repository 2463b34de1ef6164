from importlib.util import find_spec
from math import log
from typing import Any

import numpy as np
import pytest
import torch
from builders import score_maps
from numpy.typing import NDArray

from wsss.errors import ConfigError
from wsss.masks import Argmax
from wsss.refine import ConstantBackground, DenseCRF, crf

needs_pydensecrf = pytest.mark.skipif(
    find_spec("pydensecrf") is None, reason="pydensecrf is not installed: the dense CRF's numbers are NOT tested"
)


def softmax(energies: NDArray[Any]) -> NDArray[Any]:
    exponent = np.exp(energies - energies.max(axis=0))
    return exponent / exponent.sum(axis=0)


def mean_field(
    image: NDArray[np.uint8], energies: NDArray[Any], options: DenseCRF, *, diagonal: bool = True
) -> NDArray[Any]:
    """Mean field with dense kernel matrices (Kraehenbuehl and Koltun, algorithm 1), as pydensecrf defines it.

    Potts, every kernel normalised symmetrically: D^-1/2 K D^-1/2. A pixel is its own neighbour.
    """
    labels, height, width = energies.shape
    rows, columns = np.mgrid[:height, :width]
    place = np.stack([columns.ravel(), rows.ravel()], axis=1).astype(float)

    def kernel(features: NDArray[Any]) -> NDArray[Any]:
        squares = ((features[:, None] - features[None]) ** 2).sum(axis=-1)
        weights = np.exp(-squares / 2) * (1 if diagonal else 1 - np.eye(len(features)))
        norm = weights.sum(axis=1) ** -0.5
        return norm[:, None] * weights * norm

    colour = image.reshape(-1, 3) / options.bilateral_srgb
    pairwise = options.gaussian_compat * kernel(place / options.gaussian_sxy) + options.bilateral_compat * kernel(
        np.concatenate([place / options.bilateral_sxy, colour], axis=1)
    )
    unary = energies.reshape(labels, -1).astype(float)
    marginals = softmax(-unary)
    for _ in range(options.iterations):
        marginals = softmax(-unary + marginals @ pairwise)
    return marginals.reshape(labels, height, width)


ONE_STEP = {"unary": "scores", "iterations": 1}


@needs_pydensecrf
@pytest.mark.parametrize("seed", range(3))
@pytest.mark.parametrize(
    "options",
    [
        DenseCRF(**ONE_STEP, gaussian_sxy=1.0, gaussian_compat=3.0, bilateral_compat=0.0),
        DenseCRF(**ONE_STEP, gaussian_sxy=3.0, gaussian_compat=3.0, bilateral_compat=0.0),
        DenseCRF(**ONE_STEP, gaussian_compat=0.0, bilateral_sxy=3.0, bilateral_srgb=20.0, bilateral_compat=4.0),
        DenseCRF(**ONE_STEP, gaussian_sxy=1.0, bilateral_sxy=3.0, bilateral_srgb=20.0, bilateral_compat=4.0),
    ],
    ids=["gaussian 1", "gaussian 3", "bilateral", "both"],
)
def test_one_step_is_brute_force_mean_field(options: DenseCRF, seed: int):
    """The lattice approximates the kernels: 0.02 on average is its error, and half of what a wrong diagonal makes."""
    rng = np.random.default_rng(seed)
    image = (np.add.outer(10 * np.arange(6), 12 * np.arange(7))[..., None] + rng.integers(0, 20, (6, 7, 3))).astype(
        "u1"
    )
    scores = rng.random((3, 6, 7), dtype=np.float32)
    energies = options.energies(scores)
    marginals = options.apply(image, score_maps([0, 1, 2], scores)).scores.numpy()
    error = np.abs(marginals - mean_field(image, energies, options))
    without_diagonal = np.abs(marginals - mean_field(image, energies, options, diagonal=False))
    assert error.mean() < 0.02
    assert error.max() < 0.15
    assert error.mean() < without_diagonal.mean() / 2
    assert np.allclose(marginals.sum(axis=0), 1, atol=1e-5)


@needs_pydensecrf
def test_ten_steps_on_two_colours_are_brute_force_mean_field():
    image = two_colours(6, 7)
    scores = np.random.default_rng(0).random((3, 6, 7), dtype=np.float32)
    marginals = DenseCRF().apply(image, score_maps([0, 1, 2], scores)).scores.numpy()
    assert np.allclose(marginals, mean_field(image, DenseCRF().energies(scores), DenseCRF()), atol=1e-3)


def two_colours(height: int, width: int, *, edge: int = 4) -> NDArray[np.uint8]:
    image = np.full((height, width, 3), 40, dtype=np.uint8)
    image[:, edge:] = (200, 180, 60)
    return image


@needs_pydensecrf
@pytest.mark.parametrize("left", [8, 11])
def test_a_seed_snaps_to_the_edge_of_its_colour(left: int):
    scores = torch.zeros(1, 16, 24)
    scores[:, 2:14, left:22] = 1.0
    seed = ConstantBackground(threshold=0.3).apply(score_maps([7], scores))
    expected = np.zeros((16, 24), dtype=np.uint8)
    expected[:, 10:] = 7
    assert np.array_equal(Argmax()(DenseCRF().apply(two_colours(16, 24, edge=10), seed)), expected)


@needs_pydensecrf
@pytest.mark.parametrize("unary", ["labels", "scores", "softmax"])
def test_a_constant_image_leaves_what_is_certain(unary: Any):
    scores = torch.zeros(2, 12, 12)
    scores[1] = 1.0
    maps = DenseCRF(unary=unary).apply(np.full((12, 12, 3), 128, dtype=np.uint8), score_maps([0, 4], scores))
    assert (Argmax()(maps) == 4).all()


@needs_pydensecrf
def test_what_comes_out_has_the_size_of_the_image(picture: NDArray[np.uint8]):
    maps = score_maps([0, 2], torch.rand(2, 6, 8), size=(24, 32))
    refined = DenseCRF().apply(picture, maps)
    assert refined.scores.shape == (2, 24, 32)
    assert refined.size == maps.size


@needs_pydensecrf
def test_psa_reads_the_scores_as_probabilities(picture: NDArray[np.uint8]):
    """PSA gives minus the logarithm of scores that do not sum to 1: the same, for a pixel's own constant cancels."""
    scores = np.random.default_rng(0).uniform(0.1, 1, (3, 24, 32)).astype(np.float32)
    constant = -np.log(scores) - DenseCRF(unary="scores").energies(scores)
    assert np.allclose(constant, constant[:1], atol=1e-5)


def test_a_single_label_is_certain_without_any_inference(picture: NDArray[np.uint8]):
    maps = DenseCRF().apply(picture, score_maps([0], torch.full((1, 6, 8), 0.3), size=(24, 32)))
    assert torch.equal(maps.scores, torch.ones(1, 24, 32))


def test_energies_by_hand():
    scores = np.array([[[0.5, 0.2]], [[0.25, 0.2]], [[0.25, 0.6]]], dtype=np.float32)
    # The first of equals is believed with 0.7, the two others share the rest.
    sure, rest = -log(0.7), -log(0.15)
    assert DenseCRF(unary="labels").energies(scores)[:, 0, 0].tolist() == pytest.approx([sure, rest, rest])
    assert DenseCRF(unary="labels").energies(scores)[:, 0, 1].tolist() == pytest.approx([rest, rest, sure])
    expected = [-log(0.5), -log(0.25), -log(0.25)]
    assert DenseCRF(unary="scores").energies(scores)[:, 0, 0].tolist() == pytest.approx(expected)
    assert DenseCRF(unary="scores").energies(scores / 2)[:, 0, 0].tolist() == pytest.approx(expected)
    powers = np.exp([0.2, 0.2, 0.6])
    expected = (-np.log(powers / powers.sum())).tolist()
    assert DenseCRF(unary="softmax").energies(scores)[:, 0, 1].tolist() == pytest.approx(expected)


@pytest.mark.parametrize("unary", ["labels", "scores", "softmax"])
def test_energies_are_finite_where_nothing_is_scored(unary: Any):
    energies = DenseCRF(unary=unary).energies(np.zeros((2, 3, 3), dtype=np.float32))
    assert energies.dtype == np.float32
    assert np.isfinite(energies).all()


def test_the_strongest_label_takes_the_first_of_equals():
    energies = DenseCRF().energies(np.zeros((2, 1, 1), dtype=np.float32))
    assert energies[0, 0, 0] < energies[1, 0, 0]


def test_maps_without_a_background_are_refused(picture: NDArray[np.uint8]):
    with pytest.raises(ValueError, match="put a background rule before it"):
        DenseCRF().apply(picture, score_maps([1, 2], torch.rand(2, 24, 32)))


def test_maps_of_another_image_are_refused(picture: NDArray[np.uint8]):
    with pytest.raises(ValueError, match="does not belong"):
        DenseCRF().apply(picture, score_maps([0, 2], torch.rand(2, 32, 24)))


def test_check_says_how_to_install_pydensecrf(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(crf, "find_spec", lambda _: None)
    with pytest.raises(ConfigError, match=r"pydensecrf2.*or refine=background"):
        DenseCRF().check()


@pytest.mark.parametrize(
    "wrong",
    [{"confidence": 0.0}, {"confidence": 1.0}, {"gaussian_sxy": 0.0}, {"bilateral_srgb": -1.0}, {"iterations": 0}],
)
def test_options_outside_are_refused(wrong: dict[str, Any]):
    with pytest.raises(ValueError, match="must"):
        DenseCRF(**wrong)
